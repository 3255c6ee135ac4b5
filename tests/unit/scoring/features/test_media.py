"""Media: where the first order came from, as one of a few kinds."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.media import KINDS, Media, read, update
from shared.events.commerce import OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def placed(fact: Fact, media: str | None, on: float = 0) -> Envelope:
    return fact(OrderPlaced(f"o{on}", Money(1000, "JPY"), media=media), on)


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("search", "search"),
        ("www.google.co.jp", "search"),
        ("Instagram", "sns"),
        ("l.facebook.com", "sns"),
        ("t.co", "sns"),
        ("lin.ee", "line"),
        ("line", "line"),
        ("a8", "affiliate"),
        ("affiliate", "affiliate"),
        ("magazine", "magazine"),
        ("newsletter", "mail"),
        ("blog.example", "other"),
        ("！？", "other"),
    ],
)
def test_a_source_is_of_one_of_a_few_kinds(media: str, kind: str, fact: Fact, day: Day) -> None:
    assert KINDS[int(read(update(Media(), placed(fact, media)), day(1))["media"])] == kind


def test_the_first_order_that_names_one_counts(fact: Fact, day: Day) -> None:
    state = Media()
    assert isnan(read(state, day(0))["media"])
    for event in (placed(fact, None, 0), placed(fact, "sns", 1), placed(fact, "line", 2)):
        state = update(state, event)
    assert state.kind == "sns"
