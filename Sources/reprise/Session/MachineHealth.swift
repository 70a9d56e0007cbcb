import Glibc
import RunbookReport
import RunbookTransport

/// What the machine that runs the engine has for it.
enum MachineHealth {
  static var findings: [Finding] { [shell, ssh, agent] + keys + [knownHosts, dot] }

  private static var shell: Finding {
    do throws(Program.Failure) {
      _ = try Program.run("setsid", ["--version"])
      return Finding(area: .shell, grade: .good, text: "/bin/sh and setsid: local steps can run")
    } catch {
      return Finding(
        area: .shell, grade: .bad, text: "setsid is not here: local steps can't run",
        help: "install the package util-linux")
    }
  }

  private static var ssh: Finding {
    do throws(Program.Failure) {
      let done = try Program.run("ssh", ["-V"])
      let version = done.errors.split(separator: "\n").first.map(String.init) ?? "ssh"
      return Finding(area: .ssh, grade: .good, text: version)
    } catch {
      return Finding(
        area: .ssh, grade: .note,
        text: "OpenSSH's ssh is not here: its configuration is not read, and hosts that need more "
          + "than libssh2 knows can't be reached",
        help: "install the package openssh-client")
    }
  }

  private static var agent: Finding {
    guard Terminal.environment("SSH_AUTH_SOCK") != nil else {
      return Finding(
        area: .agent, grade: .note, text: "no agent: SSH_AUTH_SOCK is not set",
        help: "only needed for keys with a passphrase: eval \"$(ssh-agent)\"; ssh-add")
    }
    do throws(Program.Failure) {
      let done = try Program.run("ssh-add", ["-l"])
      switch done.exitStatus {
      case 0:
        let count = done.output.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        return Finding(
          area: .agent, grade: .good, text: "the agent holds " + Words.count(count, "key"))
      case 1:
        return Finding(
          area: .agent, grade: .note, text: "the agent holds no key", help: "add one: ssh-add")
      default:
        return Finding(
          area: .agent, grade: .note, text: "SSH_AUTH_SOCK is set, but no agent answers there",
          help: "begin one: eval \"$(ssh-agent)\"; ssh-add")
      }
    } catch {
      return Finding(
        area: .agent, grade: .note, text: "the agent can't be asked: ssh-add is not here")
    }
  }

  private static var home: String { Terminal.environment("HOME") ?? "" }

  private static var keys: [Finding] {
    let names = ["id_ed25519", "id_ecdsa", "id_rsa"].filter {
      TextFile.exists("\(home)/.ssh/\($0)")
    }
    if names.isEmpty {
      return [
        Finding(
          area: .keys, grade: .note, text: "no key in ~/.ssh",
          help: "make one with ssh-keygen, or give one with --identity")
      ]
    }
    return names.map { name in
      var status = stat()
      let path = "\(home)/.ssh/\(name)"
      guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
        return Finding(
          area: .keys, grade: .bad, text: "~/.ssh/\(name) can't be read",
          help: "let it belong to the user who runs reprise")
      }
      guard status.st_mode & 0o077 == 0 else {
        return Finding(
          area: .keys, grade: .bad, text: "~/.ssh/\(name) is open to other users",
          help: "chmod 600 ~/.ssh/\(name)")
      }
      return Finding(area: .keys, grade: .good, text: "~/.ssh/\(name)")
    }
  }

  private static var knownHosts: Finding {
    guard TextFile.exists("\(home)/.ssh/known_hosts") else {
      return Finding(
        area: .hosts, grade: .note, text: "no host is known: ~/.ssh/known_hosts is not there",
        help: "compare keys once with ssh HOST, or give --known-hosts or --accept-new-host-keys")
    }
    return Finding(area: .hosts, grade: .good, text: "~/.ssh/known_hosts")
  }

  private static var dot: Finding {
    do throws(Program.Failure) {
      let done = try Program.run("dot", ["-V"])
      return Finding(
        area: .graphs, grade: .good,
        text: done.errors.split(separator: "\n").first.map(String.init) ?? "Graphviz's dot")
    } catch {
      return Finding(
        area: .graphs, grade: .note, text: "Graphviz's dot is not here: graphs can't be SVG",
        help: "install the package graphviz")
    }
  }
}
