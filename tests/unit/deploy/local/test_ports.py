"""Ports: chosen, or named when they are busy."""

import socket

import pytest

from deploy.local.layout import ANY_FREE, Ports
from deploy.local.ports import LOOPBACK
from deploy.local.problem import Problem


def test_zeros_become_ports_that_differ() -> None:
    chosen = [port for _, port in ANY_FREE.chosen().items()]
    assert all(port > 0 for port in chosen)
    assert len(set(chosen)) == len(chosen)


def test_a_busy_port_is_named_with_the_option_that_changes_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        wanted = ANY_FREE.with_wanted({"ingest_admin": port})
        with pytest.raises(Problem, match=rf"Port {port} .*--ingest-admin-port PORT"):
            wanted.chosen()


def test_ports_that_nobody_wished_for_keep_their_defaults() -> None:
    assert Ports().with_wanted({"desk": 9000, "smtp": None}) == Ports(desk=9000)
