"""Assess: episodes and their kind, what is at stake, when to look again; alone or in a batch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.scoring.features.state import EMPTY, NAMES, CustomerState, refold
from services.scoring.model.answers import FEWEST_FOR_A_MATRIX
from services.scoring.model.assess import OTHER_RISK_AFTER, Assessment, assess, assess_all
from services.scoring.model.bands import Bands
from services.scoring.model.episode import Previous
from services.scoring.model.kind import KindModel, Models
from services.scoring.model.step_tables import Platt, StepTables, Table, compiled
from shared.events.commerce import OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionSkipped,
    SubscriptionStarted,
)
from shared.events.subscription import SubscriptionUnskipped as Unskipped

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def model(feature: str, horizon_days: float) -> KindModel:
    """Risky above 1 or 2 of one feature: 10 %, 30 %, 60 %."""
    table = Table(feature, (0.5, 1.5), (-2.197, -0.847, 0.405), missing=-2.197, mean=-2.197)
    tables = StepTables(0.0, (table,), Platt(1.0, 0.0))
    bands = Bands(medium=0.2, high=0.25, critical=0.5)
    return KindModel(compiled(tables, NAMES), bands, horizon_days, base_rate=0.1)


MODELS: Models = {
    "subscription": model("skips_in_a_row", 30.0),
    "repeat": model("silence_gaps", 60.0),
}


@pytest.fixture
def contract(fact: Fact) -> list[Envelope]:
    return [
        fact(OrderPlaced("o", Money(3000, "JPY")), 0),
        fact(SubscriptionStarted("c", Cycle("day", 30), 3, order="o"), 0.01),
    ]


def skipped(contract: list[Envelope], fact: Fact, *days: float) -> CustomerState:
    return refold([*contract, *(fact(SubscriptionSkipped("c"), on) for on in days)])


def told(assessment: Assessment, episode: str | None) -> Previous:
    return Previous(assessment.band, episode, assessment.priority, assessment.due, assessment.kind)


def test_who_crosses_into_a_high_band_enters_an_episode(
    contract: list[Envelope], fact: Fact, day: Day
) -> None:
    calm = assess(refold(contract), Previous(), day(20), MODELS)
    assert (calm.band, calm.phase) == ("low", None)
    assert calm.probability == pytest.approx(0.1, abs=1e-3)
    risky = assess(skipped(contract, fact, 25), told(calm, None), day(26), MODELS)
    assert (risky.band, risky.previous_band, risky.phase) == ("high", "low", "entered")
    assert risky.probability == pytest.approx(0.3, abs=1e-3)
    assert [reason.code for reason in risky.reasons] == ["skipped"]


def test_inside_an_episode_another_band_is_a_change_and_falling_below_ends_it(
    contract: list[Envelope], fact: Fact, day: Day
) -> None:
    risky = assess(skipped(contract, fact, 25), Previous(), day(26), MODELS)
    worse = assess(skipped(contract, fact, 25, 55), told(risky, "episode"), day(56), MODELS)
    assert (worse.band, worse.phase) == ("critical", "changed")
    assert [reason.text for reason in worse.reasons] == ["前回から2回連続でスキップ"]
    delivered = refold(
        [*contract, fact(SubscriptionSkipped("c"), 25), fact(OrderPaid("p", subscription="c"), 60)]
    )
    better = assess(delivered, told(worse, "episode"), day(61), MODELS)
    assert (better.band, better.phase) == ("low", "left")


def test_a_priority_that_moved_materially_is_a_change(contract: list[Envelope], fact: Fact, day: Day) -> None:
    state = skipped(contract, fact, 25)
    first = assess(state, Previous(), day(26), MODELS)
    soon = assess(state, told(first, "episode"), day(27), MODELS)
    assert soon.phase is None
    at_the_cut_off = assess(state, told(first, "episode"), day(52), MODELS)
    assert at_the_cut_off.priority > first.priority * 1.25
    assert at_the_cut_off.phase == "changed"


def test_another_next_parcel_is_a_change_for_the_desk_works_against_its_cut_off(
    contract: list[Envelope], fact: Fact, day: Day
) -> None:
    first = assess(skipped(contract, fact, 25), Previous(), day(26), MODELS)
    put_off = assess(
        skipped(contract, fact, 25), replace(told(first, "episode"), due=day(30)), day(26), MODELS
    )
    assert put_off.due != day(30)
    assert put_off.phase == "changed"


def test_who_cancels_leaves_the_episode_and_is_not_looked_at_again(
    contract: list[Envelope], fact: Fact, day: Day
) -> None:
    gone = refold([*contract, fact(SubscriptionCancelled("c"), 27)])
    assessment = assess(gone, Previous("critical", "episode", 900.0), day(28), MODELS)
    assert (assessment.standing, assessment.kind, assessment.phase) == ("gone", "subscription", "left")
    assert (assessment.probability, assessment.band, assessment.priority) == (0.0, "low", 0.0)
    assert assessment.next_look_at is None


def test_of_whom_nothing_is_known_nothing_is_said(day: Day) -> None:
    assessment = assess(EMPTY, Previous(), day(0), MODELS)
    assert (assessment.standing, assessment.phase, assessment.next_look_at) == ("unknown", None, None)


def test_a_kind_without_a_model_is_not_scored(contract: list[Envelope], day: Day) -> None:
    only_repeat: Models = {"repeat": MODELS["repeat"]}
    assessment = assess(refold(contract), Previous("high", "episode", 1.0), day(5), only_repeat)
    assert (assessment.standing, assessment.phase) == ("unknown", "left")


def test_the_contract_and_its_next_parcel_are_told(contract: list[Envelope], day: Day) -> None:
    assessment = assess(refold(contract), Previous(), day(5), MODELS)
    assert assessment.subscription == "c"
    assert (assessment.delivery_number, assessment.min_deliveries) == (1, 3)
    assert assessment.due is not None
    assert assessment.due - day(30.01) < timedelta(seconds=1)
    assert assessment.cutoff == assessment.due - timedelta(days=7)
    assert assessment.value_at_risk == Money(
        round(3000 * sum(0.9**delivery for delivery in range(1, 13))), "JPY"
    )


def test_a_silent_customer_without_a_contract_is_ranked_before_it_is_too_late(fact: Fact, day: Day) -> None:
    orders = refold(fact(OrderPlaced(f"o{on}", Money(2000, "JPY")), on) for on in (0, 20, 40))
    silent = assess(orders, Previous(), day(75), MODELS)
    assert (silent.kind, silent.band, silent.phase) == ("repeat", "critical", "entered")
    assert (silent.subscription, silent.due) == (None, None)
    late = assess(orders, told(silent, "episode"), day(85), MODELS)
    assert late.priority < silent.priority / 2


def test_who_is_scored_is_looked_at_again_within_a_week(contract: list[Envelope], day: Day) -> None:
    next_look = assess(refold(contract), Previous(), day(20), MODELS).next_look_at
    assert next_look is not None
    assert timedelta(0) <= next_look - day(23.01) <= timedelta(hours=1)  # the cut-off


class TestTwoKinds:
    """A contract may be given up, or end because it can't be charged."""

    models: Models = {**MODELS, "payment": model("failures_open", 30.0)}  # noqa: RUF012 - never changed

    def failed(self, contract: list[Envelope], fact: Fact, *days: float) -> list[Envelope]:
        return [*contract, *(fact(PaymentFailed("c", final=False), on) for on in days)]

    def test_both_are_asked_and_the_one_in_the_higher_band_is_told(
        self, contract: list[Envelope], fact: Fact, day: Day
    ) -> None:
        risky = assess(refold(self.failed(contract, fact, 30, 31)), Previous(), day(31), self.models)
        assert (risky.kind, risky.band, risky.phase) == ("payment", "critical", "entered")
        assert {kind: risk.band for kind, risk in risky.risks.items()} == {
            "subscription": "low",
            "payment": "critical",
        }
        assert risky.risks["payment"].probability == risky.probability

    def test_an_open_episode_keeps_its_kind_while_that_is_at_risk(
        self, contract: list[Envelope], fact: Fact, day: Day
    ) -> None:
        skipped_first = [*contract, fact(SubscriptionSkipped("c"), 25)]
        first = assess(refold(skipped_first), Previous(), day(26), self.models)
        both = refold(self.failed(skipped_first, fact, 27, 28))
        then = assess(both, told(first, "episode"), day(28), self.models)
        assert (first.kind, then.kind, then.band) == ("subscription", "subscription", "high")
        assert then.risks["payment"].band == "critical"
        assert then.phase != "left"

    def test_when_its_kind_is_over_the_episode_is_and_the_other_begins_at_a_look_soon_after(
        self, contract: list[Envelope], fact: Fact, day: Day
    ) -> None:
        both = [*self.failed([*contract, fact(SubscriptionSkipped("c"), 25)], fact, 27, 28)]
        back = refold([*both, fact(OrderPaid("p", subscription="other"), 28.5), fact(Unskipped("c"), 29)])
        over = assess(back, Previous("high", "episode", 900.0, kind="subscription"), day(29), self.models)
        assert (over.kind, over.phase) == ("subscription", "left")
        assert over.next_look_at == day(29) + OTHER_RISK_AFTER
        new = assess(back, told(over, None), day(29.1), self.models)
        assert (new.kind, new.band, new.phase) == ("payment", "critical", "entered")

    def test_a_card_can_be_mended_whenever_the_parcel_is_due(
        self, contract: list[Envelope], fact: Fact, day: Day
    ) -> None:
        late = assess(refold(self.failed(contract, fact, 30, 31)), Previous(), day(31), self.models)
        assert late.priority == pytest.approx(late.value_at_risk.amount * late.probability)

    def test_it_is_worth_the_same_however_it_ends(
        self, contract: list[Envelope], fact: Fact, day: Day
    ) -> None:
        failing = refold(self.failed(contract, fact, 30, 31))
        other = assess(failing, Previous(), day(31), MODELS)
        assert assess(failing, Previous(), day(31), self.models).value_at_risk == other.value_at_risk


def test_a_batch_says_of_each_what_it_says_of_one(contract: list[Envelope], fact: Fact, day: Day) -> None:
    orders = [fact(OrderPlaced(f"o{on}", Money(2000, "JPY")), on) for on in (0, 20, 40)]
    items = [
        (refold(contract), Previous()),
        (EMPTY, Previous()),
        (refold(orders), Previous("high", "episode", 100.0, kind="repeat")),
        (skipped(contract, fact, 25, 55), Previous("low")),
        (refold([*contract, fact(SubscriptionCancelled("c"), 27)]), Previous("high", "other", 3.0)),
    ]
    cutoffs = [day(number) for number in (20, 20, 75, 56, 28)]
    alone = [
        assess(state, previous, cutoff, MODELS)
        for (state, previous), cutoff in zip(items, cutoffs, strict=True)
    ]
    assert assess_all(items, cutoffs, MODELS) == alone
    many = assess_all(items * FEWEST_FOR_A_MATRIX, cutoffs * FEWEST_FOR_A_MATRIX, MODELS)
    for one, other in zip(alone * FEWEST_FOR_A_MATRIX, many, strict=True):
        assert (one.kind, one.band, one.phase) == (other.kind, other.band, other.phase)
        assert other.probability == pytest.approx(one.probability, abs=1e-12)
        assert [reason.text for reason in one.reasons] == [reason.text for reason in other.reasons]
    assert assess_all([], [], MODELS) == []
