import Glibc
import RunbookReport

/// What is known of the terminal that a stream leads to.
enum Terminal {
  static func isTerminal(_ output: Output) -> Bool { isatty(output.descriptor) == 1 }

  /// A terminal on which the cursor can be moved.
  static func isCapable(_ output: Output) -> Bool {
    isTerminal(output) && environment("TERM") != nil && environment("TERM") != "dumb"
  }

  /// A person sits at it and this process may read what is typed.
  static var isAttended: Bool {
    isatty(0) == 1 && isTerminal(.standard) && tcgetpgrp(0) == getpgrp()
  }

  static func style(_ output: Output, color: ColorChoice) -> Style {
    let isColored: Bool
    switch color {
    case .always: isColored = true
    case .never: isColored = false
    case .auto: isColored = environment("NO_COLOR") == nil && isCapable(output)
    }
    return Style(isUnicode: isUnicode, isColored: isColored)
  }

  /// Columns and rows of the screen; 80 by 24 where it does not say.
  static func size(_ output: Output) -> (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(output.descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Whether the locale's characters are UTF-8, by the first of its variables that is set.
  private static var isUnicode: Bool {
    let name = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? ""
    let lowered = name.lowercased()
    return lowered.contains("utf-8") || lowered.contains("utf8")
  }

  /// A variable that is set and not empty.
  static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}
