/// The handle of a channel that an I/O thread serves.
struct IOChannel: ByteChannel {
  let thread: IOThread
  let member: IOThread.MemberID

  func write(_ bytes: [UInt8]) { thread.write(bytes, to: member) }

  /// No event follows, except one that is being delivered at this moment.
  func close() { thread.remove(member) }
}
