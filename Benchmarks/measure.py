"""Measures reprise against parallel-ssh, side by side, and prints medians and ratios.

measure.py [--rounds N] [CASE…] with the cases of CASES; all of them by default. Each round runs
both contestants, in turn the one and the other first, so that a machine that others use too
disturbs both alike.
"""

import argparse
import hashlib
import os
import pathlib
import platform
import random
import signal
import statistics
import sys

import accounting
import contestants
import loopback
import server_work

HOSTS = 30
PLAIN, SLOW = "/bin/sh", "/bin/bash"
CASES = ["20", "100", "slow", "busy", "help", "memory"]
GOALS = {"20": (0.7, 1.0), "100": (0.65, 0.9), "slow": (0.2, 0.2), "busy": (0.2, 0.2)}
START_UP = 0.2
# Start-up files that take so many seconds: one sleeps, one computes until it has used that much.
START_UPS = {
    "slow": ("that sleeps for 0.2 s", "sleep 0.2\n"),
    "busy": ("that computes for 0.2 s",
             # Fields 14 and 15 of its own stat: its processor time, in 1/100 s.
             "while read -r -a s </proc/$$/stat && ((s[13] + s[14] < 20)); do\n"
             "  for ((i = 0; i < 500; i++)); do :; done\n"
             "done\nunset s i\n"),
}


def main() -> None:
    # Ended from outside it still ends what it started.
    signal.signal(signal.SIGTERM, end)
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("case", nargs="*", metavar="CASE", help=" ".join(CASES))
    options = parser.parse_args()
    cases = options.case or CASES
    if unknown := set(cases) - set(CASES):
        parser.error(f"no such case: {' '.join(sorted(unknown))}")
    print(f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}; /bin/sh is {os.path.realpath('/bin/sh')}")
    with accounting.group() as group, loopback.server([PLAIN, SLOW], group) as server:
        for steps in (20, 100):
            if str(steps) in cases and (user := known(server, PLAIN)):
                compare(server, user, f"{HOSTS} hosts x {steps} steps", str(steps), steps,
                        options.rounds)
        for case, (what, code) in START_UPS.items():
            if case in cases and (user := known(server, SLOW)):
                # sshd's bash reads it for every command, although that is no login.
                (server.home(SLOW) / ".bashrc").write_text(code)
                compare(server, user, f"{HOSTS} hosts x 20 steps, a start-up file {what}", case,
                        20, options.rounds)
        if "help" in cases:
            start_up(server.directory, options.rounds)
        if "memory" in cases and (user := known(server, PLAIN)):
            memory(server, user, options.megabytes)


def end(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # A second one would break into the ending.
    sys.exit(1)


def known(server: loopback.Server, shell: str) -> str | None:
    user = server.user(shell)
    if not user:
        print(f"not measured: this needs root, or a user whose login shell is {shell}")
    return user


def compare(server: loopback.Server, user: str, title: str, case: str, steps: int,
            rounds: int) -> None:
    site = contestants.Site(server, user, HOSTS, f"site-{case}")
    site.write_runbook("steps", [(f"s{number}", "true") for number in range(1, steps + 1)])
    ours, theirs, bare = [], [], []
    for number in range(rounds):
        def one() -> None:
            ours.append(site.reprise("steps"))

        def other() -> None:
            taken, own = site.parallel_ssh(steps)
            theirs.append(taken)
            bare.append(own)

        for turn in (one, other) if number % 2 == 0 else (other, one):
            turn()
    print(f"\n{title}, {rounds} rounds")
    row("reprise", [taken.seconds for taken in ours], "s")
    row("parallel-ssh", [taken.seconds for taken in theirs], "s")
    row("  without Python's start", bare, "s")
    processor("reprise", ours)
    processor("parallel-ssh", theirs)
    goal, limit = GOALS[case]
    ratio("whole processes", ours, [taken.seconds for taken in theirs], goal, limit)
    ratio("against parallel-ssh without Python's start", ours, bare, goal, limit)
    if case == "slow":
        floor(site, steps, ours, theirs)


def floor(site: contestants.Site, steps: int, ours: list[contestants.Taken],
          theirs: list[contestants.Taken]) -> None:
    """What is left of reprise's time if engine and journal cost nothing, and its supervisor did only
    what it has to (least_supervisor.sh); and with reprise's own process as it is.

    All hosts have logged in before the last start-up file begins; while it sleeps the others can do
    no more than the first step, since each step waits for all hosts; then come the frames and the
    actions of the other steps. All cores are at work on each of that, and on nothing else.
    """
    cores = os.cpu_count() or 1
    if site.server.group.seconds() is None:
        return
    exchanges = HOSTS * (steps - 1)
    works = [server_work.measure(site.server, site.user, HOSTS, steps - 1) for _ in range(3)]
    logins, frames = zip(*works)
    actions = statistics.median(
        contestants.least_supervisors(site.server.home(SLOW), cores, exchanges // cores)
        for _ in range(3))
    parts = [
        (median_of(logins, "server"), f"of sshd for {HOSTS} logins"),
        (median_of(logins, "client"), "of a bare client for them"),
        (median_of(frames, "server"), f"of sshd for {exchanges} frames and answers"),
        (median_of(frames, "client"), "of a bare client for them"),
    ]
    least = sum(seconds for seconds, _ in parts) / cores + START_UP + actions
    own = statistics.median(taken.processor for taken in ours) - parts[1][0] - parts[3][0]
    whole = statistics.median(taken.seconds for taken in theirs)
    print(f"  floor: {least:.2f} s, {least / whole:.2f} of parallel-ssh's time, without engine and journal; "
          f"{least + own / cores:.2f} s, {(least + own / cores) / whole:.2f}, with reprise's own process:")
    parts.append((own, "of reprise's process besides"))
    for seconds, what in parts:
        print(f"    {seconds / cores:.3f} s {what} ({seconds:.3f} s of processor time)")
    print(f"    {START_UP:.3f} s the last host's start-up file\n"
          f"    {actions:.3f} s {exchanges} actions under a supervisor that does the least, on all cores")


def median_of(works: tuple[server_work.Work, ...], which: str) -> float:
    return statistics.median(getattr(work, which) for work in works)


def processor(name: str, taken: list[contestants.Taken]) -> None:
    own = statistics.median(one.processor for one in taken)
    in_all = [one.processor_in_all for one in taken if one.processor_in_all is not None]
    if in_all:
        print(f"  {name:<24} processor time {statistics.median(in_all):6.2f} s with sshd and its "
              f"shells, {own:.2f} s by itself")


def ratio(what: str, ours: list[contestants.Taken], theirs: list[float], goal: float,
          limit: float) -> None:
    mine = [taken.seconds for taken in ours]
    of_medians = statistics.median(mine) / statistics.median(theirs)
    of_rounds = statistics.median(one / other for one, other in zip(mine, theirs))
    verdict = "goal met" if of_medians <= goal else "limit met" if of_medians <= limit else "missed"
    print(f"  ratio, {what}: {of_medians:.2f} (median of the rounds' ratios {of_rounds:.2f}); "
          f"goal {goal}, limit {limit}: {verdict}")


def row(name: str, values: list[float], unit: str) -> None:
    print(f"  {name:<24} median {statistics.median(values):7.3f} {unit}   "
          f"min {min(values):7.3f}   max {max(values):7.3f}")


def start_up(directory: pathlib.Path, rounds: int) -> None:
    pages = [contestants.help_page(directory) for _ in range(10 * rounds)]
    verdict = "goal met" if statistics.median(page.seconds for page in pages) <= 0.010 else "missed"
    print(f"\nreprise --help, {len(pages)} runs (goal 10 ms: {verdict})")
    row("reprise --help", [1000 * page.seconds for page in pages], "ms")
    row("  its processor time", [1000 * page.processor for page in pages], "ms")


def memory(server: loopback.Server, user: str, megabytes: int) -> None:
    """One step prints so many MB on each host; every byte has to be in `logs`."""
    site = contestants.Site(server, user, HOSTS, "site-memory")
    data = random.Random(2).randbytes(megabytes << 20)
    source = server.directory / "data"
    source.write_bytes(data)
    site.write_runbook("print", [("print", f"cat {source}")])
    taken = site.reprise("print")
    expected = hashlib.sha256(data).hexdigest()
    wrong = 0
    for number in range(1, HOSTS + 1):
        log = site.logs("print", f"print@h{number:02}", "logs.bin")
        with open(log, "rb") as file:
            wrong += hashlib.file_digest(file, "sha256").hexdigest() != expected
    print(f"\n{HOSTS} hosts x one step that prints {megabytes} MB (goal under 150 MB resident)")
    verdict = "goal met" if taken.peak_bytes < 150e6 else "missed"
    print(f"  peak resident {taken.peak_bytes / 1e6:.0f} MB: {verdict}; {taken.seconds:.1f} s; "
          f"output exact in `logs` on {HOSTS - wrong} of {HOSTS} hosts")
    if wrong:
        sys.exit("an output is not what was printed")


if __name__ == "__main__":
    sys.exit(main())
