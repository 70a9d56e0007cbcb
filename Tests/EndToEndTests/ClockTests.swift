import Foundation
import RunbookTestSupport
import Testing

/// A library that sets the wall clock of one process: by as many seconds as a file says, each time
/// that the process looks.
private enum ShiftedClock {
  static let canBeMade = (try? SpawnedProcess.shell("command -v cc"))?.status == 0

  private static let code = """
    #define _GNU_SOURCE
    #include <stdio.h>
    #include <stdlib.h>
    #include <time.h>
    #include <unistd.h>
    #include <sys/syscall.h>
    int clock_gettime(clockid_t clock, struct timespec *time) {
      int result = syscall(SYS_clock_gettime, clock, time);
      const char *name = getenv("CLOCK_SHIFT");
      FILE *file = name && clock == CLOCK_REALTIME ? fopen(name, "r") : 0;
      long shift = 0;
      if (file && fscanf(file, "%ld", &shift) == 1) time->tv_sec += shift;
      if (file) fclose(file);
      return result;
    }
    """

  /// `shifted` is `reprise` with that clock.
  static func script(_ lines: String, in place: Workplace) throws -> String {
    try place.write("clock.c", code)
    return """
      set -e
      cc -shared -fPIC -o clock.so clock.c
      echo 0 > shift
      shifted() { LD_PRELOAD=$PWD/clock.so CLOCK_SHIFT=$PWD/shift timeout 40 "$reprise" "$@"; }
      \(lines)
      """
  }
}

@Suite("A wall clock that is set", .enabled(if: ShiftedClock.canBeMade, "needs cc"))
struct ClockTests {
  @Test(.timeLimit(.minutes(2)), arguments: [-3600, 3600])
  func movesNoDeadlineOfARun(_ shift: Int) async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "work",
      """
        step waits {
          check `echo x >> "\(place.directory)/asked"; test "$(wc -l < "\(place.directory)/asked")" -gt 4`
            within 30s every 200ms
        }
      """)
    let result = try await place.shell(
      ShiftedClock.script(
        """
        shifted run work & run=$!
        until [ -e asked ]; do sleep 0.05; done
        echo \(shift) > shift
        wait "$run"
        """, in: place))
    #expect(result.status == 0, "\(result.text)")
    #expect(try await place.shell("wc -l < asked").text == "5\n")
  }

  @Test(.timeLimit(.minutes(2)))
  func goesOnFromTheTimesOfTheRunThatItResumes() async throws {
    let place = try Workplace()
    try place.writeRunbook(
      "work",
      """
        step before { run `echo x >> "\(place.directory)/before"` no rollback "a test" }
        step ask { confirm "go on?" }
        step waits {
          check `echo x >> "\(place.directory)/asked"; test "$(wc -l < "\(place.directory)/asked")" -gt 2`
            within 30s every 200ms
        }
      """)
    let result = try await place.shell(
      ShiftedClock.script(
        """
        status=0; shifted run work || status=$?; test "$status" = 75
        echo -3600 > shift
        shifted resume --approve ask >&2
        "$reprise" history work --events --json | grep -o '"time":"[^"]*"' > times
        wc -l < times; sort -c times && echo in order
        """, in: place))
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.hasSuffix("in order\n"), "\(result.text)")
  }
}
