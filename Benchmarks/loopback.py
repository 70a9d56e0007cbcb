"""One sshd on loopback with keys, configuration and users of its own, for the length of a `with`.

As root, each login shell gets a system user that is made for it and removed at the end, so that
no existing account is touched. Otherwise the server can only serve the user who runs it, with
that user's own login shell: the report says which shell it was.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

import accounting

ADDRESS = "127.0.0.1"


class Server:
    """A running sshd. `user(shell)` names whom to log in as."""

    def __init__(self, directory: pathlib.Path, port: int, users: dict[str, str], pid: int,
                 group: accounting.Group):
        self.directory = directory
        self.port = port
        self._users = users
        self._pid = pid
        self.group = group

    @property
    def identity(self) -> str:
        return str(self.directory / "identity")

    @property
    def known_hosts(self) -> str:
        return str(self.directory / "known_hosts")

    def user(self, shell: str) -> str | None:
        """Whose login shell it is; None where nobody's is."""
        return self._users.get(shell)

    def settle(self) -> None:
        """Waits until every session has ended."""
        children = pathlib.Path(f"/proc/{self._pid}/task/{self._pid}/children")
        deadline = time.monotonic() + 10
        while children.read_text().strip():
            if time.monotonic() > deadline:
                raise SystemExit("a session of sshd does not end")
            time.sleep(0.02)

    def home(self, shell: str) -> pathlib.Path:
        return _home(self.directory, shell)


def _home(directory: pathlib.Path, shell: str) -> pathlib.Path:
    return directory / "homes" / pathlib.Path(shell).name


@contextlib.contextmanager
def server(shells: list[str], group: accounting.Group):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="reprise-bench-", dir="/var/tmp"))
    directory.chmod(0o755)
    made: list[str] = []
    process = None
    mounted = False
    try:
        mounted = _mount(directory)
        users = _users(directory, shells, made)
        for name in ("identity", "host"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f",
                 directory / name], check=True)
        port = _free_port()
        key = (directory / "host.pub").read_text().split()[:2]
        (directory / "known_hosts").write_text(f"[{ADDRESS}]:{port} {' '.join(key)}\n")
        (directory / "sshd_config").write_text(_configuration(directory, port))
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen(
                ["/usr/sbin/sshd", "-D", "-e", "-f", directory / "sshd_config"], stderr=log,
                preexec_fn=group.enter)
        _await(port, process, directory / "log")
        yield Server(directory, port, users, process.pid, group)
    finally:
        if process:
            process.terminate()
            process.wait()
        for user in made:
            _end_processes(user)
            subprocess.run(["userdel", user], check=False)
        if mounted:
            subprocess.run(["umount", "-l", directory / "homes"], check=False)
        shutil.rmtree(directory, ignore_errors=True)


def _mount(directory: pathlib.Path) -> bool:
    """Homes get an ext4 with a journal, as hosts have; without root they stay where they are.

    An ext4 without one (some virtual machines') searches all inodes that were deleted in the last
    minutes for each file that is made, which would measure how many rounds went before.
    """
    (directory / "homes").mkdir()
    if os.getuid() != 0:
        return False
    image = directory / "homes.img"
    with open(image, "wb") as file:
        file.truncate(3 << 30)
    for command in (["mkfs.ext4", "-q", "-F", image],
                    ["mount", "-o", "loop", image, directory / "homes"]):
        if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode:
            print("homes are on the file system of /var/tmp: none of their own can be mounted")
            return False
    return True


def _users(directory: pathlib.Path, shells: list[str], made: list[str]) -> dict[str, str]:
    users = {}
    for shell in shells:
        home = _home(directory, shell)
        home.mkdir()
        if os.getuid() != 0:
            me = pwd.getpwuid(os.getuid())
            if os.path.realpath(me.pw_shell) == os.path.realpath(shell):
                users[shell] = me.pw_name
            continue
        name = f"rb{os.getpid()}{pathlib.Path(shell).name}"
        # `*` is a password that nobody has; a locked account could not log in with a key either.
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--home-dir", home, "--shell", shell,
             "--password", "*", name], check=True)
        made.append(name)
        entry = pwd.getpwnam(name)
        os.chown(home, entry.pw_uid, entry.pw_gid)
        users[shell] = name
    return users


def _configuration(directory: pathlib.Path, port: int) -> str:
    lines = [
        f"Port {port}", f"ListenAddress {ADDRESS}", f"HostKey {directory}/host",
        f"PidFile {directory}/pid", f"AuthorizedKeysFile {directory}/identity.pub",
        "UsePAM no", "StrictModes no", "PasswordAuthentication no",
        "KbdInteractiveAuthentication no", "MaxStartups 1000", "MaxSessions 1000", "UseDNS no",
        "PrintMotd no", "PrintLastLog no", "LogLevel ERROR",
    ]
    if os.getuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)  # sshd's own directory, mostly there.
    return "\n".join(lines) + "\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def _await(port: int, process: subprocess.Popen, log: pathlib.Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((ADDRESS, port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"sshd does not listen: {log.read_text()}")


def _end_processes(user: str) -> None:
    """Whatever a run left of a user that was made for it, by pid."""
    uid = pwd.getpwnam(user).pw_uid
    for _ in range(50):
        left = [int(path.name) for path in pathlib.Path("/proc").iterdir()
                if path.name.isdigit() and _owner(path) == uid]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        time.sleep(0.1)


def _owner(path: pathlib.Path) -> int | None:
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return None
