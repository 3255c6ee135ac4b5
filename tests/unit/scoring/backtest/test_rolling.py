"""Rolling: only the past teaches, only what comes after judges."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.backtest.money import Calls
from services.scoring.backtest.rivals import RIVALS
from services.scoring.backtest.rolling import MODEL, TooLittle, backtest, learned_from
from services.scoring.backtest.sales import Sale, histories
from services.scoring.backtest.snapshots import Question, Snapshots, snapshots
from services.scoring.features.state import NAMES

QUESTION = Question("repeat", 60, 120)
CALLS = Calls(0.1, 0.2, 0)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CUTOFF = day("2025-10-01")


def quiet(*_: object) -> None:
    """No bars."""


def at_cutoff(sales: list[Sale]) -> Snapshots:
    return snapshots(histories(sales, "JPY"), QUESTION, [CUTOFF], quiet)


def features(seen: Snapshots) -> Mapping[str, bytes]:
    return {seen.refs[who]: row.tobytes() for who, row in zip(seen.customers, seen.features, strict=True)}


@given(st.lists(st.tuples(st.integers(0, 89), st.integers(0, 400), st.integers(1, 10**6)), max_size=20))
@settings(max_examples=8, deadline=None)
def test_whatever_happens_after_a_cutoff_changes_no_feature_of_it(
    bought: list[Sale], invented: list[tuple[int, int, int]]
) -> None:
    before = [sale for sale in bought if sale.time < CUTOFF]
    after = [
        Sale(f"c{who}", CUTOFF + timedelta(days=later), f"new {number}", amount)
        for number, (who, later, amount) in enumerate(invented)
    ]
    assert features(at_cutoff(before)) == features(at_cutoff(before + after)) == features(at_cutoff(bought))


def test_leaving_is_no_order_from_the_cutoff_to_the_end_of_the_horizon() -> None:
    def lives(*days: float) -> list[Sale]:
        return [Sale("ann", CUTOFF + timedelta(days=on), f"{on}", 1000) for on in days]

    assert at_cutoff(lives(-30)).left.tolist() == [1]
    assert at_cutoff(lives(-30, 0)).left.tolist() == [0]
    assert at_cutoff(lives(-30, 59.9)).left.tolist() == [0]
    assert at_cutoff(lives(-30, 60)).left.tolist() == [1]
    assert at_cutoff(lives(-120)).left.tolist() == [1]
    assert at_cutoff(lives(-121)).left.tolist() == []
    assert at_cutoff(lives(0)).left.tolist() == []


def test_every_lesson_has_its_whole_horizon_before_the_cutoff() -> None:
    lessons = learned_from(CUTOFF, day("2025-01-01"), Question("subscription", 60, 120))
    assert lessons[-1] == CUTOFF - timedelta(days=60)
    assert lessons[0] >= day("2025-01-01") + timedelta(days=28)
    assert len(lessons) == 7
    assert lessons == sorted(lessons)


def test_buyers_without_a_contract_are_learned_from_no_further_back_than_a_horizon() -> None:
    lessons = learned_from(CUTOFF, day("2025-01-01"), QUESTION)
    assert lessons == [CUTOFF - timedelta(days=back) for back in (120, 90, 60)]


def test_the_model_and_its_rivals_are_judged_on_the_same_rows(bought: list[Sale]) -> None:
    found = backtest(histories(bought, "JPY"), QUESTION, [CUTOFF], CALLS, quiet)
    assert list(found.scores) == [MODEL, *RIVALS]
    assert {len(each.left) for each in found.judged.values()} == {found.rows}
    assert found.scores[MODEL]["auc"] > 0.6
    assert found.scores["bgnbd"]["auc"] > 0.6
    assert set(found.money) == {*found.scores, "biggest", "random"}


def test_a_log_too_short_to_learn_from_is_told(bought: list[Sale]) -> None:
    with pytest.raises(TooLittle, match="later --cutoffs"):
        backtest(histories(bought, "JPY"), QUESTION, [day("2025-02-15")], CALLS, quiet)


def test_a_cutoff_after_the_end_has_nothing_to_judge(bought: list[Sale]) -> None:
    with pytest.raises(TooLittle, match="Nothing to judge at 2027-01-01"):
        backtest(histories(bought, "JPY"), QUESTION, [day("2027-01-01")], CALLS, quiet)


def test_bgnbd_knows_everybody_who_ordered_not_only_those_asked_about(bought: list[Sale]) -> None:
    seen = at_cutoff(bought)
    assert (
        len(seen.buyers[0]) == len({sale.customer for sale in bought if sale.time < CUTOFF}) > len(seen.left)
    )
    assert seen.features.shape[1] == len(NAMES)
