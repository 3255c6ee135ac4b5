"""A rehearsal: steps in the order of time, by the very rules, with their branches."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.decide import Facts, Rules
from services.notifier.scenarios.plan import Anchors
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.rehearsal import Part, peak, play, rehearsed
from services.notifier.scenarios.scenario import Condition, Delay, Scenario, Step
from tests.warning import WARNING

NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
RULES = Rules(QuietHours(ZoneInfo("Asia/Tokyo")))
WORDS = WARNING.steps[0].creatives


def part(name: str = "1", **changes: Any) -> Part:
    facts = Facts(
        enrolled_at=NOW,
        ended=None,
        erased=False,
        do_not_contact=False,
        consents=frozenset({"mail"}),
        reachable=frozenset({"mail"}),
        open_ways=frozenset({"mail"}),
    )
    made: dict[str, Any] = {
        "customer_ref": name,
        "person": name,
        "episode": "e1",
        "anchors": Anchors(NOW),
        "facts": facts,
    }
    return Part(**(made | changes))


def with_steps(*steps: Step) -> Scenario:
    return msgspec.structs.replace(WARNING, steps=steps)


FIRST = Step("first", ("mail",), WORDS)


def branching(did: str, *, yes: bool) -> Scenario:
    condition = (Condition("first", did, yes),)  # type: ignore[arg-type]
    return with_steps(FIRST, Step("second", ("mail",), WORDS, delay=Delay(days=5), only_if=condition))


def test_nobody_opens_what_was_never_sent() -> None:
    became = [
        (one.step, one.outcome, one.reason) for one in play(branching("opened", yes=True), [part()], RULES)
    ]
    assert became == [("first", "sent", None), ("second", "suppressed", "branch_not_taken")]
    became = [
        (one.step, one.outcome, one.reason) for one in play(branching("opened", yes=False), [part()], RULES)
    ]
    assert became == [("first", "sent", None), ("second", "sent", None)]


def test_who_ordered_in_between_is_known() -> None:
    ordered = part(orders=(NOW + timedelta(days=2),))
    [_, second] = play(branching("ordered", yes=False), [ordered], RULES)
    assert (second.outcome, second.reason) == ("suppressed", "branch_not_taken")


def test_one_message_makes_the_next_of_the_same_person_wait() -> None:
    played = list(play(with_steps(FIRST), [part("1", person="p"), part("2", person="p")], RULES))
    assert played[1].at - played[0].at == timedelta(days=3)


def test_what_ended_meanwhile_gets_no_more() -> None:
    ended = part(ends={"cancelled": NOW + timedelta(days=1)})
    later = with_steps(FIRST, Step("later", ("mail",), WORDS, delay=Delay(days=4)))
    told = rehearsed(later, [ended], RULES, 30, whole=True)
    assert (told.messages, told.suppressed) == ({"mail": 1}, {"cancelled": 1})


def test_a_few_of_every_kind_are_shown() -> None:
    told = rehearsed(with_steps(FIRST), [part(str(number)) for number in range(50)], RULES, 30, whole=True)
    assert (told.messages, len(told.examples), told.per_hour_peak) == ({"mail": 50}, 4, 50)


@given(st.lists(st.integers(0, 500)))
def test_the_peak_is_the_fullest_hour(minutes: list[int]) -> None:
    moments = [NOW + timedelta(minutes=one) for one in minutes]
    fullest = max(
        (sum(first <= one < first + timedelta(hours=1) for one in moments) for first in moments), default=0
    )
    assert peak(moments) == fullest
