"""The other contestant: parallel-ssh runs `true` on HOSTS hosts, STEPS times one after the other.

Prints the seconds between the client's making and the last step's end: without the start of
Python. Used as parallel_ssh_steps.py ADDRESS PORT USER KEY HOSTS STEPS.
"""

import sys
import time

from pssh.clients import ParallelSSHClient


def main() -> int:
    address, port, user, key, hosts, steps = sys.argv[1:]
    start = time.monotonic()
    client = ParallelSSHClient(
        [address] * int(hosts), user=user, port=int(port), pkey=key, allow_agent=False)
    for _ in range(int(steps)):
        output = client.run_command("true")
        client.join(output)
        if any(host.exit_code != 0 for host in output):
            return 1
    print(time.monotonic() - start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
