import RunbookCore
import RunbookEngine
import Synchronization

/// Brings one cargo over one channel: waits to be told from where on, sends pieces as fast as the
/// host takes them, waits to be told that all of it arrived.
struct CargoChannel: Sendable {
  let dialer: any Dialer
  let shell: String
  let nonce: String
  let timing: LinkTiming

  /// What is read and sent at a time, and as much again may wait: the memory that a transfer takes.
  private static let piece = 256 << 10

  func bring(_ cargo: Cargo, to host: Host?) async throws(CargoProblem) {
    guard let run = StateName.encode(cargo.run), let name = StateName.encode(cargo.hostName),
      let key = StateName.encode(cargo.key)
    else { throw .refused("the names of the run and the host are too long for a directory") }
    // A supervisor of ours says four short lines; a host that says more is cut off.
    let (events, sender) = AsyncStream.makeStream(
      of: ByteChannelEvent.self, bufferingPolicy: .bufferingOldest(256))
    let channel: any ByteChannel
    do throws(TransportError) {
      channel = try await dialer.dial(
        host, command: SupervisorProgram.command(shell: shell),
        receive: { event in
          sender.yield(event)
          if case .closed = event { sender.finish() }
        })
    } catch {
      throw .interrupted(error.reason)
    }
    channel.write(
      SupervisorProgram.bringing(run: run, hostName: name, key: key, cargo.size, nonce: nonce))
    let watch = Watch(Deadline(after: timing.cargo))
    let result = await withTaskGroup(
      of: Result<Void, CargoProblem>.self, returning: Result<Void, CargoProblem>.self
    ) { group in
      group.addTask { await carry(cargo, channel, events, watch) }
      group.addTask { await stall(cargo, channel, watch) }
      let first = await group.next() ?? .failure(.interrupted("it was given up"))
      channel.close()
      sender.finish()
      group.cancelAll()
      return first
    }
    try result.get()
  }

  /// When the host has to have done something; and how far it is.
  private final class Watch: Sendable {
    private let state: Mutex<(deadline: Deadline, sent: Int)>

    init(_ deadline: Deadline) { state = Mutex((deadline, 0)) }

    var isOver: Bool { state.withLock { $0.deadline.hasPassed } }
    var sent: Int { state.withLock { $0.sent } }
    func moved(_ sent: Int, next: Deadline) { state.withLock { $0 = (next, sent) } }
  }

  /// Ends a transfer that nobody wants any more, or in which nothing has moved for too long.
  private func stall(
    _ cargo: Cargo, _ channel: any ByteChannel, _ watch: Watch
  ) async -> Result<Void, CargoProblem> {
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(200))
      if watch.isOver { return .failure(.interrupted("the host takes no bytes any more")) }
      guard cargo.progress(watch.sent) else { break }
    }
    return .failure(.interrupted("it was given up"))
  }

  private func carry(
    _ cargo: Cargo, _ channel: any ByteChannel, _ events: AsyncStream<ByteChannelEvent>,
    _ watch: Watch
  ) async -> Result<Void, CargoProblem> {
    do throws(CargoProblem) {
      var answers = Answers(events, nonce: nonce)
      var offset = try await answers.offset()
      while offset < cargo.size, !Task.isCancelled {
        let count = min(Self.piece, cargo.size - offset)
        let bytes = try await read(cargo, offset, count)
        await channel.drained(to: Self.piece)
        channel.write(bytes)
        offset += count
        watch.moved(offset, next: Deadline(after: timing.cargo))
      }
      await channel.drained(to: 0)
      watch.moved(offset, next: Deadline(after: timing.cargo))
      try await answers.end()
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  private func read(
    _ cargo: Cargo, _ offset: Int, _ count: Int
  ) async throws(CargoProblem) -> [UInt8] {
    do throws(LocalFileProblem) {
      let bytes = try await cargo.read(offset, count)
      if bytes.count == count { return bytes }
    } catch {
      throw .local(error)
    }
    throw .refused("the local file has become shorter while it was copied")
  }
}

/// What `bring.sh` says, line by line.
private struct Answers {
  private var events: AsyncStream<ByteChannelEvent>.Iterator
  private let mark: String
  private var lines = LineBuffer()
  private static let limit = 128 << 10

  init(_ events: AsyncStream<ByteChannelEvent>, nonce: String) {
    self.events = events.makeAsyncIterator()
    mark = nonce + " "
  }

  /// From where on the host wants the bytes.
  mutating func offset() async throws(CargoProblem) -> Int {
    let words = try await next().split(separator: " ")
    guard words.first == "O", let offset = words.dropFirst().first.flatMap({ Int($0) }) else {
      throw .refused("it says what no supervisor says")
    }
    return offset
  }

  mutating func end() async throws(CargoProblem) {
    guard try await next() == "D" else { throw .interrupted("the bytes did not all arrive") }
  }

  /// The next line of ours after the greeting; a refusal is thrown.
  private mutating func next() async throws(CargoProblem) -> String {
    var reason = "the channel was closed"
    while true {
      while let line = lines.nextLine() {
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix(mark) else { continue }
        let words = text.dropFirst(mark.count)
        if words == "G" { continue }
        if words.hasPrefix("F ") { throw .refused(String(words.dropFirst(2))) }
        return String(words)
      }
      guard lines.count <= Self.limit else { throw .refused("its login shell prints without end") }
      switch await events.next() {
      case .output(let bytes)?: lines.append(bytes)
      case .error?: break
      case .closed(let why)?: reason = why
      case nil: throw .interrupted(reason)
      }
    }
  }
}
