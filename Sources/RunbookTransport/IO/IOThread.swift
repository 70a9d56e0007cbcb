import Glibc
import Synchronization

/// One thread that moves the bytes of many channels with `poll`.
///
/// It is a class because it is one: an identity that handles refer to. Everything that other
/// threads touch is in `inbox`; members live on the thread's own stack.
final class IOThread: Sendable {
  struct MemberID: Hashable, Sendable { fileprivate let number: Int }

  /// Builds a member on the thread that will own it.
  typealias Builder = @Sendable () -> any IOMember

  private enum Command: Sendable {
    case adopt(MemberID, Builder)
    case write(MemberID, [UInt8])
    case remove(MemberID)
    case tell(MemberID, Waiting)
  }

  /// Somebody who waits until at most `limit` bytes of a member are left.
  private struct Waiting: Sendable {
    var limit: Int
    var tell: @Sendable () -> Void
  }

  private struct Inbox: Sendable {
    var commands: [Command] = []
    /// True while the thread is in `poll` and has to be woken. Keeps a busy thread from being
    /// sent a byte for every command.
    var isAsleep = false
    var isStopping = false
    var nextNumber = 0
    var whenStopped: [@Sendable () -> Void] = []
    var hasStopped = false
  }

  private let inbox = Mutex(Inbox())
  private let wake: DescriptorPair

  /// Nil: the system has no descriptor or no thread left.
  init?() {
    guard let wake = DescriptorPair() else { return nil }
    self.wake = wake
    setNonBlocking(wake.first)
    setNonBlocking(wake.second)
    guard OperatingSystemThread.start({ self.run() }) else {
      Glibc.close(wake.first)
      Glibc.close(wake.second)
      return nil
    }
  }

  /// Gives the thread a new member. A thread that is stopping builds it only to dispose of it.
  func adopt(_ build: @escaping Builder) -> MemberID {
    let id = inbox.withLock { inbox in
      inbox.nextNumber += 1
      return MemberID(number: inbox.nextNumber)
    }
    post(.adopt(id, build))
    return id
  }

  /// Bytes for a member that is gone are dropped.
  func write(_ bytes: [UInt8], to member: MemberID) { post(.write(member, bytes)) }

  func remove(_ member: MemberID) { post(.remove(member)) }

  /// Calls back once, on the thread: when at most `limit` bytes of the member wait, or it is gone.
  func whenDrained(
    _ member: MemberID, to limit: Int, _ tell: @escaping @Sendable () -> Void
  ) {
    if !post(.tell(member, Waiting(limit: limit, tell: tell))) { tell() }
  }

  /// Disposes of all members and ends the thread; returns when it has.
  func stop() async {
    await withCheckedContinuation { continuation in
      let isOver = inbox.withLock { inbox in
        inbox.isStopping = true
        guard !inbox.hasStopped else { return true }
        inbox.whenStopped.append { continuation.resume() }
        rouse()
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  /// False: the thread has stopped.
  @discardableResult
  private func post(_ command: Command) -> Bool {
    inbox.withLock { inbox in
      guard !inbox.hasStopped else { return false }
      inbox.commands.append(command)
      if inbox.isAsleep { rouse() }
      inbox.isAsleep = false
      return true
    }
  }

  /// Called with the inbox locked, so that the descriptor is still the thread's.
  private func rouse() {
    // A full buffer means that the thread is being woken already.
    _ = send(wake.second, [0], 1, Int32(MSG_NOSIGNAL))
  }

  private func run() {
    var members: [MemberID: any IOMember] = [:]
    var waiting: [MemberID: Waiting] = [:]
    var entries: [pollfd] = []
    var slices: [(MemberID, Range<Int>)] = []

    while true {
      let (commands, isStopping) = inbox.withLock { inbox in
        inbox.isAsleep = false
        defer { inbox.commands = [] }
        return (inbox.commands, inbox.isStopping)
      }
      obey(commands, &members, &waiting)
      if isStopping { break }
      tell(&waiting, members)

      entries.removeAll(keepingCapacity: true)
      slices.removeAll(keepingCapacity: true)
      entries.append(pollfd(fd: wake.first, events: Int16(POLLIN), revents: 0))
      var timeout: Int32 = -1
      for (id, member) in members {
        let start = entries.count
        member.addInterests(to: &entries)
        slices.append((id, start..<entries.count))
        if let wakeAt = member.wakeAt {
          let left = wakeAt.milliseconds
          timeout = timeout < 0 ? left : min(timeout, left)
        }
        if member.hasBacklog { timeout = 0 }
      }

      let mayWait = inbox.withLock { inbox in
        inbox.isAsleep = inbox.commands.isEmpty && !inbox.isStopping
        return inbox.isAsleep
      }
      let count = poll(&entries, nfds_t(entries.count), mayWait ? timeout : 0)
      guard count >= 0 else { continue }  // EINTR
      if entries[0].revents != 0 { drainWake() }

      for (id, slice) in slices {
        guard let member = members[id] else { continue }
        let ready = entries[slice]
        let isDue = member.hasBacklog || (member.wakeAt?.hasPassed ?? false)
        guard isDue || ready.contains(where: { $0.revents != 0 }) else { continue }
        serve(id, ready, &members)
      }
    }
    finish(&members, waiting)
  }

  private func tell(
    _ waiting: inout [MemberID: Waiting], _ members: [MemberID: any IOMember]
  ) {
    guard !waiting.isEmpty else { return }
    for (id, one) in waiting where members[id]?.waitingCount ?? 0 <= one.limit {
      waiting[id] = nil
      one.tell()
    }
  }

  private func obey(
    _ commands: [Command], _ members: inout [MemberID: any IOMember],
    _ waiting: inout [MemberID: Waiting]
  ) {
    var touched: [MemberID] = []
    for command in commands {
      switch command {
      case .adopt(let id, let build):
        members[id] = build()
        touched.append(id)
      case .write(let id, let bytes):
        guard let member = members[id] else { continue }
        member.queue(bytes)
        if touched.last != id { touched.append(id) }
      case .remove(let id):
        members.removeValue(forKey: id)?.dispose()
      case .tell(let id, let one):
        // One channel has one sender; another one that waited is let go.
        waiting.updateValue(one, forKey: id)?.tell()
      }
    }
    // Written at once, not after the next `poll`: a frame must not cost a turn.
    for id in touched where members[id] != nil { serve(id, [], &members) }
  }

  private func serve(
    _ id: MemberID, _ ready: ArraySlice<pollfd>, _ members: inout [MemberID: any IOMember]
  ) {
    switch members[id]?.serve(ready) {
    case .open, nil: break
    case .finished: members.removeValue(forKey: id)?.dispose()
    }
  }

  private func drainWake() {
    var buffer = [UInt8](repeating: 0, count: 64)
    while recv(wake.first, &buffer, buffer.count, 0) > 0 {}
  }

  private func finish(
    _ members: inout [MemberID: any IOMember], _ waiting: [MemberID: Waiting]
  ) {
    for one in waiting.values { one.tell() }
    for member in members.values { member.dispose() }
    members.removeAll()
    // A member may have been handed over after the last look: it is built to be disposed of.
    let (commands, callbacks) = inbox.withLock { inbox in
      inbox.hasStopped = true
      defer {
        inbox.commands = []
        inbox.whenStopped = []
      }
      return (inbox.commands, inbox.whenStopped)
    }
    for command in commands {
      switch command {
      case .adopt(_, let build): build().dispose()
      case .tell(_, let one): one.tell()
      case .write, .remove: break
      }
    }
    Glibc.close(wake.first)
    Glibc.close(wake.second)
    for callback in callbacks { callback() }
  }
}
