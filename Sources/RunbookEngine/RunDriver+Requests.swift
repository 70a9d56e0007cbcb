import RunbookCore

/// What people want of a run: at its terminal, or from other processes.
extension RunDriver {
  func obey(_ request: OperatorRequest) {
    switch request.kind {
    case .cancel: obey(.cancel(by: request.by), request: request.id)
    case .approve(let step), .deny(let step):
      guard state.outcome == nil, end == nil else { return }
      let waiting = state.waitingForPerson.filter { $0.step == step }
      if waiting.isEmpty { refusedRequests.append(request.id) }
      var isApproved = false
      if case .approve = request.kind { isApproved = true }
      for id in waiting {
        obey(
          isApproved ? .confirm(id, by: request.by) : .deny(id, by: request.by),
          request: request.id)
      }
    }
  }

  func obey(_ command: OperatorCommand, request: Int?) {
    guard state.outcome == nil, end == nil else { return }
    switch command {
    case .detach:
      record(.ownerLeft(.detached))
      end = .stopped(.detached)
    case .confirm(let id, let by): record(.confirmed(id, by: by), request: request)
    case .deny(let id, let by): record(.denied(id, by: by), request: request)
    case .cancel(let by):
      guard state.cancelledBy == nil else {
        if let request { refusedRequests.append(request) }
        return
      }
      record(.cancelRequested(by: by), request: request)
      for key in state.inFlight { effects.append { self.cancel(key) } }
    }
  }

  /// Asks the journal now and then for what other processes want of this run.
  func pollRequests(_ group: inout DiscardingTaskGroup) {
    let now = clock.now()
    guard now >= nextRequests else { return }
    nextRequests = now + 1000
    let (journal, mailbox) = (journal, mailbox)
    group.addTask {
      do throws(JournalError) {
        let requests = try await journal.requests()
        if !requests.isEmpty { mailbox.put(.requests(requests)) }
      } catch {
        mailbox.put(.journalFailed(error))
      }
    }
  }

  func refuseRequests() async -> JournalError? {
    guard !refusedRequests.isEmpty else { return nil }
    let requests = refusedRequests
    refusedRequests = []
    do {
      try await journal.refuse(requests)
      return nil
    } catch {
      return error
    }
  }
}
