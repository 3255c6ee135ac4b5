"""Priority: value, likelihood and time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.model.bands import Bands
from services.scoring.model.kind import KindModel
from services.scoring.model.priority import CLOSED, priority, urgency, value_at_risk
from services.scoring.model.step_tables import Additive


def model(base_rate: float, horizon_days: float, *survival: float) -> KindModel:
    bands = Bands(0.1, 0.2, 0.4)
    return KindModel(Additive(0.0, 0, ()), bands, horizon_days, base_rate, survival=survival)


def test_without_survival_a_kept_customer_stays_as_the_average_one_does() -> None:
    assert value_at_risk(1000, 73.0, 1, model(0.0, 30.0)) == 5000
    assert value_at_risk(1000, 182.5, 1, model(0.5, 182.5)) == 750
    year = 1000 * sum(0.91**n for n in range(1, 13))
    assert value_at_risk(1000, 30.0, 1, model(0.09, 30.0)) == pytest.approx(year, abs=1)


def test_the_survival_from_this_delivery_on_counts_and_its_last_rate_goes_on() -> None:
    kept = model(0.5, 30.0, 0.5, 0.8, 0.9)
    assert value_at_risk(1000, 122.0, 1, kept) == 500 + 400
    assert value_at_risk(1000, 122.0, 2, kept) == 800 + 720
    assert value_at_risk(1000, 122.0, 7, kept) == 900 + 810


def test_before_the_first_delivery_it_is_as_after_it() -> None:
    kept = model(0.5, 30.0, 0.5, 0.8)
    assert value_at_risk(1000, 122.0, 0, kept) == value_at_risk(1000, 122.0, 1, kept)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.integers(0, 40),
    st.floats(1, 400),
    st.integers(0, 100_000),
)
def test_the_value_is_never_more_than_a_year_of_deliveries(
    survival: list[float], number: int, cycle_days: float, amount: int
) -> None:
    value = value_at_risk(amount, cycle_days, number, model(0.2, 30.0, *survival))
    assert 0 <= value <= amount * max(365 / cycle_days, 1) + 1


def test_a_parcel_a_year_is_one_delivery() -> None:
    assert value_at_risk(1000, 365.25, 1, model(0.0, 30.0)) == 1000


def test_urgency_grows_to_the_cut_off_and_falls_after_it() -> None:
    assert urgency(None) == 1.0
    assert 1.0 < urgency(14) < urgency(3) < urgency(0) == 2.0
    assert urgency(-1) == CLOSED


def test_the_same_risk_matters_more_where_more_is_at_stake() -> None:
    assert priority(20_000, 0.3, 5) > priority(10_000, 0.3, 5) > priority(10_000, 0.2, 5)
