import RunbookCore
import RunbookEngine

/// A byte stream to a `/bin/sh` on a host, nothing more.
///
/// The exit status of the far end is not part of it: it reads 0 where none arrived
/// (libssh2/libssh2#2515), so nobody may look at it.
package protocol ByteChannel: Sendable {
  /// Queues bytes for the standard input of the far shell; never blocks. Bytes for a closed
  /// channel are dropped: its `closed` event has told why.
  func write(_ bytes: [UInt8])
  /// Returns when at most so many bytes wait for the far end to take them, and when the channel is
  /// closed: whoever has much to send asks before each piece.
  func drained(to limit: Int) async
  /// Ends the channel and frees what it holds. Safe to call twice.
  func close()
}

/// What comes from the far end, in order, from any thread.
package enum ByteChannelEvent: Sendable {
  /// The far shell's standard output.
  case output([UInt8])
  /// The far shell's standard error.
  case error([UInt8])
  /// The last event: the far end or the connection is gone, and why.
  case closed(String)
}

/// Opens byte channels: the part in which local, libssh2 and OpenSSH transports differ.
package protocol Dialer: Sendable {
  /// Starts `command` through the login shell of `host` (nil: this machine) without a terminal.
  func dial(
    _ host: Host?, command: String, receive: @escaping @Sendable (ByteChannelEvent) -> Void
  ) async throws(TransportError) -> any ByteChannel
  func shutDown() async
}
