import RunbookCore

/// The code of the actions that the engine brings: real shell files, so that shellcheck and the
/// tests read what hosts run.
enum ActionScript {
  /// - Parameter content: prints the content; nil: `$reprise_content` is the content.
  static func write(content: Exchange.Script?, _ purpose: Attempt.Purpose) -> Exchange.Script {
    let own: String
    switch content {
    case nil:
      own = #"content() { printf '%s' "$reprise_content"; }"#
    case let script? where script.interpreter == nil:
      own = "content() (\n\(script.text)\n)"
    case let script?:
      own = """
        content() (
          code=$(mktemp)
          trap 'rm -f -- "$code"' EXIT
          printf '%s\\n' "$reprise_content" > "$code"
          \(script.interpreter ?? "/bin/sh") "$code"
        )
        """
    }
    let call = purpose == .forward ? "reprise_write" : "reprise_unwrite"
    return Exchange.Script(
      text: text(PackageResources.write_sh) + own + "\n" + call,
      secrets: content?.secrets ?? [:])
  }

  static func stash(_ purpose: Attempt.Purpose) -> Exchange.Script {
    let call = purpose == .forward ? "reprise_stash" : "reprise_unstash"
    return Exchange.Script(text: text(PackageResources.stash_sh) + call)
  }

  /// `write`, with the bytes that were brought for the attempt.
  static func upload(_ purpose: Attempt.Purpose) -> Exchange.Script {
    let call = purpose == .forward ? "reprise_upload" : "reprise_unwrite"
    var script = Exchange.Script(text: uploadText + call)
    script.readsInput = purpose == .forward
    return script
  }

  /// Exit status 0 where the bytes have to be brought, 1 where the host has them.
  static var uploadWanted: Exchange.Script {
    Exchange.Script(text: uploadText + "reprise_upload_wanted")
  }

  private static var uploadText: String {
    text(PackageResources.write_sh) + text(PackageResources.upload_sh)
  }

  static func lock(isRelease: Bool) -> Exchange.Script {
    Exchange.Script(
      text: text(PackageResources.lock_sh) + (isRelease ? "reprise_unlock" : "reprise_lock"))
  }

  /// What `stash` moved aside, for those who tidy up.
  static func stashed(isPurge: Bool) -> Exchange.Script {
    let call = isPurge ? "reprise_stash_purge" : "reprise_stash_list"
    return Exchange.Script(text: text(PackageResources.stash_sh) + call)
  }

  /// - Parameter call: a function of `left.sh`.
  static func left(_ call: String) -> Exchange.Script {
    Exchange.Script(text: text(PackageResources.left_sh) + call)
  }

  static var report: Exchange.Script {
    Exchange.Script(text: text(PackageResources.report_sh) + "reprise_report_write")
  }

  /// Names what an action keeps on the host: unique to the run and the task, since two hosts of an
  /// inventory may share a filesystem.
  static func mark(run: String, _ id: TaskID) -> String {
    let batch = id.batch.map { ".\($0)" }.joined()
    let name = id.step + batch + (id.host.map { "@" + $0 } ?? "")
    return "reprise-\(run)-" + String(name.map { $0 == "/" ? "." : $0 })
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
