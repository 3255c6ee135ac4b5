"""Ports on loopback: free or busy, and which."""

import socket
from contextlib import ExitStack

from deploy.local.problem import Problem

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port nobody listens on now; somebody may before we do, so ask late."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Ports that differ."""
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in sockets]


def is_busy(port: int) -> bool:
    with socket.socket() as probe:
        # Connections that ended a moment ago may still linger on the port; servers bind over them, so do we.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def must_be_free(port: int, what: str, option: str) -> None:
    """:raises Problem: if somebody listens on it."""
    if is_busy(port):
        raise Problem(
            f"Port {port} ({what}) is busy: another program listens there, or another Hikitome is running."
            f" Stop it, choose another port with {option} PORT, or let free ones be picked with --ports auto."
        )


def listens(port: int) -> bool:
    """Does anybody answer on the port?"""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.5):
            return True
    except OSError:
        return False
