"""Free TCP ports on 127.0.0.1."""

import socket
from random import SystemRandom

from deploy.errors import DeployError

__all__ = ["HOST", "accepts", "free_ports"]

HOST = "127.0.0.1"

_RANGE = range(15_000, 32_000)
"""Below Linux's ephemeral range (32768 and up), so that no outgoing connection takes a port between our look and its use."""


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on now.

    Raises:
        DeployError: no free port was found.
    """
    chosen: list[int] = []
    for port in SystemRandom().sample(_RANGE, 500):  # not seeded, so that two processes seldom draw the same
        if len(chosen) == count:
            return chosen
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        chosen.append(port)
    raise DeployError(f"no {count} free TCP ports on {HOST} between {_RANGE.start} and {_RANGE.stop}; see `ss -ltn`")


def accepts(port: int) -> bool:
    """Whether somebody accepts connections on the port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
