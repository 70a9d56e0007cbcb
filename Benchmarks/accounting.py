"""Processor time of everything that a contestant causes: its process, sshd, the hosts' shells.

A control group counts it, since a session's processes outlive the process that began them. Making
one needs root; without it nothing is counted, and the report leaves that line out.
"""

import contextlib
import os
import pathlib

# Version 1 counts nanoseconds in one file, version 2 microseconds in a line of another.
PLACES = [
    (pathlib.Path("/sys/fs/cgroup/cpuacct"), "cpuacct.usage", 1e9),
    (pathlib.Path("/sys/fs/cgroup"), "cpu.stat", 1e6),
]


class Group:
    """`enter` is for `preexec_fn`: the process and all its children count from then on."""

    def __init__(self, directory: pathlib.Path | None, file: str, scale: float):
        self._directory, self._file, self._scale = directory, file, scale

    def enter(self) -> None:
        if self._directory:
            (self._directory / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self) -> float | None:
        if not self._directory:
            return None
        words = (self._directory / self._file).read_text().split()
        return int(words[0] if len(words) == 1 else words[1]) / self._scale


@contextlib.contextmanager
def group():
    for place, file, scale in PLACES:
        directory = place / f"reprise-bench-{os.getpid()}"
        try:
            directory.mkdir()
        except OSError:
            continue
        if not (directory / file).exists():
            directory.rmdir()
            continue
        try:
            yield Group(directory, file, scale)
        finally:
            with contextlib.suppress(OSError):  # Something of it is still ending.
                directory.rmdir()
        return
    yield Group(None, "", 1)
