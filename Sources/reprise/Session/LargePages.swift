import Glibc

/// The heap in pages of 2 MiB, for a text so long that the kernel's work for thousands of small ones
/// is felt: compiling takes about 22 times the text's bytes, and each 4 KiB of it is an interruption.
/// It only advises; where the kernel has no such pages everything stays as it is.
enum LargePages {
  /// Bytes of a text below which there is nothing to gain.
  private static let least = 256 << 10
  /// A larger block never lies in the heap (mallopt(3), M_MMAP_THRESHOLD).
  private static let most = 31 << 20
  private static let size = 2 << 20

  /// Gives the heap room for compiling a text before anything of it is touched.
  static func prepare(forText bytes: Int) {
    guard bytes >= least else { return }
    let room = min(bytes * 24, most)
    // Once a block of this size was given back, glibc takes the next one from the heap, and keeps
    // the heap that large: the second round is the one that counts.
    for _ in 1...2 {
      guard let block = malloc(room) else { return }
      let start = block.alignedUp(toMultipleOf: size)
      let end = (block + room).alignedDown(toMultipleOf: size)
      if start < end { madvise(start, end - start, MADV_HUGEPAGE) }
      free(block)
    }
  }
}
