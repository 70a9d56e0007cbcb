import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// Filesystems in images, mounted where nobody else sees them.
private enum Images {
  static let canBeMounted: Bool = {
    guard getuid() == 0, let place = try? Workplace() else { return false }
    return (try? SpawnedProcess.shell(script("image a"), in: place.directory))?.status == 0
  }()

  /// `image NAME` mounts a new one, `cut NAME` copies it to NAME.after as it stands on its disk and
  /// mounts that.
  static func script(_ lines: String) -> String {
    """
    timeout 100 unshare --mount sh -euc '
      image() {
        truncate -s 64M "$1.img" && mkfs.ext4 -q "$1.img" && mkdir "$1"
        mount -o loop,commit=300 "$1.img" "$1"
      }
      cut() {
        cp "$1.img" "$1.after.img" && mkdir "$1.after" && mount -o loop "$1.after.img" "$1.after"
      }
      \(lines)'
    """
  }
}

/// What a power cut leaves of the files that actions moved or changed: an image of a mounted
/// filesystem, copied as it stands on its disk, is what the machine would find when it comes back.
@Suite("Files after a power cut", .enabled(if: Images.canBeMounted, "images can't be mounted"))
struct PowerCutTests {
  @Test(.timeLimit(.minutes(2)))
  func whatIsMovedToAnotherFilesystemIsWholeOnOneOfThem() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "aside",
      "  step aside { stash \"\(place.directory)/data/*\" to \"\(place.directory)/spare/aside\" }")
    let result = try await place.shell(
      Images.script(
        """
        image data; image spare
        mkdir data/sub; seq 10000 > data/sub/numbers; seq 250 | sed "s,^,data/f," | xargs touch
        echo one > data/f1; echo two > data/.two
        sync
        "$reprise" run aside
        # The end of the files that were moved is written, and of their copies what was waited for.
        sync -f data
        cut data; cut spare
        ls -A data.after | grep -v lost+found | sed "s/^/left: /"
        cat spare.after/aside/*/1.1/sub/numbers | cksum; seq 10000 | cksum
        cd spare.after/aside/*/; cat 1.1/f1 1.1/.two 1.from; ls -A 1.1 | wc -l
        """))
    #expect(result.status == 0, "\(result.text)")
    #expect(!result.text.contains("left: "), "\(result.text)")
    let lines = result.text.split(separator: "\n").map(String.init)
    try #require(lines.count > 6)
    #expect(lines.suffix(4) == ["one", "two", place.directory + "/data", "253"])
    let sums = lines.dropLast(4).suffix(2)
    #expect(sums.first == sums.last, "\(result.text)")
  }

  @Test(.timeLimit(.minutes(2)))
  func whereItCameFromIsKnownWhateverWasMoved() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "aside", "  step aside { stash \"\(place.directory)/disk/data/*\" }")
    let result = try await place.shell(
      Images.script(
        """
        image disk
        mkdir disk/data; echo one > disk/data/one; sync
        "$reprise" run aside
        # The journal of the filesystem is written, and no content that nobody waited for.
        echo > disk/other; sync disk/other
        cut disk; umount disk; umount disk.after; mount -o loop disk.after.img disk
        ls -A disk/data; cat disk/.reprise-stash/*/1.1/one
        "$reprise" rollback aside >&2
        ls disk/data; cat disk/data/one
        """))
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.hasSuffix("one\none\n"), "\(result.text)")
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["write", "upload"])
  func rollingBackPutsTheContentBackThatWasThere(_ action: String) async throws {
    let place = try Workplace()
    try place.write("new", "new\n")
    let path = place.directory + "/disk/conf"
    try place.writeRunbook(
      "change",
      action == "write"
        ? "  step change { write \"\(path)\" { content \"new\\n\" } }"
        : "  step change { upload \"\(place.directory)/new\" to \"\(path)\" }")
    let result = try await place.shell(
      Images.script(
        """
        image disk
        seq 1000 > disk/conf; sync
        "$reprise" run change
        cut disk; umount disk; umount disk.after; mount -o loop disk.after.img disk
        cat disk/conf
        "$reprise" rollback change
        cksum < disk/conf; seq 1000 | cksum
        """))
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.contains("\nnew\n"), "\(result.text)")
    let sums = result.text.split(separator: "\n").suffix(2)
    #expect(sums.first == sums.last, "\(result.text)")
  }

  @Test(.timeLimit(.minutes(2)))
  func aLockThatWasTakenIsWhole() async throws {
    let place = try Workplace()
    let script =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
      + "/../../Sources/RunbookEngine/Actions/lock.sh"
    let result = try await place.shell(
      Images.script(
        """
        image disk; mount --bind disk /var/tmp; sync
        export reprise_locks="one
        two" reprise_holder="run 1" reprise_who="run of a test"
        sh -euc ". \(script); reprise_lock"
        umount /var/tmp; cut disk
        cat disk.after/reprise-locks/* | sort; ls disk.after/reprise-locks | wc -l
        """))
    #expect(result.status == 0, "\(result.text)")
    #expect(
      result.text.hasSuffix("one\nrun 1\nrun 1\nrun of a test\nrun of a test\ntwo\n2\n"),
      "\(result.text)")
  }
}
