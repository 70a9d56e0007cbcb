import RunbookCore

/// Checks, and the paths and addresses that can be judged before the run.
extension Lowering {
  mutating func lower(
    _ syntax: [CheckSyntax], role: CodeContext.Role, _ context: ReadingContext
  ) -> [Check] {
    if syntax.isEmpty { return [] }
    var checks: [Check] = []
    // Checks are large to move.
    checks.reserveCapacity(syntax.count)
    for check in syntax {
      if let lowered = lower(check, role: role, context) { checks.append(lowered) }
    }
    return checks
  }

  private mutating func lower(
    _ syntax: CheckSyntax, role: CodeContext.Role, _ context: ReadingContext
  ) -> Check? {
    let subject: Check.Subject
    switch syntax.subject {
    case .code(let code, let says):
      let role = syntax.isNegated ? CodeContext.Role.openGuard : role
      let lowered = lower(code, CodeContext(role: role, group: context.group))
      checkText(says, "what it says")
      subject = .code(lowered, says: says.map { template($0, context) })
    case .tcp(let address):
      checkAddress(address)
      subject = .tcp(template(address, context))
    case .http(let url, let status, let says):
      checkURL(url)
      checkText(says, "what it says")
      subject = .http(
        template(url, context), status: checkedStatus(status),
        says: says.map { template($0, context) })
    case .expression(let expression):
      guard let condition = condition(expression, context) else { return nil }
      subject = .expression(condition)
    case .damaged: return nil
    }
    checkText(syntax.remedy, "what to do")
    return Check(
      subject: subject, isNegated: syntax.isNegated, within: syntax.within.map { time($0) },
      every: syntax.every.map { time($0) }, isLasting: syntax.isLasting,
      remedy: syntax.remedy.map { template($0, context) }, text: text(of: syntax),
      origin: origin(syntax.range))
  }

  /// The check as it is written, on one line; of longer code its first line.
  private func text(of check: CheckSyntax) -> String {
    guard case .code(let code, let says) = check.subject else { return check.words }
    let isPlain = !check.isNegated && says == nil && !code.text.hasByte { $0 < 0x20 }
    if isPlain { return code.text }
    let lines = code.text.utf8.split(separator: 0x0A).map { oneLine(String(Substring($0))) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#!") }
    let words =
      (check.isNegated ? "not " : "") + (lines.first ?? "") + (lines.count > 1 ? " …" : "")
    return words + (says.map { " says " + scope.file.text($0.range) } ?? "")
  }

  private func oneLine(_ text: String) -> String {
    // Most code is one plain line already.
    var last: UInt8 = 0x20
    let isPlain = text.utf8.allSatisfy { byte in
      defer { last = byte }
      return byte < 0x80 && byte >= 0x20 && !(byte == 0x20 && last == 0x20)
    }
    if isPlain, last != 0x20 { return text }
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private mutating func checkedStatus(_ literal: LiteralSyntax?) -> Int {
    guard let literal, case .int(let status) = literal.value else { return 200 }
    if !(100...599).contains(status) {
      report(
        .badAddress, "`\(status)` is no status of HTTP", literal.range,
        help: "write a number from 100 to 599")
    }
    return status
  }

  /// `host:port`, as far as it is written out.
  private mutating func checkAddress(_ address: StringSyntax) {
    guard let text = address.literal, text != "?" else { return }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let port = parts.last.flatMap { Int($0) } ?? 0
    let hasOtherSigns = text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "/") }
    guard parts.count < 2 || parts[0].isEmpty || hasOtherSigns || !(1...65_535).contains(port)
    else { return }
    report(
      .badAddress, "this is no address for `tcp`", address.range,
      help: "write \"host:port\", as \"10.0.0.5:5432\"")
  }

  private mutating func checkURL(_ url: StringSyntax) {
    guard case .text(let text) = url.pieces.first?.content ?? .text(""), text != "?" else { return }
    let host = ["http://", "https://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
    let isAlone = url.pieces.count < 2
    guard let host else {
      return report(
        .badAddress, "this is no address for `http`", url.range,
        help: "it begins with `http://` or `https://`")
    }
    guard isAlone, host.isEmpty || host.hasPrefix("/") || host.hasPrefix(":") else { return }
    report(
      .badAddress, "this address names no host", url.range,
      help: "write \"http://host:port/path\"")
  }

  // MARK: - Paths

  /// What `stash` leaves alone, as its script on the host does: nothing in here is moved …
  private static let systemDirectories: Set<String> = [
    "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys",
    "usr",
  ]
  /// … and of these not everything at once.
  private static let sharedDirectories: Set<String> = [
    "home", "media", "mnt", "opt", "root", "srv", "tmp", "var/lib",
  ]

  /// A path on a host is absolute; what is moved aside is no directory of the system.
  mutating func checkPath(_ path: StringSyntax, isMoved: Bool) {
    guard let first = path.pieces.first else {
      return report(
        .dangerousPath, "this path is empty", path.range, help: "write an absolute path")
    }
    if case .text(let text) = first.content, text != "?", !text.hasPrefix("/") {
      return report(
        .dangerousPath, "a path on a host begins with `/`", path.range,
        help: text.hasPrefix("~")
          ? "`~` is not expanded here; write the directory out"
          : "write an absolute path")
    }
    if isMoved { checkMoved(path) }
    guard let text = path.literal else { return }
    if climbs(text) {
      report(
        .dangerousPath, "a path must not climb up with `..`", path.range,
        help: "write the path that is meant")
    }
  }

  /// Whether one of its parts is `..`.
  private func climbs(_ path: String) -> Bool {
    var length = 0
    var dots = 0
    for byte in path.utf8 {
      if byte == UInt8(ascii: "/") {
        if length == 2, dots == 2 { return true }
        (length, dots) = (0, 0)
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    return length == 2 && dots == 2
  }

  /// What is written is a file, not a directory.
  mutating func checkFile(_ path: StringSyntax) {
    guard case .text(let end)? = path.pieces.last?.content, end.hasSuffix("/") else { return }
    report(
      .dangerousPath, "this path names a directory", path.range,
      help: "write the file's name after the last `/`")
  }

  /// A name may stand for anything: then only what is written out before it is judged.
  private mutating func checkMoved(_ path: StringSyntax) {
    guard case .text(let start)? = path.pieces.first?.content, start != "?" else { return }
    var parts = start.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    parts.removeAll { $0 == "." }
    let isWhole = path.literal != nil
    if !isWhole, !start.hasSuffix("/") { parts = parts.dropLast() }
    let pattern = isWhole ? parts.popLast() ?? "" : "$"
    let directory = parts.joined(separator: "/")
    if parts.contains(where: { $0.utf8.contains { "*?[".utf8.contains($0) } }) {
      return report(
        .dangerousPath, "only the last part of this path can be a pattern", path.range,
        help: "write the directory out")
    }
    let isEverything = pattern.hasPrefix("[") || pattern.utf8.allSatisfy { "*?.".utf8.contains($0) }
    let isSystem =
      directory.isEmpty && isWhole || directory == "var" || directory == "usr"
      || parts.first.map { Self.systemDirectories.contains(String($0)) } ?? false
    if isSystem || isEverything && Self.sharedDirectories.contains(directory) {
      return report(
        .dangerousPath, "moving this aside would take the system apart", path.range,
        help: "name the files or the directory of the one service")
    }
    // The shell would look for what is in it, or follow a link: what is meant has to be said.
    guard case .text(let end)? = path.pieces.last?.content, end.hasSuffix("/") else { return }
    report(
      .dangerousPath, "a path to move aside does not end with `/`", path.range,
      help: "write `\(scope.file.text(path.range).dropFirst().dropLast())*` for what is in it, or "
        + "leave the last `/` out")
  }
}
