import Dispatch
import Glibc
import RunbookEngine
import Synchronization

/// Ctrl-C, SIGTERM, the terminal that goes away, its size, what is typed: from the system to the
/// driver and the screen, without signal handlers.
///
/// The first Ctrl-C, SIGTERM or SIGHUP detaches: nothing new starts, what runs on the hosts goes
/// on. A second one ends this process at once. A terminal that is gone counts as SIGHUP, unless
/// that is ignored (`nohup`): then the run goes on unseen.
final class Interruptions: Sendable {
  private let queue = DispatchQueue(label: "interruptions")
  private let sources = Mutex<[EventSource]>([])
  private let reader = Mutex<EventSource?>(nil)
  private let isDetaching = Mutex(false)
  /// SIGHUP is not ignored.
  private let hangsUp = Mutex(false)
  private let detach: @Sendable () -> Void
  private let lastWord: String

  /// - Parameters:
  ///   - lastWord: written before a second signal ends the process.
  ///   - detach: called once, on a queue of its own.
  init(lastWord: String, detach: @escaping @Sendable () -> Void) {
    self.lastWord = lastWord
    self.detach = detach
  }

  func start(screen: Screen) {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      if isIgnored(number) { continue }
      if number == SIGHUP { hangsUp.withLock { $0 = true } }
      watch(number) { [self] in interrupt() }
    }
    watch(SIGWINCH) { screen.show(.resized) }
  }

  /// Hands every line that is typed to `answer`, and nil for an end of input, after which a terminal
  /// may give more lines.
  func readLines(_ answer: @escaping @Sendable (String?) -> Void) {
    let source = DispatchSource.makeReadSource(fileDescriptor: 0, queue: queue)
    source.setEventHandler { [self] in
      var buffer = [UInt8](repeating: 0, count: 1024)
      let count = read(0, &buffer, buffer.count)
      if count > 0 {
        answer(String(decoding: buffer[..<count], as: UTF8.self))
      } else {
        var input = pollfd(fd: 0, events: 0, revents: 0)
        let isOver = count < 0 || poll(&input, 1, 0) != 0
        if isOver { reader.withLock { $0 }?.source.cancel() }
        answer(nil)
      }
    }
    let kept = EventSource(source)
    keep(kept)
    reader.withLock { $0 = kept }
  }

  /// As the first Ctrl-C.
  func interrupt() {
    let isSecond = isDetaching.withLock { isDetaching in
      defer { isDetaching = true }
      return isDetaching
    }
    guard isSecond else { return detach() }
    Output.error.write("\n" + lastWord + "\n")
    _exit(ExitStatus.stopped.rawValue)
  }

  /// As the first Ctrl-C, however often it is told.
  func leave() {
    if !isDetaching.withLock({ $0 }) { interrupt() }
  }

  /// As the first SIGHUP, however often it is told.
  func terminalIsGone() {
    if hangsUp.withLock({ $0 }) { leave() }
  }

  func stop() {
    sources.withLock { sources in
      for kept in sources { kept.source.cancel() }
      sources = []
    }
  }

  private func watch(_ number: Int32, _ handle: @escaping @Sendable () -> Void) {
    // The default disposition would act first; children get it back when they are started.
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
    source.setEventHandler(handler: handle)
    keep(EventSource(source))
  }

  private func keep(_ kept: EventSource) {
    kept.source.resume()
    sources.withLock { $0.append(kept) }
  }

  private func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    return sigaction(number, nil, &action) == 0
      && unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

/// A dispatch source that several threads know.
///
/// Unchecked: libdispatch's objects are thread-safe; only `cancel` is called on one after it was
/// resumed, which may be done from any thread.
struct EventSource: @unchecked Sendable {
  let source: any DispatchSourceProtocol

  init(_ source: any DispatchSourceProtocol) { self.source = source }
}
