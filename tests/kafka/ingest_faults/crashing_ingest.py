"""Ingest made of its real parts, but for thin wrappers where it can be told to die, or to break its promise.

    python -m tests.kafka.ingest_faults.crashing_ingest ORDERS FLAW

ORDERS is a file that need not exist. Written to it, `POINT N` makes the process kill itself when it passes
that point for the Nth time from then on; the file is gone before the process is.

FLAW is `none`, or what this ingest does wrong: it `keeps nothing` that it says is spooled, or it `forgets
early`, before Kafka has acknowledged it, what it takes out of the spool. A checker must be able to tell.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from services.ingest.__main__ import take
from services.ingest.carts.base import Delivery
from services.ingest.settings import IngestSettings, environment
from services.ingest.shops import Account, ShopsFile
from services.ingest.spool_file import SpoolFile, Waiting
from shared.events.record import Record
from shared.kafka.producer import Acked, EventProducer, Unknown
from shared.process import logs
from shared.process.run import start

Point = Literal[
    "after_read",
    "after_verify",
    "before_produce",
    "after_produce_before_reply",
    "spool_before_commit",
    "spool_after_commit",
    "drain_after_produce_before_mark",
]
POINTS: tuple[Point, ...] = get_args(Point)

Flaw = Literal["none", "keeps nothing", "forgets early"]
FLAWS: dict[str, Flaw] = {flaw: flaw for flaw in get_args(Flaw)}


class Orders:
    """The order to die, looked at whenever a point is passed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._passed = 0

    def passing(self, point: Point) -> None:
        if not self._file.exists():
            return
        ordered, nth = self._file.read_text().split()
        if ordered != point:
            return
        self._passed += 1
        if self._passed >= int(nth):
            self._file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingShops(ShopsFile):
    """Asked for an account when a body was read; hands out accounts that can die once they have verified."""

    orders: Orders

    def account(self, shop: str, cart: str) -> Account | None:
        self.orders.passing("after_read")
        account = super().account(shop, cart)
        if account is None:
            return None

        def verify(delivery: Delivery, secrets: Sequence[bytes], now: datetime) -> bool:
            genuine = account.cart.verify(delivery, secrets, now)
            self.orders.passing("after_verify")
            return genuine

        return replace(account, cart=replace(account.cart, verify=verify))


class CrashingProducer(EventProducer):
    """Serves the requests and the drain."""

    orders: Orders

    async def publish(self, records: Sequence[Record], within: float | None = None) -> Acked | Unknown:
        self.orders.passing("before_produce")
        answer = await super().publish(records, within)
        if isinstance(answer, Acked):
            self.orders.passing("after_produce_before_reply")
        return answer


class CrashingFile(SpoolFile):
    """Dies with what it was told written and not yet committed, or committed and not yet said."""

    orders: Orders
    flaw: Flaw
    _appending = False

    def append(self, records: Sequence[Record], at: float) -> None:
        if self.flaw == "keeps nothing":
            return
        self._appending = True
        super().append(records, at)
        self._appending = False
        self.orders.passing("spool_after_commit")

    def oldest(self, most_records: int, most_bytes: int) -> list[Waiting]:
        found = super().oldest(most_records, most_bytes)
        if self.flaw == "forgets early" and found:
            super().remove(found[-1].sequence)
            self.orders.passing("drain_after_produce_before_mark")
        return found

    def remove(self, through: int) -> None:
        if self.flaw != "forgets early":
            self.orders.passing("drain_after_produce_before_mark")
        super().remove(through)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with super()._transaction():
            yield
            if self._appending:
                self.orders.passing("spool_before_commit")


def main(orders: Orders, flaw: Flaw) -> int:
    logs.configure("ingest")
    settings = IngestSettings()
    shops = CrashingShops(settings.shops_file, environment())
    spool_file = CrashingFile.open(settings.spool_file)
    shops.orders = spool_file.orders = orders
    spool_file.flaw = flaw

    def make_producer(settings: IngestSettings, delivery_timeout: float) -> EventProducer:
        producer = CrashingProducer(settings, delivery_timeout)
        producer.orders = orders
        return producer

    return start(take(settings, shops, spool_file, make_producer))


if __name__ == "__main__":
    sys.exit(main(Orders(Path(sys.argv[1])), FLAWS[sys.argv[2]]))
