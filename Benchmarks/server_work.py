"""What a server and a client that does nothing else work for a run.

The control group counts sshd and what it starts; this process, which is a bare client of libssh2, is
not in it and counts itself.
"""

import contextlib
import dataclasses
import socket
import time

from ssh2.session import Session

import loopback

FRAME = b"." * 48 + b"\n"  # As long as reprise's frame for a step like the one before.


@dataclasses.dataclass
class Work:
    """Processor seconds."""

    server: float
    client: float


def measure(server: loopback.Server, user: str, hosts: int, rounds: int) -> tuple[Work, Work]:
    """Logging in to so many hosts, without a session; and as many frames, one after the other, that
    reach a process on each host and are answered by it."""
    server.settle()
    with contextlib.ExitStack() as stack:
        before = _now(server)
        logins = [_login(server, user, stack) for _ in range(hosts)]
        login = _since(before, server)
        channels = []
        for session in logins:
            channel = session.open_session()
            channel.execute("exec cat")
            channels.append(channel)
        for channel in channels:  # Each has read its start-up file when it answers.
            channel.write(FRAME)
            _read(channel)
        before = _now(server)
        for _ in range(rounds):
            for channel in channels:
                channel.write(FRAME)
            for channel in channels:
                _read(channel)
        relay = _since(before, server)
    server.settle()
    return login, relay


def _now(server: loopback.Server) -> Work:
    return Work(server.group.seconds(), time.process_time())


def _since(before: Work, server: loopback.Server) -> Work:
    now = _now(server)
    return Work(now.server - before.server, now.client - before.client)


def _login(server: loopback.Server, user: str, stack: contextlib.ExitStack) -> Session:
    connection = stack.enter_context(
        socket.create_connection((loopback.ADDRESS, server.port), 10))
    session = Session()
    session.set_timeout(10_000)
    session.handshake(connection)
    session.userauth_publickey_fromfile(user, server.identity)
    return session


def _read(channel) -> None:
    answer = b""
    while len(answer) < len(FRAME):
        count, piece = channel.read()
        if count <= 0:
            raise SystemExit(f"the server answers no more: {count}")
        answer += piece
