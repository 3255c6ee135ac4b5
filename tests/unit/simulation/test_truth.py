"""The truth is true: exact where it can be checked by hand, and calibrated against what then happens."""

from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest

from simulation.contract import Contract, Profile
from simulation.customer import Customer, Repeater, step
from simulation.hazard import RETRY_FAILS, daily_hazard, stop_probability
from simulation.history import History
from simulation.truth import HORIZON_DAYS, Ends, Kind, Truth, contract_ends, no_order, true_probabilities

LURED = Profile(0, 1, "affiliate", True, frailty=0.2)


def shares_left(contract: Contract, day: int, days: int, draws: int) -> Ends:
    """What the simulation itself does with clones of a customer with this contract."""
    ends = Counter[str]()
    for draw in range(draws):
        clone, random = Customer(1, 0, LURED, contract), Random(draw)
        for today in range(day, day + days):
            clone, _ = step(clone, random, today)
            if not clone.active():
                break
        assert isinstance(clone.state, Contract)
        ends[clone.state.status] += 1
    return Ends(ends["cancelled"] / draws, ends["failed"] / draws)


def auc(truths: Iterable[Truth]) -> float:
    """P(one who left had the higher probability), by ranks."""
    ranked = sorted(truths, key=lambda truth: truth.p_true)
    ranks = [rank for rank, truth in enumerate(ranked, start=1) if truth.left]
    left, stayed = len(ranks), len(ranked) - len(ranks)
    return (sum(ranks) - left * (left + 1) / 2) / (left * stayed)


def test_one_quiet_day_is_as_dangerous_as_the_hazard_says() -> None:
    contract = Contract(30, charge_on=130, deliveries=4, skips=1, skipped_on=80)
    ends = contract_ends(LURED, contract, 100, 1)
    assert ends.cancelled == pytest.approx(daily_hazard(LURED, contract, 100))
    assert ends.failed == 0


def test_the_longer_the_horizon_the_likelier_the_end() -> None:
    contract = Contract(30, charge_on=105, deliveries=4, failures=1)
    ends = [contract_ends(LURED, contract, 100, days) for days in (0, 1, 10, 30, 60)]
    cancelled, failed = [each.cancelled for each in ends], [each.failed for each in ends]
    assert ends[0] == Ends(0.0, 0.0)
    assert (cancelled, failed) == (sorted(set(cancelled)), sorted(failed))
    assert sum(ends[-1]) < 1


def test_the_last_failed_charge_and_giving_up_share_what_is_lost_and_nothing_is_in_both() -> None:
    last_try = Contract(30, charge_on=100, deliveries=3, failures=2, failed_before=True)
    cancels = daily_hazard(LURED, last_try, 100)
    ends = contract_ends(LURED, last_try, 100, 1)
    assert ends.cancelled == pytest.approx(cancels)
    assert ends.failed == pytest.approx((1 - cancels) * RETRY_FAILS)


def test_who_has_a_contract_has_two_truths_and_who_has_none_has_one() -> None:
    contract = Contract(30, charge_on=101, deliveries=3, failures=2, failed_before=True)
    found = true_probabilities(Customer(1, 0, LURED, contract), 100)
    ends = contract_ends(LURED, contract, 100, 30)
    assert found == {"subscription": ends.cancelled, "payment": ends.failed}
    repeater = Repeater(log_median_gap=3.0, last_order_on=99, next_order_on=120)
    found = true_probabilities(Customer(1, 0, LURED, repeater), 100)
    assert found == {"repeat": no_order(repeater, LURED, 100, HORIZON_DAYS["repeat"])}


@pytest.mark.parametrize(
    "contract",
    [
        Contract(14, charge_on=103, deliveries=5),
        Contract(30, charge_on=101, deliveries=3, failures=2, failed_before=True),
        Contract(30, charge_on=106, deliveries=8, skips=2, skipped_on=76, late_order_on=60),
        Contract(60, charge_on=-10_000, status="paused", deliveries=4, resume_on=110),
    ],
    ids=["short cycle", "last attempt is tomorrow", "skipping", "paused"],
)
def test_the_sum_over_every_course_agrees_with_drawing_clones(contract: Contract) -> None:
    drawn, exact = shares_left(contract, 100, 30, 1_500), contract_ends(LURED, contract, 100, 30)
    assert drawn.cancelled == pytest.approx(exact.cancelled, abs=0.04)
    assert drawn.failed == pytest.approx(exact.failed, abs=0.04)


def test_right_after_an_order_a_repeat_buyer_is_lost_with_at_least_the_chance_of_stopping() -> None:
    state = Repeater(log_median_gap=3.0, last_order_on=99, next_order_on=120, orders=2)
    p = no_order(state, LURED, 100, 365)
    assert p == pytest.approx(stop_probability(2, True), abs=0.01)


def test_once_an_order_is_overdue_each_day_of_silence_makes_the_loss_likelier() -> None:
    repeater = Repeater(log_median_gap=3.3, last_order_on=0, next_order_on=None)
    probabilities = [no_order(repeater, LURED, day, 30) for day in range(28, 90)]
    assert probabilities == sorted(probabilities)
    assert probabilities[-1] > 0.97


@pytest.mark.parametrize(("kind", "off_by"), [("subscription", 0.012), ("payment", 0.004), ("repeat", 0.03)])
def test_on_average_as_many_leave_as_the_truth_says(lived: History, kind: Kind, off_by: float) -> None:
    rows = [truth for truth in lived.truths if truth.kind == kind]
    assert len(rows) > 800
    mean = sum(row.p_true for row in rows) / len(rows)
    assert sum(row.left for row in rows) / len(rows) == pytest.approx(mean, abs=off_by)


def test_in_each_fifth_of_the_subscribers_as_many_leave_as_the_truth_says(lived: History) -> None:
    rows = sorted((t for t in lived.truths if t.kind == "subscription"), key=lambda t: t.p_true)
    size = len(rows) // 5
    for fifth in (rows[i * size : (i + 1) * size] for i in range(5)):
        mean = sum(row.p_true for row in fifth) / size
        assert sum(row.left for row in fifth) / size == pytest.approx(mean, abs=0.03)


def test_a_minority_of_the_subscribers_carries_most_of_the_risk(lived: History) -> None:
    rows = [truth for truth in lived.truths if truth.kind == "subscription"]
    assert 0.77 < auc(rows) < 0.87
    riskiest = sorted(rows, key=lambda t: -t.p_true)[: len(rows) // 10]
    assert sum(row.left for row in riskiest) > 0.3 * sum(row.left for row in rows)
