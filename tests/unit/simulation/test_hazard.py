"""The hazard moves the way the documentation says."""

import math

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from simulation.contract import Contract, Profile
from simulation.hazard import (
    charge_failure_probability,
    daily_hazard,
    gap_survival,
    log_hazard,
    pause_probability,
    skip_probability,
    stop_probability,
)

FREE = Profile(0, 1, "search", False)
BOUND = Profile(0, 1, "search", False, min_deliveries=3)
TODAY = 100
CONTRACTS = st.builds(
    Contract,
    cycle_days=st.sampled_from([14, 30, 60]),
    charge_on=st.integers(TODAY + 8, TODAY + 30),
    deliveries=st.integers(1, 40),
    skips=st.integers(0, 5),
    skipped_on=st.integers(0, TODAY - 1),
    failures=st.integers(0, 2),
    failed_before=st.booleans(),
    resumed_on=st.integers(0, TODAY - 1),
    late_order_on=st.integers(0, TODAY - 1),
)


def yearly(daily: float) -> float:
    return -math.expm1(365 * math.log1p(-daily))


@given(CONTRACTS)
def test_one_more_skip_never_lowers_the_hazard(contract: Contract) -> None:
    more = replace(contract, skips=contract.skips + 1)
    assert daily_hazard(FREE, more, TODAY) >= daily_hazard(FREE, contract, TODAY)


def test_two_skips_in_a_row_make_it_many_times_as_likely_to_leave() -> None:
    quiet = Contract(30, TODAY + 20, deliveries=5)
    ratio = daily_hazard(FREE, replace(quiet, skips=2), TODAY) / daily_hazard(FREE, quiet, TODAY)
    assert ratio > 8


@given(CONTRACTS)
def test_a_skip_weighs_less_as_time_passes(contract: Contract) -> None:
    older = replace(contract, skipped_on=contract.skipped_on - 30)
    assert daily_hazard(FREE, older, TODAY) <= daily_hazard(FREE, contract, TODAY)


@given(CONTRACTS)
def test_an_open_payment_failure_raises_the_hazard(contract: Contract) -> None:
    failed = replace(contract, failures=contract.failures + 1)
    assert daily_hazard(FREE, failed, TODAY) > daily_hazard(FREE, contract, TODAY)


@given(CONTRACTS)
def test_the_hazard_declines_from_delivery_to_delivery(contract: Contract) -> None:
    later = replace(contract, deliveries=contract.deliveries + 1)
    assert daily_hazard(FREE, later, TODAY) < daily_hazard(FREE, contract, TODAY)


def test_a_bound_customer_all_but_never_leaves_and_many_do_as_soon_as_they_may() -> None:
    contract = Contract(30, TODAY + 20, deliveries=2)
    bound = log_hazard(BOUND, contract, TODAY)
    just_free = log_hazard(BOUND, replace(contract, deliveries=3), TODAY)
    later = log_hazard(BOUND, replace(contract, deliveries=4), TODAY)
    assert bound < later < just_free


def test_a_bound_customer_can_neither_skip_nor_pause() -> None:
    contract = Contract(30, TODAY + 5, deliveries=2)
    assert skip_probability(BOUND, contract) == pause_probability(BOUND, contract) == 0
    assert skip_probability(FREE, contract) > 0


@given(CONTRACTS)
def test_who_skipped_is_likelier_to_skip_again(contract: Contract) -> None:
    skipped = replace(contract, skips=contract.skips + 1)
    assert skip_probability(FREE, skipped) >= skip_probability(FREE, contract)


@given(CONTRACTS)
def test_the_way_a_customer_came_lasts(contract: Contract) -> None:
    lured = Profile(0, 1, "affiliate", True)
    assert daily_hazard(lured, contract, TODAY) > daily_hazard(FREE, contract, TODAY)


def test_a_late_parcel_is_resented_for_three_weeks() -> None:
    quiet = Contract(30, TODAY + 29, deliveries=4)
    late = replace(quiet, late_order_on=TODAY)
    resented = [
        day
        for day in range(TODAY, TODAY + 40)
        if daily_hazard(FREE, late, day) > daily_hazard(FREE, quiet, day)
    ]
    assert resented == list(range(TODAY + 4, TODAY + 25))


def test_a_pause_and_the_time_after_it_are_dangerous() -> None:
    quiet = Contract(30, TODAY + 20, deliveries=4)
    paused = replace(quiet, status="paused", resume_on=TODAY + 20)
    resumed = replace(quiet, resumed_on=TODAY - 3)
    assert daily_hazard(FREE, paused, TODAY) > daily_hazard(FREE, resumed, TODAY)
    assert daily_hazard(FREE, resumed, TODAY) > daily_hazard(FREE, quiet, TODAY)


def test_a_quiet_customer_in_the_second_year_is_as_loyal_as_published_ones() -> None:
    """Fader & Hardie: .37 leave in year 1, .26 in year 2, .18 in year 3."""
    assert 0.05 < yearly(daily_hazard(FREE, Contract(30, TODAY + 20, deliveries=14), TODAY)) < 0.26


def test_a_card_that_failed_before_fails_again_more_easily() -> None:
    contract = Contract(30, TODAY)
    probabilities = [
        charge_failure_probability(contract),
        charge_failure_probability(replace(contract, failed_before=True)),
        charge_failure_probability(replace(contract, failures=1, failed_before=True)),
    ]
    assert probabilities == sorted(probabilities)


@given(st.integers(1, 30), st.booleans())
def test_repeat_buyers_stop_less_with_every_order(orders: int, discount_led: bool) -> None:
    assert stop_probability(orders + 1, discount_led) <= stop_probability(orders, discount_led) < 1


@given(st.integers(-5, 400), st.floats(2, 5), st.floats(0.1, 1))
def test_a_gap_only_gets_rarer_with_its_length(days: int, log_median: float, log_sd: float) -> None:
    shorter = gap_survival(days, log_median, log_sd)
    assert 0 <= gap_survival(days + 1, log_median, log_sd) <= shorter <= 1
