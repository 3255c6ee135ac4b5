"""The parts of the live stream that need no database."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.notifier.store.cards import Card, Counts, Told, anonymous, mask_mail, mask_phone
from services.notifier.stream import frame_of, frame_of_counts, start_of_day
from services.notifier.subscription import QUEUE, Frame, Subscription
from shared.events.money import Money
from shared.events.risk import Reason

NOW = datetime(2026, 6, 10, 15, 30, tzinfo=UTC)
CARD = Card(
    id="5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11",
    state="raised",
    version=1,
    customer_ref="shop/shopify/1",
    name="山田 花子\nevent: forged",
    kana=None,
    mail="h•••@•••",
    phone=None,
    prefecture="東京都",
    kind="subscription",
    band="high",
    probability=0.7,
    priority=12.5,
    value=Money(12_800, "JPY"),
    reasons=(Reason("skipped", "昨日にお届けをスキップ", {"d": 1}, 0.8),),
    strengths=(),
    rung="full",
    accounts=(),
    model="m1",
    horizon_days=30.0,
    subscription="77",
    delivery_number=3,
    min_deliveries=4,
    due=NOW,
    cutoff=NOW,
    assessed_at=NOW,
    noticed_at=NOW,
    raised_at=NOW,
    agent=None,
    agent_name=None,
    lease_until=None,
    disposition=None,
    note=None,
    closed_at=None,
)


def test_a_change_is_one_event_whose_id_is_its_number() -> None:
    lines = frame_of(Told(41, "raised", CARD)).decode().split("\n")
    assert lines[:2] == ["id: 41", "event: alert"]
    assert lines[3:] == ["", ""]
    body = json.loads(lines[2].removeprefix("data: "))
    assert (body["seq"], body["what"], body["name"]) == (41, "raised", "山田 花子\nevent: forged")
    assert datetime.fromisoformat(body["noticed_at"]) == NOW


def test_counts_move_no_cursor() -> None:
    assert not frame_of_counts(Counts(1, 2, 3, 1, 100, 50, 0)).startswith(b"id:")


def test_who_may_not_read_names_reads_how_one_begins() -> None:
    card = anonymous(CARD)
    assert (card.name, card.mail, card.prefecture, card.id) == ("山•••", None, "東京都", CARD.id)


async def test_frames_come_out_in_the_order_they_went_in() -> None:
    subscription = Subscription("s", 0)
    frames = [Frame(b"a", 1), Frame(b"counts"), Frame(b"b", 2)]
    assert all(subscription.offer(frame) for frame in frames)
    assert await subscription.take(1) == frames
    subscription.offer(Frame(b"c", 3))
    assert await subscription.take(1) == [Frame(b"c", 3)]


async def test_a_masked_stream_gets_the_masked_text_where_there_is_one() -> None:
    frames = [Frame(b"a", 1, b"masked"), Frame(b"counts")]
    assert [Subscription("s", 0).text_of(frame) for frame in frames] == [b"a", b"counts"]
    assert [Subscription("s", 0, masked=True).text_of(frame) for frame in frames] == [b"masked", b"counts"]


async def test_a_stream_that_does_not_read_is_refused_and_ends_without_the_rest() -> None:
    subscription = Subscription("s", 0)
    assert all(subscription.offer(Frame(b"", number)) for number in range(QUEUE))
    assert not subscription.offer(Frame(b"", QUEUE))
    subscription.end()
    assert await subscription.take(1) == "ended"
    assert await subscription.take(1) == "ended"


async def test_silence_is_noticed() -> None:
    assert await Subscription("s", 0).take(0.001) == "silence"


def test_the_day_begins_at_midnight_of_the_shops_zone() -> None:
    assert start_of_day(NOW, ZoneInfo("Asia/Tokyo")) == datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
    earlier = NOW - timedelta(hours=1)
    assert start_of_day(earlier, ZoneInfo("Asia/Tokyo")) == datetime(2026, 6, 9, 15, 0, tzinfo=UTC)


def test_contacts_are_shown_masked() -> None:
    assert mask_mail("hanako@example.jp") == "h•••@•••"
    assert mask_phone("+81 90-1234-5678") == "•••-••••-5678"
    assert [mask_mail(None), mask_mail(""), mask_phone(None), mask_phone("110")] == [None] * 4
