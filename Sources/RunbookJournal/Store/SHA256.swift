import CGcrypt

/// SHA-256 by libgcrypt, which libssh2 loads anyway.
package enum SHA256 {
  static let size = 32

  static func hash(_ bytes: [UInt8]) -> [UInt8] {
    _ = isReady
    var digest = [UInt8](repeating: 0, count: size)
    gcry_md_hash_buffer(CInt(GCRY_MD_SHA256.rawValue), &digest, bytes, bytes.count)
    return digest
  }

  /// The checksum of bytes that come in pieces, until there is none.
  ///
  /// - Returns: nil where libgcrypt has no memory left.
  package static func hash<Failure: Error>(
    pieces next: () throws(Failure) -> [UInt8]?
  ) throws(Failure) -> [UInt8]? {
    _ = isReady
    var handle: gcry_md_hd_t?
    guard gcry_md_open(&handle, CInt(GCRY_MD_SHA256.rawValue), 0) == 0, let handle else {
      return nil
    }
    defer { gcry_md_close(handle) }
    while let piece = try next() { gcry_md_write(handle, piece, piece.count) }
    guard let digest = gcry_md_read(handle, CInt(GCRY_MD_SHA256.rawValue)) else { return nil }
    return Array(UnsafeBufferPointer(start: digest, count: size))
  }

  /// libgcrypt wants this call before every other, once in a process.
  private static let isReady: Bool = gcry_check_version(nil) != nil
}
