"""Turns: webhooks that are whole in the same turn of the event loop are accepted together.

However many they are, they wait for Kafka once, and one task does what would take each of them its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.ingest import outcomes
from services.ingest.accept import Accepted, Answer, Failed, Parked, accept
from services.ingest.carts.base import Delivery, Ignored
from services.ingest.durable import Keep
from services.ingest.rate import Allowances
from services.ingest.shops import ShopsFile
from shared.clock import Now, monotonic, system_clock
from shared.process.metrics import ingest_ack_seconds

MOST_TOGETHER = 32
"""Some 2 ms of work; whatever else the loop has to do gets its turn then."""
_GIVES_WAY = 10
"""So many times the loop goes round before a turn begins. From one acknowledgement to the next request on the
wire Kafka's client needs about as many; held up behind a turn, the wire would be idle, and then we."""
_GIVES_WAY_SECONDS = 0.001
"""But no longer than this, where others keep the loop busy."""
_TAKEN = (Accepted, Parked, Ignored)


class Call(Protocol):
    """A webhook that is whole since `came` (monotonic seconds), and who wants to know what became of it."""

    shop: str
    cart: str
    headers: Mapping[str, str]
    body: bytes
    came: float

    def answered(self, outcome: Answer) -> None: ...


@dataclass(slots=True)
class Waiting:
    """A call whose answer is awaited."""

    shop: str
    cart: str
    headers: Mapping[str, str]
    body: bytes
    came: float
    answer: asyncio.Future[Answer]

    def answered(self, outcome: Answer) -> None:
        if not self.answer.done():  # whoever waited may have been cancelled
            self.answer.set_result(outcome)


class Turns:
    """Owns the calls that wait for their turn, and the turns that wait for Kafka."""

    def __init__(self, shops: ShopsFile, keep: Keep, clock: Now, allowances: Allowances) -> None:
        self._shops = shops
        self._keep = keep
        self._clock = clock
        self._allowances = allowances
        self._waiting: list[Call] = []
        self._turns: set[asyncio.Task[None]] = set()

    def put(self, call: Call) -> None:
        """It will be answered, whatever happens."""
        self._waiting.append(call)
        if len(self._waiting) == 1:
            self._begin()

    async def accept(self, shop: str, cart: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Put it, and wait for its answer."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.put(Waiting(shop, cart, headers, body, monotonic(), answer))
        return await answer

    def _begin(self) -> None:
        turn = asyncio.create_task(self._take())
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)

    async def _take(self) -> None:
        await _give_way()
        calls, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        if self._waiting:
            self._begin()
        try:
            told = await self._accept(calls)
        except Exception as error:  # noqa: BLE001 - whose call is forgotten waits for ever
            told = [Failed.by(error)] * len(calls)
        for call, outcome in zip(calls, told, strict=True):
            outcomes.told(call.shop, call.cart, outcome)
            call.answered(outcome)
            if isinstance(outcome, _TAKEN):
                ingest_ack_seconds.observe(monotonic() - call.came)

    async def _accept(self, calls: Sequence[Call]) -> list[Answer]:
        received_at, business_time = system_clock(), self._clock()
        deliveries = [
            Delivery(call.shop, call.cart, call.headers, call.body, received_at, business_time)
            for call in calls
        ]
        accounts = [self._shops.account(call.shop, call.cart) for call in calls]
        return await accept(list(zip(deliveries, accounts, strict=True)), self._keep, self._allowances)


async def _give_way() -> None:
    until = monotonic() + _GIVES_WAY_SECONDS
    for _ in range(_GIVES_WAY):
        await asyncio.sleep(0)
        if monotonic() > until:
            return
