import GRDB
import RunbookCore
import RunbookEngine

import struct Foundation.Data

/// The table `summary`: one line for each run, kept in the transactions of its events.
enum Projection {
  static func begin(run: Int, hosts: Int, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO summary (run, runbook, operator, machine, hosts) VALUES (?, '', '', '', ?)
        """,
      arguments: [run, hosts])
  }

  static func apply(_ fact: Fact, run: Int, _ db: Database) throws {
    switch fact.event {
    case .runStarted(let description):
      try db.execute(
        sql: """
          UPDATE summary SET runbook = ?, title = ?, operator = ?, machine = ?, started = ?
          WHERE run = ?
          """,
        arguments: [
          description.runbook, description.title, description.operator, description.machine,
          fact.time.milliseconds, run,
        ])
    case .ownerTook:
      try db.execute(
        sql: "UPDATE summary SET ended = NULL, outcome = NULL, stopped = NULL WHERE run = ?",
        arguments: [run])
    case .ownerLeft:
      try db.execute(
        sql: "UPDATE summary SET stopped = ? WHERE run = ?",
        arguments: [Data(EventCoding.encode(fact.event)), run])
    case .runEnded(let outcome):
      try db.execute(
        sql: "UPDATE summary SET ended = ?, outcome = ?, stopped = NULL WHERE run = ?",
        arguments: [fact.time.milliseconds, outcome.rawValue, run])
    case .adopted(let adoption):
      try db.execute(
        sql: "UPDATE summary SET title = ?, hosts = ? WHERE run = ?",
        arguments: [adoption.plan.title, adoption.binding.hosts.count, run])
    case .cancelRequested, .locksTaken, .hostLocked, .hostUnlocked, .hostLockRefused, .hostGreeted,
      .hostLost,
      .hostGivenUp, .scopeEntered, .scopeLeftOut, .stepLeftOut, .stepStarted, .stepFailed,
      .groupResolved, .batchesFixed, .fileFixed, .rollbackStarted, .rollbackEnded, .attemptStarted,
      .secretsSealed, .outputReceived, .outputSkipped, .probeAnswered, .exchangeEnded, .polled,
      .retryScheduled,
      .outputSet, .outputHeld, .outputLost, .outputUnreadable, .taskEnded, .rollbackTaskEnded,
      .doubtRaised, .rechecked,
      .confirmed, .denied, .doubtSettled, .taskReopened, .driftIgnored:
      break
    }
  }
}
