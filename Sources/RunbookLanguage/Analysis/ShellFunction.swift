/// What is to be known about a function of `shell` where it is called.
struct ShellFunction: Sendable {
  /// What makes a call wrong in some places, and the function in whose body it stands.
  struct Finding: Sendable {
    var function: String
    var place: Place

    var start: Int { place.range.start }

    /// How it is spoken of where `command` is called.
    func shown(from command: String) -> String {
      function == command ? "`\(command)`" : "`\(function)`, which `\(command)` calls,"
    }
  }

  /// Where its body negates a command.
  var negation: Finding?
  /// Where its body has a pipeline.
  var pipeline: Finding?
  /// Where its body reads `$host` or its like.
  var host: Finding?
  /// The first words of the commands in its body.
  var calls: Set<String> = []

  /// Functions about which there is something to know, each with what those have that it calls,
  /// however many calls lie between: a function that hides a mistake takes nothing from it.
  static func reach(of functions: [String: ShellFunction]) -> [String: ShellFunction] {
    var callers: [String: [String]] = [:]
    for (name, function) in functions.sorted(by: { $0.key < $1.key }) {
      for call in function.calls where functions[call] != nil {
        callers[call, default: []].append(name)
      }
    }
    var reach = functions
    let aspects: [WritableKeyPath<ShellFunction, Finding?>] = [\.negation, \.pipeline, \.host]
    for aspect in aspects {
      // Nearest first, so that the shortest way is the one that is told.
      var waiting = functions.keys.filter { functions[$0]?[keyPath: aspect] != nil }.sorted()
      var next = 0
      while next < waiting.count {
        let finding = reach[waiting[next]]?[keyPath: aspect]
        for caller in callers[waiting[next]] ?? [] where reach[caller]?[keyPath: aspect] == nil {
          reach[caller]?[keyPath: aspect] = finding
          waiting.append(caller)
        }
        next += 1
      }
    }
    return reach.filter { $0.value.isSpecial }
  }

  private var isSpecial: Bool { negation != nil || pipeline != nil || host != nil }
}

extension ShellCode {
  /// The commands that stand in a part of the code; they are in the order of the text.
  func commands(in range: Range<Int>) -> Set<String> {
    var low = 0
    var high = commands.count
    while low < high {
      let middle = (low + high) / 2
      if commands[middle].offset < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return Set(commands[low...].prefix { $0.offset < range.upperBound }.map(\.name))
  }
}
