import RunbookCore

/// The words of a report in one language.
package struct ReportWords: Sendable {
  package enum Language: String, CaseIterable, Sendable { case en, fr }
  let language: Language

  package init(_ language: Language) { self.language = language }

  /// In French a narrow blank stands before it.
  var colon: String { self(":", " :") }

  /// A run that is only stopped has not ended.
  func ended(_ document: RunDocument) -> String {
    document.outcome == nil ? self("Stopped", "Arrêt") : self("Ended", "Fin")
  }

  func callAsFunction(_ english: String, _ french: String) -> String {
    language == .en ? english : french
  }

  func state(_ state: RunDocument.RowState) -> String {
    switch state {
    case .toCome: self("· to come", "· à venir")
    case .notReached: self("· not carried out", "· non exécuté")
    case .running: self("▶ running", "▶ en cours")
    case .waiting: self("? waiting for a person", "? attend une personne")
    case .doubt(let doubt): "! " + self("in doubt: ", "en doute : ") + self.doubt(doubt)
    case .done: self("✅ done", "✅ fait")
    case .satisfied: self("✅ already so", "✅ déjà fait")
    case .byCheck: self("✅ done, its check says", "✅ fait, d'après sa vérification")
    case .accepted(let by): self("✅ taken as done by \(by)", "✅ considéré comme fait par \(by)")
    case .failed(let failure, let isUnknown): "❌ " + self.failure(failure, isUnknown)
    case .leftOut: self("- left out", "- non concerné")
    }
  }

  /// The state of a task with everything that belongs to it.
  func whole(_ row: RunDocument.TaskRow) -> String {
    var text = state(row.state)
    if let undo = row.undo { text += "; " + self("undone: ", "retour arrière : ") + state(undo) }
    if row.outputNotKept > 0 {
      let size = Words.size(row.outputNotKept)
      text += "; " + self("\(size) of output not kept", "sortie non conservée : \(size)")
    }
    return text
  }

  /// Why it failed, and where.
  func headline(_ row: RunDocument.FailureRow) -> (what: String, why: String) {
    let name = row.title ?? row.step
    let what = row.isRollback ? self("the rollback of ", "retour arrière de ") + name : name
    let place = row.hosts.isEmpty ? "" : " (\(row.hosts.joined(separator: ", ")))"
    return (what + place, failure(row.failure, row.isUnknown))
  }

  /// What the question that failed found; nil where it was none.
  func found(_ row: RunDocument.FailureRow) -> String? {
    row.found.isEmpty ? row.status.map { self("status \($0)", "code \($0)") } : row.found
  }

  /// The first line that a check found; where nothing was printed and it does not hold, its status.
  func found(_ check: RunDocument.CheckRow) -> String {
    if let line = check.found.split(separator: "\n").first { return String(line) }
    return check.answer == .holds ? "" : self("status \(check.status)", "code \(check.status)")
  }

  func name(of output: RunDocument.OutputRow) -> String {
    (output.title.map { "\($0) (\(output.name))" } ?? output.name)
      + (output.host.map { ", \($0)" } ?? "")
  }

  func failure(_ failure: Failure, _ isUnknown: Bool) -> String {
    switch failure {
    case .require(let n) where isUnknown:
      self("requirement \(n + 1) cannot tell", "le prérequis \(n + 1) ne peut pas répondre")
    case .require(let n):
      self("requirement \(n + 1) does not hold", "le prérequis \(n + 1) n'est pas rempli")
    case .unlessCannotTell(let n):
      self("guard \(n + 1) cannot tell", "la garde \(n + 1) ne peut pas répondre")
    case .action(let status, let timedOut):
      timedOut
        ? self("ended by its timeout", "interrompu par son délai")
        : self("ended with status \(status)", "terminé avec le code \(status)")
    case .check(let n) where isUnknown:
      self("check \(n + 1) cannot tell", "la vérification \(n + 1) ne peut pas répondre")
    case .check(let n):
      self("check \(n + 1) does not hold", "la vérification \(n + 1) n'est pas remplie")
    case .output(let name, let why):
      self("output \(name): \(why)", "résultat \(name) : \(why)")
    case .notStarted(let why): self("not started: \(why)", "non démarré : \(why)")
    case .group(let group, let why): self("group \(group): \(why)", "groupe \(group) : \(why)")
    case .unreachable(let why): self("unreachable: \(why)", "injoignable : \(why)")
    case .cancelled: self("cancelled", "annulé")
    }
  }

  func doubt(_ doubt: Doubt) -> String {
    switch doubt {
    case .rebooted: self("the host rebooted while it ran", "l'hôte a redémarré pendant l'action")
    case .rebootedBeforeClaim:
      self(
        "the host rebooted, and whether it began is not known",
        "l'hôte a redémarré avant que le début soit connu")
    case .directoryReplaced:
      self(
        "the state directory of the host is another one", "le répertoire d'état de l'hôte a changé")
    case .wrapperDied:
      self("its supervisor was ended from outside", "son superviseur a été tué de l'extérieur")
    case .claimTorn: self("its claim is not whole", "sa revendication est incomplète")
    case .unreachable:
      self("its host can't be reached", "son hôte est injoignable")
    }
  }

  func status(_ document: RunDocument) -> String {
    switch (document.outcome, document.stopped) {
    case (.succeeded?, _): self("✅ done", "✅ TERMINÉ AVEC SUCCÈS")
    case (.failed?, _): self("❌ failed", "❌ ÉCHEC")
    case (.cancelled?, _): self("❌ cancelled", "❌ ANNULÉ")
    case (.rolledBack?, _) where document.failures.isEmpty:
      self("↩ rolled back", "↩ RETOUR ARRIÈRE EFFECTUÉ")
    case (.rolledBack?, _): self("↩ rolled back", "↩ ÉCHEC, RETOUR ARRIÈRE EFFECTUÉ")
    case (.rollbackFailed?, _): self("❌ the rollback failed", "❌ LE RETOUR ARRIÈRE A ÉCHOUÉ")
    case (nil, let reason?):
      self("⏸ stopped: ", "⏸ ARRÊTÉ : ") + stop(reason)
    case (nil, nil) where document.isInterrupted:
      self("⏸ interrupted: its process died", "⏸ INTERROMPU : son processus a disparu")
    case (nil, nil): self("▶ running", "▶ EN COURS")
    }
  }

  private func stop(_ reason: StopReason) -> String {
    switch reason {
    case .detached: self("detached by the operator", "détaché par l'opérateur")
    case .inDoubt: self("an outcome is in doubt", "un résultat est en doute")
    case .waitingForPerson: self("waiting for a person", "attend une personne")
    case .denied: self("a confirmation was denied", "une confirmation a été refusée")
    case .drifted: self("what was done does not hold any more", "ce qui était fait ne tient plus")
    case .hostUnreachable(let hosts):
      self("unreachable: ", "injoignable : ") + hosts.map { $0 ?? "local" }.joined(separator: ", ")
    case .stateUnusable(let why): why
    case .lockHeld(_, let holder): holder
    case .superseded: self("another process took over", "un autre processus a pris le relais")
    }
  }

  func decision(_ kind: RunDocument.Decision.Kind) -> String {
    switch kind {
    case .confirmed: self("confirmed", "confirmé")
    case .denied: self("denied", "refusé")
    case .accepted: self("took as done", "considéré comme fait")
    case .rerun: self("started again", "relancé")
    case .reopened: self("tried again", "réessayé")
    case .cancelled: self("cancelled the run", "annulé l'exécution")
    case .adopted: self("adopted the edited runbook", "adopté la procédure modifiée")
    case .driftIgnored:
      self("ignored what does not hold any more", "ignoré ce qui ne tient plus")
    case .rolledBack: self("asked for the rollback", "demandé le retour arrière")
    }
  }
}
