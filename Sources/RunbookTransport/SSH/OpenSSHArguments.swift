import RunbookCore

/// The command line of `ssh` for one channel.
enum OpenSSHArguments {
  static func make(host: Host, command: String, options: SSHOptions, log: String) -> [String] {
    var arguments = ["-T", "-x", "-a", "-E", log]
    if let file = options.configurationFile { arguments += ["-F", file] }
    for key in options.identities { arguments += ["-i", key.replacing("%", with: "%%")] }
    if let user = host.user { arguments += ["-l", user] }
    if let port = host.port { arguments += ["-p", String(port)] }
    for setting in settings(options) { arguments += ["-o", setting] }
    return arguments + ["--", host.address, command]
  }

  private static func settings(_ options: SSHOptions) -> [String] {
    let seconds = max(options.connectTimeout.components.seconds, 1)
    var settings = [
      // Says which key was offered and when the command is under way.
      "LogLevel=DEBUG1",
      "BatchMode=yes",
      "StrictHostKeyChecking=\(options.acceptNewHostKeys ? "accept-new" : "yes")",
      "ConnectTimeout=\(seconds)",
      "ConnectionAttempts=1",
      // A shared connection would end, or hang, with another program.
      "ControlMaster=no",
      "ControlPath=none",
      "ServerAliveInterval=15",
      "ServerAliveCountMax=3",
      "TCPKeepAlive=yes",
      // What the user set up for sessions at a terminal is of no use here.
      "ClearAllForwardings=yes",
      "EscapeChar=none",
      "PermitLocalCommand=no",
      "RemoteCommand=none",
      "RequestTTY=no",
    ]
    if let file = options.knownHostsFile {
      settings.append("UserKnownHostsFile=\"\(file.replacing("%", with: "%%"))\"")
    }
    if !options.usesAgent {
      settings.append("IdentityAgent=none")
    } else if let socket = options.agentSocket {
      settings.append("IdentityAgent=\"\(socket.replacing("%", with: "%%"))\"")
    }
    return settings
  }
}
