"""Treatment: what counts as something done about a customer, and for how long."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, get_args

import numpy as np
import pytest

from services.scoring.features.state import refold, vector
from services.scoring.features.treatment import SPOKEN_TO, treated
from shared.events.action import (
    ActionDeferred,
    ActionSent,
    ActionSuppressed,
    ActionUnknown,
    AlertClaimed,
    AlertRaised,
    AlertResolved,
    Way,
)
from shared.events.catalogue import Event
from shared.events.envelope import Envelope

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]

MAIL: Literal["mail"] = "mail"
STEP = ("a", MAIL, "scenario", "episode", "step")


@pytest.mark.parametrize(
    "done",
    [
        ActionSent(*STEP),
        ActionUnknown(*STEP, "timeout"),
        *(AlertResolved("a", "episode", "agent", disposition) for disposition in sorted(SPOKEN_TO)),
    ],
)
def test_a_message_that_may_have_gone_out_and_a_talk_count(done: Event, fact: Fact, day: Day) -> None:
    state = refold([fact(done, 10)]).treatment
    assert treated(state, day(39), 30)
    assert not treated(state, day(40), 30)


@pytest.mark.parametrize("way", [way for way in get_args(Way) if way != "phone"])
def test_a_message_counts_whichever_way_it_goes(way: Way, fact: Fact, day: Day) -> None:
    message = ActionSent("a", way, "scenario", "episode", "step")
    assert treated(refold([fact(message, 10)]).treatment, day(11), 30)


@pytest.mark.parametrize(
    "nothing",
    [
        ActionSuppressed(*STEP, "holdout"),
        ActionSent("a", "phone", "scenario", "episode", "step"),
        AlertRaised("a", "episode"),
        AlertClaimed("a", "episode", "agent"),
        AlertResolved("a", "episode", "agent", "no_answer"),
        AlertResolved("a", "episode", "agent", "wrong_number"),
    ],
)
def test_what_the_customer_never_noticed_does_not(nothing: Event, fact: Fact, day: Day) -> None:
    assert not treated(refold([fact(nothing, 10)]).treatment, day(11), 30)


def test_a_deferred_message_counts_when_it_goes_out(fact: Fact, day: Day) -> None:
    deferred = fact(ActionDeferred(*STEP, "quiet_hours", day(11)), 10)
    assert not treated(refold([deferred]).treatment, day(12), 30)
    assert treated(refold([deferred, fact(ActionSent(*STEP), 11)]).treatment, day(12), 30)


def test_the_newer_of_message_and_talk_counts(fact: Fact, day: Day) -> None:
    both = [fact(ActionSent(*STEP), 5), fact(AlertResolved("a", "episode", "agent", "kept"), 30)]
    assert treated(refold(both).treatment, day(50), 30)


def test_treatment_is_no_feature(fact: Fact, day: Day) -> None:
    sent, nothing = fact(ActionSent(*STEP), 5), fact(ActionSuppressed(*STEP, "holdout"), 5)
    with_it, without = (vector(refold([each]), day(6)) for each in (sent, nothing))
    assert np.array_equal(with_it, without, equal_nan=True)
