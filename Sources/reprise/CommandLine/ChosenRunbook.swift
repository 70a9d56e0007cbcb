import ArgumentParser
import RunbookCore
import RunbookLanguage
import RunbookReport

/// A runbook, what it is given and how its hosts are reached: `run` and `plan` take the same.
struct ChosenRunbook: ParsableArguments {
  @Argument(help: "A runbook of the runbooks directory, or a path that ends in .runbook.")
  var name: String
  @OptionGroup var given: InputOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var place: RunbookOptions

  /// Compiled, and bound to its hosts and inputs; warnings are shown.
  ///
  /// - Throws: its mistakes, and those of what it is given.
  func load(
    _ style: Style
  ) throws(CommandError) -> (loaded: RunbookDirectory.Loaded, binding: Binding) {
    let (directory, path) = try RunbookDirectory.find(name, in: place.directory)
    let loaded = try directory.load(path)
    let (binding, warnings) = try RunbookDirectory.bind(
      loaded, inventory: given.inventory, inputs: try given.values())
    if !warnings.isEmpty {
      Output.error.write(DiagnosticRenderer.render(warnings, color: style.isColored) + "\n")
    }
    return (loaded, binding)
  }
}
