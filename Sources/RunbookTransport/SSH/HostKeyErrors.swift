import RunbookEngine

/// The errors about a host key, and their remedies.
struct HostKeyErrors {
  var target: SSHTarget
  /// The kind of the key and its fingerprint, `ED25519 SHA256:…`.
  var described: String

  private var file: String { target.userKnownHostsFiles.first ?? "~/.ssh/known_hosts" }
  /// The user's own command that asks the host for its keys.
  private var scan: String {
    (target.port == 22 ? "" : "-p \(target.port) ") + target.address
  }

  var unknown: TransportError {
    .hostKeyUnknown(
      fingerprint: described,
      remedy: "compare it with those of \(target.address), there: "
        + "`for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done`; "
        + "then give --accept-new-host-keys once, or record it with "
        + "`ssh-keyscan \(scan) >> \(file)`")
  }

  var changed: TransportError {
    .hostKeyChanged(
      fingerprint: described,
      remedy: "somebody may be listening in. Only if the host was installed anew: compare the "
        + "fingerprint on its console, then `ssh-keygen -R '\(target.knownHostsName)' -f \(file)` "
        + "and give --accept-new-host-keys once")
  }

  /// Known only in a way that libssh2 has no means to verify.
  func unverifiable(_ reason: String) -> TransportError {
    .refused(
      "\(target.place) can't be told from an impostor: libssh2 can't \(reason)",
      remedy: "use --transport openssh")
  }

  var revoked: TransportError {
    .hostKeyChanged(
      fingerprint: described,
      remedy: "this key is marked @revoked in the known hosts: do not connect. Give "
        + "\(target.address) a new host key, or remove the mark if it is wrong")
  }
}
