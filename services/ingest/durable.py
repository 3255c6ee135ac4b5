"""Durable: where records are safe before anybody is told so."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from services.ingest.spool import Refused, Spool, Spooled
from shared.events.record import Record
from shared.kafka.producer import Acked, Unknown
from shared.process.metrics import ingest_kept


@dataclass(frozen=True, slots=True)
class Kept:
    """Every record is on all in-sync replicas, or synced to our own disk."""

    where: Literal["kafka", "spool"]


@dataclass(frozen=True, slots=True)
class NotKept:
    """At least one record is perhaps nowhere: the sender must repeat them, and readers drop what they know.

    `reason` is from a closed list.
    """

    reason: str


Keep = Callable[[Sequence[Record]], Awaitable[Kept | NotKept]]
Publish = Callable[[Sequence[Record]], Awaitable[Acked | Unknown]]

_KAFKA = Kept("kafka")
_SPOOL = Kept("spool")


class Durable:
    """Kafka if it answers in time, else the spool; while anything waits there, what comes later waits too.

    So whoever sends a customer's next event after our answer to the one before finds them in Kafka in that
    order, and nobody waits for a Kafka that has just failed.
    """

    def __init__(self, publish: Publish, spool: Spool) -> None:
        self._publish = publish
        self._spool = spool
        self._counters = {kept: ingest_kept.labels(kept.where) for kept in (_KAFKA, _SPOOL)}

    async def keep(self, records: Sequence[Record]) -> Kept | NotKept:
        if self._spool.held:
            await self._spool.entrance()
        if not self._spool.waiting and isinstance(await self._publish(records), Acked):
            return self._counted(_KAFKA, records)
        # Perhaps Kafka has them, or gets them yet: the copies carry the same ids, and readers drop them.
        match await self._spool.append(records):
            case Spooled():
                return self._counted(_SPOOL, records)
            case Refused(reason):
                return NotKept(f"spool_{reason}")

    def _counted(self, kept: Kept, records: Sequence[Record]) -> Kept:
        self._counters[kept].inc(len(records))
        return kept
