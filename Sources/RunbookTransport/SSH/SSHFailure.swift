import RunbookEngine

/// Why libssh2 could not open a channel, and whether the system's `ssh` might.
struct SSHFailure: Error {
  var error: TransportError
  /// What libssh2 lacks, as the end of "libssh2 can't …"; nil: `ssh` would fail as well.
  var beyondLibSSH2: String?

  init(_ error: TransportError, beyondLibSSH2: String? = nil) {
    self.error = error
    self.beyondLibSSH2 = beyondLibSSH2
  }
}
