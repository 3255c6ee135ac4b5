"""Priority: value, likelihood and time."""

import pytest

from services.scoring.model.priority import CLOSED, priority, urgency, value_at_risk


def test_a_kept_customer_is_worth_a_year_of_deliveries_less_the_usual_leaving() -> None:
    assert value_at_risk(1000, 73.0, 0.0, 30.0) == 5000
    assert value_at_risk(1000, 182.5, 0.5, 182.5) == 750
    assert value_at_risk(1000, 30.0, 0.09, 30.0) == pytest.approx(
        1000 * sum(0.91**n for n in range(1, 13)), abs=1
    )


def test_a_parcel_a_year_is_one_delivery() -> None:
    assert value_at_risk(1000, 365.25, 0.0, 30.0) == 1000


def test_urgency_grows_to_the_cut_off_and_falls_after_it() -> None:
    assert urgency(None) == 1.0
    assert 1.0 < urgency(14) < urgency(3) < urgency(0) == 2.0
    assert urgency(-1) == CLOSED


def test_the_same_risk_matters_more_where_more_is_at_stake() -> None:
    assert priority(20_000, 0.3, 5) > priority(10_000, 0.3, 5) > priority(10_000, 0.2, 5)
