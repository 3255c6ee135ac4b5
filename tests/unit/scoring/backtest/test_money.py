"""Money: what is saved by calling the top of a list."""

import numpy as np
import pytest

from services.scoring.backtest.money import Calls, saved, yearly

LEFT = np.array([1, 0, 1, 0])
VALUES = np.array([100.0, 300.0, 1000.0, 200.0])
ONE_CUTOFF = np.zeros(4, dtype=int)


def test_leavers_who_are_called_keep_a_share_of_their_value_less_the_calls() -> None:
    lists = {"knows": LEFT.astype(float), "errs": 1.0 - LEFT}
    found = saved(lists, LEFT, VALUES, ONE_CUTOFF, Calls(capacity=2, success=0.5, cost=10))
    assert (found["knows"].calls, found["knows"].leavers_called, found["knows"].value) == (2, 2, 530)
    assert (found["errs"].leavers_called, found["errs"].value) == (0, -20)
    assert found["biggest"].value == 0.5 * 1000 - 20
    assert found["random"].value == pytest.approx(0.5 * 1100 / 2 - 20)


def test_a_capacity_below_one_is_a_share_of_each_cutoffs_customers() -> None:
    found = saved({"any": VALUES}, LEFT, VALUES, np.array([0, 0, 1, 1]), Calls(0.5, 0.2, 0))
    assert {each.calls for each in found.values()} == {2}


def test_one_big_first_order_is_no_habit() -> None:
    spent, days = np.array([9000.0, 9000.0, np.nan]), np.array([1.0, 365.0, np.nan])
    assert yearly(spent, days).tolist() == [36500.0, 9000.0, 0.0]
