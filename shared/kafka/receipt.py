"""Receipts: what became of the records of one publish()."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acked:
    """Every record is on all in-sync replicas."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """At least one record may or may not be in the log; repeat them all with the same ids."""

    reason: str


ACKED = Acked()


class Receipt:
    """Counts the records of one publish() down until all are acknowledged, or one of them failed."""

    __slots__ = ("_left", "answer")

    def __init__(self, answer: asyncio.Future[Acked], records: int) -> None:
        self.answer = answer
        self._left = records

    def acknowledge(self, records: int) -> None:
        self._left -= records
        if self._left == 0 and not self.answer.done():
            self.answer.set_result(ACKED)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def expire(self) -> None:
        self.fail(TimeoutError())
