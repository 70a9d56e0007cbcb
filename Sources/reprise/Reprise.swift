import ArgumentParser

@main
struct Reprise: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reprise", abstract: "Run a runbook; resume it exactly where it stopped.")
}
