"""A job for the load client, and what it found; both travel between processes as msgpack."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

STAMP_LENGTH = 36

Requests = tuple[tuple[bytes, ...], ...]
"""Each in pieces, to be joined by a stamp."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What is sent: request `number` is `requests[number % len(requests)]`, joined by its stamp.

    `event_ids` tells which events that is, from the request's index and its stamp.
    """

    requests: Requests
    connections: int
    event_ids: Callable[[int, str], Iterable[str]]


class Job(msgspec.Struct, frozen=True):
    """Requests to send for `seconds` over `connections` that are kept alive.

    With `rate` (a second) each has its time, whether the server is ready or not; without, every connection
    sends as soon as it was answered. `core`: the only one to run on. `run` makes this job's stamps.
    """

    port: int
    connections: int
    seconds: float
    run: int
    requests: Requests
    rate: float | None = None
    core: int | None = None


class Result(msgspec.Struct, frozen=True):
    """`others` tells the status of each request that was not answered 202; 0 where there was no answer.

    Milliseconds count from the moment at which a request should have been sent.
    """

    sent: int
    seconds: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    client_cpu_seconds: float
    others: dict[int, int]

    @property
    def per_second(self) -> float:
        """Requests that were answered 202."""
        return (self.sent - len(self.others)) / self.seconds


def stamp(run: int, number: int) -> bytes:
    """The id of a job's request; it reads like a UUID."""
    return b"%08x-0000-4000-8000-%012x" % (run, number)
