import RunbookCore

/// How the engine reaches hosts: the one protocol between it and the world of machines.
///
/// A transport opens a link to a host and starts the supervisor there. Everything after that is
/// frames one way and reports the other. `LocalTransport` and the SSH transports differ only in
/// how they get a byte stream to a `/bin/sh`; tests put a simulated fleet here.
package protocol Transport: Sendable {
  /// Opens a link to `host`; nil is the machine that runs the engine.
  ///
  /// Returns after the supervisor has answered the greeting: the first report the engine needs is
  /// the result itself. Every later report goes to `receive`, in order, from any thread.
  /// After the link is lost `receive` gets one last `.lost` and nothing more.
  func connect(
    to host: Host?, greeting: Greeting, receive: @escaping @Sendable (HostReport) -> Void
  ) async throws(TransportError) -> (link: any HostLink, facts: HostFacts)

  /// Brings the bytes of an `upload` to a host on a channel of its own, from where an earlier call
  /// got to. Returns when the host has all of them.
  ///
  /// Two calls for one attempt harm nothing, also where an earlier engine's bytes arrive late: every
  /// byte has its own place, and what arrived is compared with its checksum by the action.
  func bring(_ cargo: Cargo, to host: Host?) async throws(CargoProblem)

  /// Closes what is shared by links (threads, sockets). Links are closed before.
  func shutDown() async
}

/// A living connection to one host's supervisor loop.
package protocol HostLink: Sendable {
  /// Queues a frame; it is written in order, without waiting. Frames to a lost link are dropped:
  /// the engine learns of the loss by `.lost` and looks at the host before it sends anything again.
  func send(_ frame: HostFrame)
  /// Ends the loop on the host; actions in flight go on. Bounded; no report follows.
  func close() async
}

/// Why no link could be made.
package enum TransportError: Error, Hashable, Sendable {
  /// Name look-up, connection, handshake or time-out: may pass by itself.
  case unreachable(String)
  /// The login was refused; trying again the same way is useless.
  case refused(String, remedy: String)
  case hostKeyUnknown(fingerprint: String, remedy: String)
  case hostKeyChanged(fingerprint: String, remedy: String)
  /// No POSIX shell, no `setsid`, no writable state directory, no space left.
  case unsuitable(String, remedy: String)
  /// The host has seen a newer owner of this run: this engine is out of date.
  case stale(knownEpoch: Int)

  /// Whether waiting and trying again can help.
  package var mayPass: Bool {
    switch self {
    case .unreachable: true
    case .refused, .hostKeyUnknown, .hostKeyChanged, .unsuitable, .stale: false
    }
  }
}

/// The first frame of a link: announces the run and the epoch of its owner.
package struct Greeting: Hashable, Sendable {
  package var run: String
  /// Directory of this host within the run (two inventory hosts may share one home).
  package var hostName: String
  package var epoch: Int
  /// False on the first contact of a run: only then a state directory may be made anew silently.
  package var isResumed: Bool

  package init(run: String, hostName: String, epoch: Int, isResumed: Bool) {
    self.run = run
    self.hostName = hostName
    self.epoch = epoch
    self.isResumed = isResumed
  }

  /// The name of a host's directory; nil is the machine that runs the engine. A host may be called
  /// like that one's, and no host has a name with a blank.
  package static func directory(of host: String?) -> String {
    host == "local" ? " local" : host ?? "local"
  }

  /// Of an owner's link, by its number: higher than that of any link of an earlier owner, however
  /// often it dials.
  package static func epoch(owner: Int, link: Int) -> Int { owner << 32 | link }
}

/// What the supervisor says of its host when it starts.
package struct HostFacts: Hashable, Sendable {
  package var bootID: String
  /// Random identifier of the run's state directory on the host, made with it.
  package var directoryID: String
  /// Bytes free where the state directory lies.
  package var freeBytes: Int
  /// Keys of the attempts that have a claim there: one the journal does not know means that the
  /// journal is older than what happened.
  package var claims: [String]

  package init(bootID: String, directoryID: String, freeBytes: Int, claims: [String]) {
    self.bootID = bootID
    self.directoryID = directoryID
    self.freeBytes = freeBytes
    self.claims = claims
  }
}
