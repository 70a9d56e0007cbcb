import RunbookCore
import Synchronization

/// A file on its way to a host, before the exchange of its attempt is sent. Nothing of it is in the
/// journal but what the file is: an engine that takes over finds what arrived on the host.
struct UploadUnderWay {
  enum Stage: Hashable {
    /// The local file is to be read, or is being read, for its checksum.
    case toHash, hashing
    /// The host is asked whether it needs the bytes.
    case asking
    case toBring(at: Timestamp)
    case moving
    /// The host has what the action needs: the exchange can be sent.
    case ready
  }
  var stage = Stage.toHash
  /// Absolute.
  var path: String
  var task: TaskID
  var permit = CargoPermit()
  var tries = 0
  /// When bytes moved last.
  var movedAt: Timestamp
}

/// Tells a transfer whether it is still wanted, and the driver how far it is.
///
/// A class because both sides hold the same one.
final class CargoPermit: Sendable {
  private let state = Mutex((isValid: true, moved: 0))

  /// How many bytes the host has of them.
  var moved: Int { state.withLock { $0.moved } }
  func revoke() { state.withLock { $0.isValid = false } }
  func progress(_ count: Int) -> Bool {
    state.withLock {
      $0.moved = count
      return $0.isValid
    }
  }
}

/// `upload`: the file is fixed by its checksum, the host is asked whether it needs the bytes, and
/// they are brought beside the supervisor's frames; then the attempt is one like any other.
///
/// All that comes before the exchange only fills the run's state directory on the host, so that it
/// can be done again at any time: the action is started once, like that of any other step.
extension RunDriver {
  /// False: the exchange of the attempt waits until its bytes are on the host.
  func isReadyToSend(_ key: AttemptKey, _ attempt: AttemptState) -> Bool {
    guard attempt.attempt.purpose == .forward,
      let path = ExchangeBuilder(state, vault).localPath(of: attempt.task)
    else { return true }
    if uploads[key]?.stage == .ready { return true }
    if uploads[key] == nil {
      uploads[key] = UploadUnderWay(path: path, task: attempt.task, movedAt: clock.now())
      attended[key] = Attendance(mode: .bringing, now: clock.now())
    }
    return false
  }

  /// Starts what the uploads wait for.
  func moveUploads(_ group: inout DiscardingTaskGroup) {
    let now = clock.now()
    for (key, upload) in uploads {
      switch upload.stage {
      case .toHash: hash(key, upload.path, &group)
      case .toBring(let time) where time <= now: bring(key, upload, &group)
      case .hashing, .asking, .toBring, .moving, .ready: break
      }
    }
  }

  /// The next time at which an upload is to be gone on with.
  var nextUpload: Timestamp? {
    uploads.values.compactMap { upload in
      if case .toBring(let time) = upload.stage { return time }
      return nil
    }.min()
  }

  private func hash(_ key: AttemptKey, _ path: String, _ group: inout DiscardingTaskGroup) {
    // Hosts that get the same file at the same time have it read once.
    let isUnderWay = uploads.values.contains { $0.stage == .hashing && $0.path == path }
    uploads[key]?.stage = .hashing
    guard !isUnderWay else { return }
    let (files, mailbox) = (files, mailbox)
    group.addTask {
      do throws(LocalFileProblem) {
        guard let files else {
          throw LocalFileProblem(path: path, reason: "no files can be read here")
        }
        mailbox.put(.hashed(path: path, .success(try await files.digest(of: path))))
      } catch {
        mailbox.put(.hashed(path: path, .failure(error)))
      }
    }
  }

  func hashed(_ path: String, _ result: Result<FileDigest, LocalFileProblem>) {
    for (key, upload) in uploads where upload.stage == .hashing && upload.path == path {
      switch result {
      case .failure(let problem): giveUp(key, problem.text)
      case .success(let digest):
        let slot = FileSlot(step: upload.task.step, path: path)
        if let fixed = state.files[slot], fixed != digest {
          giveUp(
            key,
            "\(path) is not the file any more that this run began to upload (\(fixed.size) bytes, "
              + "sha256 \(fixed.sha256.prefix(12))…): put that one back and resume, or roll back")
          continue
        }
        if state.files[slot] == nil { record(.fileFixed(slot.step, path: path, digest)) }
        uploads[key]?.stage = .asking
        let id = upload.task
        effects.append { self.ask(.upload(key, id)) }
      }
    }
  }

  /// - Parameter verdict: `complete` where the bytes are needed. Anything else the action will come
  ///   to as well: its content is there, or a guard stands before it.
  func asked(_ key: AttemptKey, _ verdict: ExchangeEnd.Verdict) {
    guard uploads[key]?.stage == .asking else { return }
    if verdict == .complete {
      uploads[key]?.stage = .toBring(at: clock.now())
    } else {
      sendReady(key)
    }
  }

  private func sendReady(_ key: AttemptKey) {
    uploads[key]?.stage = .ready
    effects.append {
      guard let attempt = self.state.attempts[key], let link = self.links[attempt.task.host] else {
        return
      }
      self.send(key, attempt, link)
    }
  }

  private func bring(
    _ key: AttemptKey, _ upload: UploadUnderWay, _ group: inout DiscardingTaskGroup
  ) {
    let id = upload.task
    guard let digest = state.files[FileSlot(step: id.step, path: upload.path)], let files else {
      return
    }
    uploads[key]?.stage = .moving
    uploads[key]?.tries += 1
    let (permit, path, observe) = (upload.permit, upload.path, observe)
    let cargo = Cargo(
      run: state.description?.id ?? "", hostName: Greeting.directory(of: id.host), key: key,
      size: digest.size,
      read: { (offset, count) async throws(LocalFileProblem) in
        try await files.read(path, at: offset, count: count)
      },
      progress: { count in
        observe(.bringing(id, count, of: digest.size))
        return permit.progress(count)
      })
    let target = id.host.flatMap { state.binding.host($0) }
    let (transport, mailbox) = (transport, mailbox)
    group.addTask {
      do throws(CargoProblem) {
        try await transport.bring(cargo, to: target)
        mailbox.put(.brought(key: key, nil))
      } catch {
        mailbox.put(.brought(key: key, error))
      }
    }
  }

  func brought(_ key: AttemptKey, _ problem: CargoProblem?) {
    guard var upload = uploads[key], upload.stage == .moving else { return }
    let now = clock.now()
    switch problem {
    case nil: sendReady(key)
    case .local(let problem)?: giveUp(key, problem.text)
    case .refused(let reason)?: giveUp(key, "the host can't take the file: \(reason)")
    case .interrupted(let reason)?:
      // What moved since the last try shows that it is worth going on.
      if upload.permit.moved > 0 {
        upload.movedAt = now
        upload.tries = 1
        _ = upload.permit.progress(0)
      }
      guard now < upload.movedAt + options.reconnectFor else {
        return giveUp(key, "the file could not be brought to the host: \(reason)")
      }
      if upload.tries == 1 {
        observe(.notice("\(upload.task): copying was interrupted (\(reason)); it goes on"))
      }
      upload.stage = .toBring(at: now + min(10_000, 250 << min(upload.tries, 6)))
      uploads[key] = upload
    }
  }

  /// Ends the attempt before anything of it was started.
  private func giveUp(_ key: AttemptKey, _ reason: String) {
    forgetUpload(key)
    close(key, ExchangeEnd(verdict: .notStarted(reason)), mayLackOutput: false)
  }

  /// The link is lost, or the attempt is over: whoever still sends bytes for it stops.
  func forgetUpload(_ key: AttemptKey) { uploads.removeValue(forKey: key)?.permit.revoke() }

  /// True where nothing was sent yet: there is nothing to end on the host.
  func cancelUpload(_ key: AttemptKey) -> Bool {
    guard let upload = uploads[key], upload.stage != .ready else { return false }
    giveUp(key, "cancelled before it started")
    mailbox.put(.timer(nil))
    return true
  }
}

extension LocalFileProblem {
  package var text: String { "\(path) can't be copied: \(reason)" }
}
