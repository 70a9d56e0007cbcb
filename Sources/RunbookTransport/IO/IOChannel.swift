/// The handle of a channel that an I/O thread serves.
struct IOChannel: ByteChannel {
  let thread: IOThread
  let member: IOThread.MemberID

  func write(_ bytes: [UInt8]) { thread.write(bytes, to: member) }

  func drained(to limit: Int) async {
    await withCheckedContinuation { continuation in
      thread.whenDrained(member, to: limit) { continuation.resume() }
    }
  }

  /// No event follows, except one that is being delivered at this moment.
  func close() { thread.remove(member) }
}
