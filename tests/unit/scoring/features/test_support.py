"""Support: contacts, how long ago and about what."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.support import Support, read, update
from shared.events.engagement import SupportContacted, Topic
from shared.events.envelope import Envelope

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def folded(*events: Envelope) -> Support:
    state = Support()
    for event in events:
        state = update(state, event)
    return state


def test_contacts_are_counted_and_decay(fact: Fact, day: Day) -> None:
    seen = read(folded(fact(SupportContacted("question"), 0), fact(SupportContacted("other"), 30)), day(60))
    assert (seen["contacts"], seen["complaints"], seen["days_since_contact"]) == (2, 0, 30)
    assert seen["contacts_30"] == pytest.approx(0.75)
    assert isnan(seen["days_since_complaint"])


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("complaint", "days_since_complaint"),
        ("cancellation", "days_since_leaving_contact"),
        ("delivery", "days_since_delivery_contact"),
        ("payment", "days_since_payment_contact"),
    ],
)
def test_what_it_was_about_is_remembered(topic: Topic, name: str, fact: Fact, day: Day) -> None:
    seen = read(folded(fact(SupportContacted(topic), 2), fact(SupportContacted("question"), 5)), day(9))
    assert seen[name] == 7
    assert seen["days_since_contact"] == 4
    assert seen["complaints"] == (topic == "complaint")


def test_who_never_got_in_touch_has_no_days_since(day: Day) -> None:
    seen = read(Support(), day(0))
    assert (seen["contacts"], seen["contacts_30"]) == (0, 0)
    assert isnan(seen["days_since_contact"])
