import CCrypto

/// SHA-256 by libcrypto, which libssh2 loads anyway.
package enum SHA256 {
  static let size = 32

  static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var context = SHA256_CTX()
    SHA256_Init(&context)
    SHA256_Update(&context, bytes, bytes.count)
    return digest(&context)
  }

  /// The checksum of bytes that come in pieces, until there is none.
  package static func hash<Failure: Error>(
    pieces next: () throws(Failure) -> [UInt8]?
  ) throws(Failure) -> [UInt8] {
    var context = SHA256_CTX()
    SHA256_Init(&context)
    while let piece = try next() { SHA256_Update(&context, piece, piece.count) }
    return digest(&context)
  }

  private static func digest(_ context: inout SHA256_CTX) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: size)
    SHA256_Final(&digest, &context)
    return digest
  }
}
