import RunbookCore
import RunbookEngine
import RunbookJournal

/// Something asked of the process that drives a run, and its answer.
@MainActor struct OwnerRequest {
  let runs: StoredRuns
  let run: String
  /// Milliseconds that an answer, and then what follows from it, is waited for.
  var patience = 60_000

  enum Answer {
    /// It became an event of the run.
    case taken
    /// Nothing of the run waits for it.
    case refused
    /// The owner went away without an answer; the request is taken back.
    case ownerLeft
    /// It is still there and has not answered.
    case none(process: Int)
  }

  /// Leaves the request, and waits until the owner has taken it.
  func make(
    _ kind: OperatorRequest.Kind, in state: String
  ) async throws(JournalError) -> Answer {
    let file = try await JournalFile.open(directory: state)
    let number = try await file.request(kind, of: run, by: Person.current.description)
    var owner: Int?
    let isOver = try await wait { () async throws(JournalError) in
      if try await runs.history.answer(to: number) != nil { return true }
      owner = try await runs.history.summary(of: run).owner?.process
      return owner == nil
    }
    switch try await runs.history.answer(to: number) {
    case .event?: return .taken
    case .refused?: return .refused
    case nil: if !isOver, let owner { return .none(process: owner) }
    }
    // Nobody must find it later and take it for an answer of then.
    try await file.withdraw(number)
    if case .event? = try await runs.history.answer(to: number) { return .taken }
    return .ownerLeft
  }

  /// Asks ten times a second until `condition` holds; false where it never did in time.
  func wait(
    until condition: () async throws(JournalError) -> Bool
  ) async throws(JournalError) -> Bool {
    let clock = SystemClock()
    let deadline = clock.now() + patience
    while true {
      if try await condition() { return true }
      let now = clock.now()
      guard now < deadline else { return false }
      await clock.sleep(until: now + 100)
    }
  }
}
