"""Contracts (定期) as a card shows them: a fold over what happened, whatever the order of arrival."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.notifier.happening import Facts, Happening, in_order

End = Literal["cancelled", "expired"]
State = Literal["active", "paused", "cancel_requested", "payment_stopped", "cancelled", "expired"]

# What leaves the next parcel where it is.
UNMOVED = ("payment.", "subscription.cancel_requested")


@dataclass(frozen=True, slots=True)
class Contract:
    """`started` is when it was first heard of, `active_since` when it began or last went on, `moved` when
    something happened last that decides when the next parcel comes.

    `skipped` are the skips that stand, and until when each would have come where that is known; `in_a_row`
    those since the last delivery. `orders` are its deliveries, `numbered` the highest number given to one.
    """

    cart: str
    subscription: str
    started: datetime
    active_since: datetime
    touched: datetime
    moved: datetime
    cycle: Facts | None = None
    min_deliveries: int | None = None
    orders: tuple[str, ...] = ()
    numbered: int = 0
    last_delivery: datetime | None = None
    skipped: tuple[tuple[str, datetime | None], ...] = ()
    in_a_row: tuple[tuple[str, datetime | None], ...] = ()
    pauses: int = 0
    payment_failures: int = 0
    paused: datetime | None = None
    requested: datetime | None = None
    stopped: datetime | None = None
    ended: tuple[End, datetime] | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.cart, self.subscription

    @property
    def deliveries(self) -> int:
        return max(len(self.orders), self.numbered)


def state_of(contract: Contract) -> tuple[State, datetime]:
    """How it stands, and since when."""
    if contract.ended is not None:
        return contract.ended
    if contract.requested is not None:
        return "cancel_requested", contract.requested
    return going_on(contract)


def going_on(contract: Contract) -> tuple[State, datetime]:
    """How a contract stands that has not ended, its customer's wish to leave aside."""
    if contract.stopped is not None:
        return "payment_stopped", contract.stopped
    if contract.paused is not None:
        return "paused", contract.paused
    return "active", contract.active_since


def contracts(happenings: Iterable[Happening]) -> list[Contract]:
    """Each contract that was named: those that go on first, then the one last heard of."""
    known: dict[tuple[str, str], Contract] = {}
    for one in in_order(happenings):
        step, wanted = _STEPS.get(one.what), one.facts.get("subscription")
        if step is not None and wanted is not None:
            key = (one.cart, wanted)
            before = known.get(key) or Contract(*key, one.at, one.at, one.at, one.at)
            moved = before.moved if one.what.startswith(UNMOVED) else one.at
            known[key] = replace(step(before, one), touched=one.at, moved=moved)
    latest = sorted(known.values(), key=lambda each: each.touched, reverse=True)
    return sorted(latest, key=lambda each: each.ended is not None)


def _started(contract: Contract, one: Happening) -> Contract:
    """A contract that begins again after its end is the same contract."""
    begun = _resumed(_agreed(contract, one), one)
    order = one.facts.get("order")
    return begun if order is None else _delivered(begun, order, one.at)


def _changed(contract: Contract, one: Happening) -> Contract:
    """Who changes a contract has taken the wish to leave it back."""
    return replace(_agreed(contract, one), requested=None)


def _agreed(contract: Contract, one: Happening) -> Contract:
    bound = one.facts.get("min_deliveries") or contract.min_deliveries
    return replace(contract, cycle=one.facts["cycle"], min_deliveries=bound)


def _placed(contract: Contract, one: Happening) -> Contract:
    """後払い: the parcel may leave before the money comes, so an order counts when it is placed."""
    placed = _delivered(contract, one.facts["order"], one.at)
    return replace(placed, numbered=max(placed.numbered, one.facts.get("delivery_number") or 0))


def _paid(contract: Contract, one: Happening) -> Contract:
    return _recovered(_delivered(contract, one.facts["order"], one.at), one)


def _delivered(contract: Contract, order: str, at: datetime) -> Contract:
    """A skip of a parcel that is still to come stands on."""
    if order in contract.orders:
        return contract
    return replace(
        contract,
        orders=(*contract.orders, order),
        last_delivery=at,
        in_a_row=tuple(skip for skip in contract.in_a_row if skip[1] is not None and skip[1] > at),
    )


def _skipped(contract: Contract, one: Happening) -> Contract:
    skip = _parcel(one)
    if skip[0] in dict(contract.skipped):
        return contract
    return replace(contract, skipped=(*contract.skipped, skip), in_a_row=(*contract.in_a_row, skip))


def _unskipped(contract: Contract, one: Happening) -> Contract:
    """Of a skip that we do not know by its parcel the last one is taken back."""
    if not contract.skipped:
        return contract
    wanted = _parcel(one)[0]
    undone = wanted if wanted in dict(contract.skipped) else contract.skipped[-1][0]
    return replace(
        contract,
        skipped=tuple(skip for skip in contract.skipped if skip[0] != undone),
        in_a_row=tuple(skip for skip in contract.in_a_row if skip[0] != undone),
    )


def _parcel(one: Happening) -> tuple[str, datetime | None]:
    """Which parcel is meant, as the cart tells it, else by the event itself."""
    index, due = one.facts.get("cycle_index"), one.facts.get("due")
    name = f"cycle {index}" if index is not None else due or one.event_id
    return name, datetime.fromisoformat(due) if due else None


def _paused(contract: Contract, one: Happening) -> Contract:
    if contract.paused is not None:
        return contract
    return replace(contract, paused=one.at, pauses=contract.pauses + 1)


def _resumed(contract: Contract, one: Happening) -> Contract:
    """Also how carts say that an ended contract was taken up again."""
    return replace(
        contract, paused=None, requested=None, stopped=None, ended=None, active_since=_since(contract, one)
    )


def _since(contract: Contract, one: Happening) -> datetime:
    return contract.active_since if state_of(contract)[0] == "active" else one.at


def _requested(contract: Contract, one: Happening) -> Contract:
    return contract if contract.requested is not None else replace(contract, requested=one.at)


def _cancelled(contract: Contract, one: Happening) -> Contract:
    return contract if contract.ended is not None else replace(contract, ended=("cancelled", one.at))


def _expired(contract: Contract, one: Happening) -> Contract:
    return contract if contract.ended is not None else replace(contract, ended=("expired", one.at))


def _failed(contract: Contract, one: Happening) -> Contract:
    failed = replace(contract, payment_failures=contract.payment_failures + 1)
    final = one.facts.get("final", False) and contract.stopped is None
    return replace(failed, stopped=one.at) if final else failed


def _recovered(contract: Contract, one: Happening) -> Contract:
    since = contract.active_since if contract.stopped is None else one.at
    return replace(contract, payment_failures=0, stopped=None, active_since=since)


_STEPS: dict[str, Callable[[Contract, Happening], Contract]] = {
    "order.placed": _placed,
    "order.paid": _paid,
    "subscription.started": _started,
    "subscription.changed": _changed,
    "subscription.skipped": _skipped,
    "subscription.unskipped": _unskipped,
    "subscription.paused": _paused,
    "subscription.resumed": _resumed,
    "subscription.cancel_requested": _requested,
    "subscription.cancelled": _cancelled,
    "subscription.expired": _expired,
    "payment.failed": _failed,
    "payment.recovered": _recovered,
}
