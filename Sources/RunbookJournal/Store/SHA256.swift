import CGcrypt

/// SHA-256 by libgcrypt, which libssh2 loads anyway.
enum SHA256 {
  static let size = 32

  static func hash(_ bytes: [UInt8]) -> [UInt8] {
    _ = isReady
    var digest = [UInt8](repeating: 0, count: size)
    gcry_md_hash_buffer(CInt(GCRY_MD_SHA256.rawValue), &digest, bytes, bytes.count)
    return digest
  }

  /// libgcrypt wants this call before every other, once in a process.
  private static let isReady: Bool = gcry_check_version(nil) != nil
}
