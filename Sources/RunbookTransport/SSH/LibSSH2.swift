import CLibSSH2
import Glibc

/// The library as a whole: started once, before its first use.
enum LibSSH2 {
  private static let status: Int32 = libssh2_init(0)

  /// A new non-blocking session. Nil: no memory, or no cryptography.
  static func makeSession() -> OpaquePointer? {
    guard status == 0, let session = libssh2_session_init_ex(nil, nil, nil, nil) else { return nil }
    libssh2_session_set_blocking(session, 0)
    libssh2_session_callback_set(
      session, LIBSSH2_CALLBACK_DISCONNECT,
      unsafeBitCast(noteDisconnection, to: UnsafeMutableRawPointer.self))
    return session
  }

  /// The far end has said that it disconnects, and was not merely gone.
  static func hasSaidGoodbye(_ session: OpaquePointer) -> Bool {
    libssh2_session_abstract(session)?.pointee != nil
  }

  /// What went wrong last, in the library's words.
  static func lastError(of session: OpaquePointer) -> String {
    var text: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    libssh2_session_last_error(session, &text, &length, 0)
    guard let text, length > 0 else { return "no reason given" }
    return String(cString: text)
  }

  /// The algorithms of a kind that the library has, in its order of preference.
  static func algorithms(_ kind: Int32, of session: OpaquePointer) -> [String] {
    var list: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    let count = libssh2_session_supported_algs(session, kind, &list)
    guard count > 0, let list else { return [] }
    defer { libssh2_free(session, list) }
    return (0..<Int(count)).compactMap { list[$0].map { String(cString: $0) } }
  }

  /// Ends a session that may be in any state, without waiting for the far end.
  static func dispose(of session: OpaquePointer, socket: Int32) {
    // One attempt to say goodbye; then the socket goes, so that nothing can be waited for.
    libssh2_session_disconnect_ex(session, 11, "reprise is done here", "")
    shutdown(socket, Int32(SHUT_RDWR))
    for _ in 0..<16 where libssh2_session_free(session) != LIBSSH2_ERROR_EAGAIN { break }
    close(socket)
  }
}

/// Called by libssh2 when the far end's SSH_MSG_DISCONNECT has come: its reason, a number from 1, is
/// kept in the session's own slot for its user, which nothing else uses.
private let noteDisconnection:
  @convention(c) (
    OpaquePointer?, Int32, UnsafePointer<CChar>?, Int32, UnsafePointer<CChar>?, Int32,
    UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Void = { _, reason, _, _, _, _, slot in
    slot?.pointee = UnsafeMutableRawPointer(bitPattern: max(1, Int(reason)))
  }
