import RunbookCore
import RunbookEngine
import RunbookReport

/// The live view on a terminal: a frame that is drawn again in place.
///
/// The cursor stays visible below the frame and no mode of the terminal is changed, so that a
/// process that is killed leaves nothing to be restored.
struct LiveFace: Face {
  private var view: LiveView
  private let style: Style
  private let output: Output
  /// Columns of the lines of the frame that stands on the screen.
  private var drawn: [Int] = []
  /// Lines that were typed below it since.
  private var typedLines = 0
  /// Lines to leave above the frame for good.
  private var notices: [Line] = []
  private var isDirty = true
  private var lastDrawn = Timestamp(milliseconds: 0)

  init(_ view: LiveView, style: Style, output: Output = .standard) {
    self.view = view
    self.style = style
    self.output = output
  }

  var question: TaskID? { view.question }

  mutating func take(_ updates: [ScreenUpdate], at now: Timestamp) {
    isDirty = true
    for update in updates {
      switch update {
      case .engine(let update): take(update, at: now)
      case .detaching: view.isDetaching = true
      case .resized: break
      case .typed:
        typedLines += 1
        view.isUnclear = false
      case .unclear: view.isUnclear = true
      }
    }
  }

  private mutating func take(_ update: RunUpdate, at now: Timestamp) {
    switch update {
    case .facts(let facts): view.take(facts)
    case .notMet(let host, _): view.fleeting.notMet(host)
    case .connecting(let host): view.fleeting.connecting(to: host, at: now)
    case .reconnecting(let host, let reason, let pause, let until):
      view.fleeting.failedToConnect(to: host, reason: reason, after: pause, until: until, at: now)
    case .output(let task, _, let bytes): view.fleeting.printed(task, bytes)
    case .bringing(let task, let count, let size): view.fleeting.brought(task, count, of: size)
    case .notice(let text): notices.append(Line(text))
    case .unreachable, .asking: break
    }
  }

  mutating func tick(at now: Timestamp) {
    // What is being typed below the frame would be wiped out: only news are worth that.
    let pause = view.question == nil ? 1000 : 3_600_000
    guard isDirty || now.milliseconds - lastDrawn.milliseconds >= pause else { return }
    draw(at: now)
  }

  mutating func close(at now: Timestamp) {
    view.isOver = true
    draw(at: now)
  }

  private mutating func draw(at now: Timestamp) {
    isDirty = false
    lastDrawn = now
    guard output.isOpen else { return }
    let (width, height) = Terminal.size(output)
    // The last column stays free: some terminals wrap as soon as it is written.
    let room = max(1, width - 1)
    let frame = view.frame(width: room, height: max(3, height - 1), now: now)
    var text = "\r"
    let rows = rowsDrawn(width) + typedLines
    if rows > 0 { text += "\u{1B}[\(min(rows, height - 1))A" }
    // What stays for good may take several rows: it is not cut.
    if !notices.isEmpty { text += "\u{1B}[J" }
    for line in notices { text += line.rendered(style) + "\n" }
    for line in frame { text += line.rendered(style, width: room) + "\u{1B}[K\n" }
    text += "\u{1B}[J"
    output.write(text)
    notices = []
    typedLines = 0
    drawn = frame.map { min($0.width, room) }
  }

  /// Rows that the frame takes now: a screen that became narrower has wrapped its lines.
  private func rowsDrawn(_ width: Int) -> Int {
    drawn.reduce(0) { $0 + max(1, ($1 + width - 1) / width) }
  }
}
