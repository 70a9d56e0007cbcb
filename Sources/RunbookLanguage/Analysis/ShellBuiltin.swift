/// A command that sets the variables its arguments name.
struct ShellBuiltin {
  private enum Kind {
    /// Every argument, with or without `=value`.
    case declaration
    /// `read`, `readarray`: arguments that are no options.
    case reading(valued: String)
    /// `getopts SPEC NAME`
    case options
    /// `printf -v NAME`, `wait -p NAME`
    case option(String)
    /// `let n=1 m++`
    case arithmetic
  }
  private let kind: Kind
  private var position = 0
  private var skipsNext = false
  private var takesNext = false

  init?(_ name: String) {
    switch name {
    case "export", "local", "declare", "typeset", "readonly": kind = .declaration
    case "read": kind = .reading(valued: "pntdNiu")
    case "readarray", "mapfile": kind = .reading(valued: "dnOsuCc")
    case "getopts": kind = .options
    case "printf": kind = .option("-v")
    case "wait": kind = .option("-p")
    case "let": kind = .arithmetic
    default: return nil
    }
  }

  /// The name that an argument sets, if it does.
  mutating func assigned(by argument: String) -> String? {
    defer { position += 1 }
    if takesNext {
      takesNext = false
      return argument
    }
    if skipsNext {
      skipsNext = false
      return nil
    }
    switch kind {
    case .declaration:
      if argument.hasPrefix("-") { return nil }
      return String(argument.prefix { $0 != "=" && $0 != "+" })
    case .reading(let valued):
      guard argument.hasPrefix("-"), let last = argument.last else { return argument }
      if last == "a" { takesNext = true }
      skipsNext = valued.contains(last)
      return nil
    case .options: return position == 1 ? argument : nil
    case .option(let letter):
      if position == 0, argument == letter { takesNext = true }
      return nil
    case .arithmetic:
      let quotes: Set<Character> = ["\"", "'"]
      let text = argument.drop { quotes.contains($0) }
      return String(text.prefix { $0 == "_" || $0.isLetter || $0.isNumber })
    }
  }
}
