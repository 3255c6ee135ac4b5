"""What can't be stored is found in every event, wherever in it it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from services.ingest.carts.storable import is_storable
from shared.events.catalogue import TYPES, Event
from shared.events.commerce import Line, OrderPlaced
from shared.events.customer import CustomerSeen, Identifiers
from shared.events.engagement import LineFollowed
from shared.events.money import Money
from shared.events.risk import Reason
from shared.events.subscription import Cycle, SubscriptionChanged, SubscriptionSkipped

YEN = Money(100, "JPY")
TOKYO = timezone(timedelta(hours=9))
LOCAL = datetime(2026, 4, 1, tzinfo=UTC).replace(tzinfo=None)


def storable(event: Event, subject: str = "kirei/shopify/1", time: datetime | None = None) -> bool:
    return is_storable(subject, time, event)


def order(**changes: Any) -> OrderPlaced:
    whole: dict[str, Any] = {
        "order": "1",
        "total": YEN,
        "lines": (Line("a", 1, YEN), Line("b", 1, YEN)),
        **changes,
    }
    return OrderPlaced(**whole)


def test_what_fits_is_storable() -> None:
    assert storable(order(media="line", delivery_number=3, discount=YEN))
    assert storable(order(order="x" * 500), time=datetime(2026, 4, 1, tzinfo=TOKYO))
    assert storable(SubscriptionSkipped("s", due=datetime(2026, 4, 1, tzinfo=UTC)))
    assert storable(LineFollowed())


@pytest.mark.parametrize(
    "event",
    [
        order(order="a\0b"),
        order(order="x" * 501),
        order(total=Money(2**63, "JPY")),
        order(discount=Money(-(2**63) - 1, "JPY")),
        order(media="\0"),
        order(delivery_number=2**64),
        order(lines=(Line("a", 1, YEN), Line("b", 1, Money(2**70, "JPY")))),
        order(lines=(Line("a", 1, YEN, "t\0"),)),
        CustomerSeen("1", Identifiers(phone="\0")),
        SubscriptionChanged("s", Cycle("day", 2**80)),
        SubscriptionSkipped("s", due=LOCAL),
        SubscriptionSkipped("s", due=datetime(1989, 12, 31, tzinfo=UTC)),
        SubscriptionSkipped("s", due=datetime(2200, 1, 1, tzinfo=UTC) + timedelta(seconds=1)),
    ],
)
def test_what_does_not_fit_is_found_however_deep(event: Event) -> None:
    assert not storable(event)


def test_whom_and_when_must_fit_too() -> None:
    assert not storable(LineFollowed(), subject="kirei/shopify/\0")
    assert not storable(LineFollowed(), subject="k" * 501)
    assert not storable(LineFollowed(), time=LOCAL)
    assert not storable(LineFollowed(), time=datetime(1, 1, 1, tzinfo=TOKYO))
    assert storable(LineFollowed(), time=datetime(1990, 1, 1, 9, tzinfo=TOKYO))
    assert not storable(LineFollowed(), time=datetime(1990, 1, 1, 8, tzinfo=TOKYO))


@dataclass(frozen=True)
class Odd:
    """Values that no place of an event may hold."""

    text: str = "a\0b"
    number: int = 2**63


@pytest.mark.parametrize("name", sorted(TYPES))
def test_no_text_of_any_event_is_overlooked(name: str) -> None:
    struct = TYPES[name]
    fields = {field.name: field.type for field in msgspec.structs.fields(struct)}
    for field, kind in fields.items():
        if kind in (str, str | None):
            assert not storable(_with(struct, fields, **{field: Odd.text}))
        if kind in (int, int | None):
            assert not storable(_with(struct, fields, **{field: Odd.number}))


def _with(struct: type[msgspec.Struct], fields: dict[str, Any], **odd: Any) -> Any:
    """An event with one odd value; the others are of the plainest kind that their checks can read."""
    return struct(**{name: odd.get(name, _plain(kind)) for name, kind in fields.items()})


def _plain(kind: Any) -> Any:
    plain = {str: "a", int: 1, float: 1.0, bool: True, Money: YEN, Cycle: Cycle("day", 1)}
    if kind in plain:
        return plain[kind]
    if kind is datetime:
        return datetime(2026, 4, 1, tzinfo=UTC)
    if str(kind).startswith("dict"):
        return {}
    return (
        (Reason("c", "t", {}, 0.0),) if kind == tuple[Reason, ...] else () if "tuple" in str(kind) else None
    )
