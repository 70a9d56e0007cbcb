import ArgumentParser

/// What a runbook is given: options of `run` and `plan`.
struct InputOptions: ParsableArguments {
  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("A value for an input; may be repeated.", valueName: "name=value"))
  var inputs: [String] = []

  @Option(help: ArgumentHelp("Instead of the inventory that it declares.", valueName: "file"))
  var inventory: String?

  func values() throws(CommandError) -> [String: String] {
    var values: [String: String] = [:]
    for input in inputs {
      guard let mark = input.firstIndex(of: "="), mark > input.startIndex else {
        throw .usage("--input \(input) has no value", help: "write --input NAME=VALUE")
      }
      let name = String(input[..<mark])
      let value = String(input[input.index(after: mark)...])
      if values.updateValue(value, forKey: name) != nil {
        throw .usage("--input \(name) is given twice", help: "give it once")
      }
    }
    return values
  }
}
