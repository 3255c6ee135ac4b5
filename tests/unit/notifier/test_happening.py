"""What is kept of an event: its fields, but no words that somebody typed."""

from datetime import UTC, datetime

import pytest

from services.notifier.happening import facts_of, what_of
from shared.events.catalogue import Event
from shared.events.commerce import Line, OrderCancelled, OrderPlaced
from shared.events.customer import ConsentGranted, ContactChanged, CustomerErased, CustomerSeen
from shared.events.engagement import SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.identity import DuplicateDenied
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.subscription import SubscriptionCancelRequested


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        (OrderCancelled("o1", "customer"), {"order": "o1", "reason": "customer"}),
        (OrderCancelled("o1", "山田さまのご都合"), {"order": "o1"}),
        (SubscriptionCancelRequested("88", "call 090-1234-5678"), {"subscription": "88"}),
        (SubscriptionCancelRequested("88", "09012345678"), {"subscription": "88"}),
        (SubscriptionCancelRequested("88", "hanako@example.jp"), {"subscription": "88"}),
        (
            SurveyAnswered("first", nps=3, reason="too_much"),
            {"survey": "first", "nps": 3, "reason": "too_much"},
        ),
        (PaymentFailed("88", code="EXPIRED_CARD"), {"subscription": "88", "code": "EXPIRED_CARD"}),
        (ConsentGranted("mail", "お知らせを受け取る"), {"channel": "mail"}),
    ],
)
def test_words_are_kept_only_where_they_are_codes(event: Event, facts: dict[str, object]) -> None:
    assert facts_of(event) == facts


def test_a_long_order_is_kept_with_its_first_lines() -> None:
    yen = Money(100, "JPY")
    facts = facts_of(OrderPlaced("o1", yen, tuple(Line(str(n), 1, yen) for n in range(50))))
    assert [line["product"] for line in facts["lines"]] == [str(n) for n in range(10)]


def test_where_a_customer_came_from_is_kept_where_it_is_a_code() -> None:
    yen = Money(100, "JPY")
    assert facts_of(OrderPlaced("o1", yen, media="google"))["media"] == "google"
    assert "media" not in facts_of(OrderPlaced("o1", yen, media="山田さんの紹介 090-1234-5678"))


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (OrderCancelled("o1"), "order.cancelled"),
        (ConsentGranted("mail"), "consent.granted"),
        (CustomerSeen("7"), None),
        (CustomerErased("7"), None),
        (ContactChanged("山田 花子"), None),
        (DuplicateDenied("demo/shopify/8", "person"), None),
    ],
)
def test_of_identifiers_contacts_and_conclusions_no_card_tells(event: Event, what: str | None) -> None:
    moment = datetime(2026, 6, 10, tzinfo=UTC)
    envelope = Envelope(
        id="1",
        source="/shops/demo/shopify",
        subject="demo/shopify/7",
        time=moment,
        shop="demo",
        receivedat=moment,
        correlationid="1",
        data=event,
    )
    assert what_of(envelope) == what
