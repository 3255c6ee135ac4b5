"""A line says what an item of a webhook says; any bytes have an answer; a repeated line is the same event."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.bulk import LONGEST_LINE, Lines, Rejected, Report, Unreadable, array, ndjson, take
from services.ingest.carts.base import Untranslatable
from services.ingest.carts.items import short_type, tellable
from services.ingest.carts.lines import envelope_of
from services.ingest.durable import Kept, NotKept
from services.ingest.shops import Sender
from shared.events.catalogue import TYPES
from shared.events.engagement import PageViewed
from shared.events.envelope import Envelope, decode
from shared.events.ids import event_id
from shared.events.record import Record

NOW = datetime(2026, 4, 2, tzinfo=UTC)
SENDER = Sender("kirei", "shopify", b"a pepper of the shop")
VIEW = {
    "type": "page.viewed",
    "time": "2026-04-01T09:00:00+09:00",
    "customer": "7",
    "data": {"page": "cancel"},
}
CONTACT = {**VIEW, "type": "contact.changed", "data": {"mail": "hanako@example.jp", "phone": "09012345678"}}
ERASED = {**VIEW, "type": "customer.erased", "data": {"account": "7"}}


def lines(*items: Any) -> bytes:
    return b"\n".join(item if isinstance(item, bytes) else msgspec.json.encode(item) for item in items)


def told(item: Any, cart: str = "shopify") -> Envelope | Untranslatable:
    return envelope_of(item if isinstance(item, bytes) else msgspec.json.encode(item), "kirei", cart, NOW)


def envelope(item: Any, cart: str = "shopify") -> Envelope:
    found = told(item, cart)
    assert isinstance(found, Envelope), found
    return found


async def kept(read: Lines | Unreadable, sender: Sender = SENDER) -> tuple[Report, list[Record]]:
    assert isinstance(read, Lines)
    records: list[Record] = []

    async def keep(some: Sequence[Record]) -> Kept | NotKept:
        records.extend(some)
        return Kept("kafka")

    report = await take(read, sender, NOW, keep, asyncio.Lock())
    assert isinstance(report, Report)
    return report, records


def test_a_line_is_an_event_of_the_shop() -> None:
    found = envelope({**VIEW, "id": "v-1"})

    assert found.data == PageViewed("cancel")
    assert (found.subject, found.source) == ("kirei/shopify/7", "/shops/kirei/events")
    assert (found.time, found.receivedat) == (datetime(2026, 4, 1, tzinfo=UTC), NOW)
    assert (
        found.id == found.correlationid == event_id("kirei", "events", "com.hikitome.page.viewed.v1", "v-1")
    )


def test_without_a_cart_to_borrow_from_customers_are_the_events_own() -> None:
    assert envelope(VIEW, "events").subject == "kirei/events/7"


def test_a_subscription_says_whose_event_it_is_where_the_customer_is_not_known() -> None:
    item = {"type": "support.contacted", "time": VIEW["time"], "subscription": "s-1", "data": {}}

    assert envelope(item).subject == "kirei/shopify/~subscription/s-1"


def test_an_id_is_the_senders_own_and_counts_within_a_type() -> None:
    first = envelope({**VIEW, "id": "1"})

    assert envelope({**VIEW, "id": "1", "time": "2026-04-01T10:00:00+09:00"}).id == first.id
    assert envelope({**VIEW, "id": "2"}).id != first.id
    assert envelope({**VIEW, "id": "1", "type": "review.posted", "data": {}}).id != first.id


def test_without_an_id_the_content_is_one_however_it_is_written() -> None:
    again = b'{"data": {"page":"cancel"}, "customer":"7",\t"time":"2026-04-01T00:00:00Z","type":"%s"}'

    assert envelope(again % b"com.hikitome.page.viewed.v1").id == envelope(VIEW).id
    others = [
        {**VIEW, "customer": "8"},
        {**VIEW, "time": "2026-04-01T09:00:01+09:00"},
        {**VIEW, "data": {"page": "skip"}},
        {**VIEW, "type": "line.blocked"},
        {**VIEW, "id": "1"},
    ]
    assert len({envelope(item).id for item in [VIEW, *others]}) == 6


def test_an_id_can_not_be_undone_to_what_is_personal() -> None:
    other = {**CONTACT, "data": {"mail": "taro@example.jp"}}

    assert envelope(CONTACT).id == envelope(other).id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "order.evaporated"}, "unknown_type"),
        ({"type": "churn.risk_assessed"}, "not_yours_to_send"),
        ({"type": "com.hikitome.customer.merged.v1"}, "not_yours_to_send"),
        ({"type": 7}, "wrong_shape"),
        ({"time": "2026-04-01T09:00:00"}, "wrong_shape"),
        ({"time": "0001-01-01T00:00:00+09:00"}, "out_of_range"),
        ({"time": "9999-12-31T23:59:59-09:00"}, "out_of_range"),
        ({"customer": None}, "no_subject"),
        ({"customer": ""}, "wrong_shape"),
        ({"customer": "~subscription/1"}, "wrong_shape"),
        ({"customer": 7}, "wrong_shape"),
        ({"data": {"page": "moon"}}, "wrong_shape"),
        ({"data": None}, "wrong_shape"),
        ({"id": ""}, "wrong_shape"),
        ({"id": "i" * 201}, "wrong_shape"),
        ({"id": 7}, "wrong_shape"),
        ({"type": "mail.opened", "data": {"message": "m" * 501}}, "out_of_range"),
        ({"type": "mail.opened", "data": {"message": "m\0"}}, "out_of_range"),
        (
            {"type": "consent.granted", "data": {"channel": "mail"}, "customer": None, "subscription": "s"},
            "no_subject",
        ),
    ],
)
def test_a_line_that_is_not_right_is_rejected_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    found = told({**VIEW, **changes})

    assert isinstance(found, Untranslatable)
    assert found.reason == reason


@pytest.mark.parametrize("line", [b"{", b"\xff", b"nonsense", b'{"data":' + b"[" * 60_000])
def test_a_line_that_is_not_json_is_rejected(line: bytes) -> None:
    assert told(line) == Untranslatable("not_json")


@pytest.mark.parametrize("name", sorted(tellable()))
def test_each_type_is_known_by_both_of_its_names(name: str) -> None:
    assert told({**VIEW, "type": short_type(name)}) == told({**VIEW, "type": name})


async def test_a_line_that_is_too_long_is_not_read() -> None:
    long = lines({**VIEW, "note": "x" * LONGEST_LINE})

    report, records = await kept(ndjson(lines(long, VIEW)))

    assert report == Report(1, 1, (Rejected(1, "too_long"),))
    assert len(records) == 1


async def test_a_contact_brings_the_hashes_to_recognise_its_customer_by() -> None:
    _, records = await kept(ndjson(lines(CONTACT)))

    assert [(record.topic, decode(record.value or b"").type) for record in records] == [
        ("customer-contacts", "com.hikitome.contact.changed.v1"),
        ("customer-events", "com.hikitome.customer.seen.v1"),
    ]
    assert b"hanako" not in (records[1].value or b"")


async def test_hashes_are_only_ever_ours() -> None:
    seen = {**VIEW, "type": "customer.seen", "data": {"account": "7", "identifiers": {"mail": "made-up"}}}

    _, (record,) = await kept(ndjson(lines(seen)))

    assert b"made-up" not in (record.value or b"")


async def test_an_erasure_leaves_a_tombstone() -> None:
    _, records = await kept(ndjson(lines(ERASED)))

    assert [(record.topic, record.value is None) for record in records] == [
        ("customer-events", False),
        ("customer-contacts", True),
    ]


async def test_lines_keep_their_order_and_their_numbers_over_every_slice() -> None:
    items: list[Any] = [{**VIEW, "id": f"v-{number}"} for number in range(3000)]
    for number in (499, 500, 1234, 2999):
        items[number] = b"{"
    items[1000] = b""
    body = lines(*items) + b"\n"

    report, records = await kept(ndjson(body))

    assert (report.accepted, report.rejected) == (2995, 4)
    assert [error.line for error in report.errors] == [500, 501, 1235, 3000]
    ids = [
        event_id("kirei", "events", "com.hikitome.page.viewed.v1", f"v-{number}") for number in range(3000)
    ]
    bad = {499, 500, 1000, 1234, 2999}
    assert [decode(record.value or b"").id for record in records] == [
        found for number, found in enumerate(ids) if number not in bad
    ]


async def test_long_lines_are_read_in_more_slices() -> None:
    slices: list[int] = []

    async def keep(some: Sequence[Record]) -> Kept | NotKept:
        slices.append(len(some))
        return Kept("kafka")

    long = [{**VIEW, "id": str(number), "note": "x" * 60_000} for number in range(20)]
    for read in (ndjson(lines(*long)), array(msgspec.json.encode(long))):
        assert isinstance(read, Lines)
        slices.clear()
        await take(read, SENDER, NOW, keep, asyncio.Lock())
        assert (sum(slices), max(slices)) == (20, 5)


async def test_requests_take_turns_so_that_the_loop_is_never_held_for_long() -> None:
    """Between two slices, of whichever requests, the loop has gone round."""
    rounds, read_at = [0], list[int]()
    done = asyncio.Event()

    async def turning() -> None:
        while not done.is_set():
            rounds[0] += 1
            await asyncio.sleep(0)

    async def keep(_records: Sequence[Record]) -> Kept | NotKept:
        read_at.append(rounds[0])
        return Kept("kafka")

    turn, body = asyncio.Lock(), lines(*[VIEW] * 2000)
    going_round = asyncio.create_task(turning())
    several = [ndjson(body) for _ in range(4)]
    await asyncio.gather(
        *[take(read, SENDER, NOW, keep, turn) for read in several if isinstance(read, Lines)]
    )
    done.set()
    await going_round

    assert len(read_at) == len(set(read_at)) == 16


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from([str(2**70), "a\0b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
odd_items = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from([*TYPES, *map(short_type, TYPES), "x"]) | values,
        "time": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | values,
        "customer": values,
        "subscription": values,
        "id": values,
        "data": values | st.just({"account": "7"}) | st.just({"page": "cancel"}),
    },
)
anything = settings(max_examples=150)


async def all_answered(body: bytes, format: Literal["ndjson", "array"]) -> None:
    read = ndjson(body) if format == "ndjson" else array(body)
    if isinstance(read, Unreadable):
        return
    report, records = await kept(read)
    assert report.accepted + report.rejected <= read.count
    assert len(report.errors) == report.rejected
    for record in records:
        assert record.value is None or decode(record.value).shop == "kirei"


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@anything
async def test_any_bytes_have_an_answer(body: bytes) -> None:
    await all_answered(body, "ndjson")
    await all_answered(body, "array")


@given(items=st.lists(odd_items, min_size=1, max_size=8))
@anything
async def test_every_line_is_either_accepted_or_rejected_as_it_would_be_alone(items: list[Any]) -> None:
    in_lines, records = await kept(ndjson(lines(*items)))
    in_array, same = await kept(array(msgspec.json.encode(items)))

    assert in_lines == in_array
    assert records == same
    assert in_lines.accepted + in_lines.rejected == len(items)
    alone = [told(item) for item in items]
    assert in_lines.errors == tuple(
        Rejected(number, found.reason)
        for number, found in enumerate(alone, 1)
        if isinstance(found, Untranslatable)
    )
