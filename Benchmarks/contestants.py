"""What is measured: each call runs one contestant as a process and says what it took."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from loopback import ADDRESS, Server

HERE = pathlib.Path(__file__).parent
REPRISE = os.environ.get("REPRISE_BINARY", "")


@dataclasses.dataclass
class Taken:
    """One process from its start to its end."""

    seconds: float
    processor: float
    peak_bytes: int
    output: bytes
    # With what the server and the hosts' shells used for it.
    processor_in_all: float | None = None


def timed(arguments: list[str], directory: pathlib.Path, output: str, enter=None) -> Taken:
    """Runs a process with its output in a file; a failure ends the benchmark."""
    target = directory / output
    with open(target, "wb") as out:
        start = time.monotonic()
        process = subprocess.Popen(
            arguments, cwd=directory, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, preexec_fn=enter)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        tail = target.read_bytes()[-2000:].decode(errors="replace")
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}:\n{tail}")
    small = target.read_bytes() if target.stat().st_size < 1 << 20 else b""
    return Taken(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10, small)


class Site:
    """A directory with a runbook, an inventory whose hosts are all the one server, a state."""

    def __init__(self, server: Server, user: str, hosts: int, name: str):
        self.server, self.user, self.hosts = server, user, hosts
        self.directory = server.directory / name
        self.directory.mkdir()
        rows = [f"h{number:02}\t{ADDRESS}\t{user}\t{server.port}" for number in range(1, hosts + 1)]
        (self.directory / "servers.tsv").write_text(
            "\n".join(["NAME\tADDRESS\tUSER\tPORT"] + rows) + "\n")

    def write_runbook(self, name: str, steps: list[tuple[str, str]]) -> None:
        body = "".join(
            f"  step {step} on all {{\n    run `{code}`\n    no rollback \"a measurement\"\n  }}\n"
            for step, code in steps)
        (self.directory / f"{name}.runbook").write_text(
            f"runbook {name} {{\n  inventory \"servers.tsv\"\n"
            f"  hosts all where name != \"\"\n{body}}}\n")

    def reprise(self, name: str) -> Taken:
        """A whole run with a state directory of its own, which the next one removes."""
        shutil.rmtree(self.directory / "state", ignore_errors=True)
        return self._served(
            [REPRISE, "run", f"{name}.runbook", "--identity", self.server.identity,
             "--known-hosts", self.server.known_hosts, "--state", "state"], "reprise.log")

    def logs(self, run: str, task: str, output: str) -> pathlib.Path:
        timed([REPRISE, "logs", run, task, "--state", "state"], self.directory, output)
        return self.directory / output

    def parallel_ssh(self, steps: int) -> tuple[Taken, float]:
        """The whole process, and its own time without Python's start."""
        taken = self._served(
            [sys.executable, str(HERE / "parallel_ssh_steps.py"), ADDRESS, str(self.server.port),
             self.user, self.server.identity, str(self.hosts), str(steps)],
            "parallel-ssh.log")
        return taken, float(taken.output.split()[-1])

    def _served(self, arguments: list[str], output: str) -> Taken:
        self.server.settle()
        before = self.server.group.seconds()
        taken = timed(arguments, self.directory, output, self.server.group.enter)
        self.server.settle()
        if before is not None:
            taken.processor_in_all = self.server.group.seconds() - before
        return taken


def least_supervisors(directory: pathlib.Path, cores: int, count: int) -> float:
    """Seconds in which so many actions are run for each core by a supervisor that does the least."""
    with tempfile.TemporaryDirectory(dir=directory) as place, contextlib.ExitStack() as stack:
        running = []
        start = time.monotonic()
        for core in range(cores):
            files = pathlib.Path(place, str(core))
            files.mkdir()
            frames, says = files / "frames", files / "says"
            frames.write_text("".join(f"exchange k{number}\n" for number in range(count)))
            running.append((says, subprocess.Popen(
                ["sh", HERE / "least_supervisor.sh"], cwd=files,
                stdin=stack.enter_context(open(frames)),
                stderr=stack.enter_context(open(says, "w")))))
        for _, process in running:
            process.wait()
        seconds = time.monotonic() - start
        ended = sum(says.read_text().count(" 0\n") for says, _ in running)
        if ended != cores * count:
            raise SystemExit(f"the least supervisor ended {ended} of {cores * count} actions")
    return seconds


def help_page(directory: pathlib.Path) -> Taken:
    return timed([REPRISE, "--help"], directory, "help.log")
