"""Every family keeps one contract: no order of arrival, no repetition, no later fact changes what it says."""

from datetime import datetime
from math import inf, isnan
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.features.state import EMPTY, FAMILIES, NAMES, CustomerState, fold, in_order, refold
from shared.events.envelope import Envelope
from tests.unit.scoring.features.histories import histories, moments

MAY_BE_NEGATIVE = {"silence_z", "nps_change", "season_sin", "season_cos"}

few = settings(max_examples=40)
every_family = pytest.mark.parametrize("name", FAMILIES)


def folded(name: str, history: list[Envelope]) -> Any:
    state = getattr(EMPTY, name)
    for each in history:
        state = FAMILIES[name].update(state, each)
    return state


def until(history: list[Envelope], cutoff: datetime) -> list[Envelope]:
    return [each for each in history if each.time <= cutoff]


@every_family
@few
@given(history=histories, seed=st.integers())
def test_any_arrival_with_any_repetition_gives_the_same_part_of_the_state(
    name: str, history: list[Envelope], seed: int
) -> None:
    rng = Random(seed)
    arrived = [each for each in history for _ in range(rng.randint(1, 3))]
    rng.shuffle(arrived)
    assert getattr(refold(arrived), name) == folded(name, in_order(history))


@every_family
@few
@given(history=histories, cutoff=moments)
def test_nothing_after_the_cut_off_counts(name: str, history: list[Envelope], cutoff: datetime) -> None:
    """The log with a later part, folded as far as the cut-off, and the log that ends there say the same."""
    states: list[CustomerState] = [EMPTY]
    for each in in_order(history):
        states.append(fold(states[-1], each))
    then = states[len(until(history, cutoff))]
    alone = folded(name, in_order(until(history, cutoff)))
    read = FAMILIES[name].read
    assert repr(read(getattr(then, name), cutoff)) == repr(read(alone, cutoff))


@every_family
@few
@given(history=histories, cutoff=moments)
def test_the_same_readings_are_always_there_finite_or_unknown_and_no_count_is_negative(
    name: str, history: list[Envelope], cutoff: datetime
) -> None:
    read = FAMILIES[name].read
    seen = read(folded(name, in_order(until(history, cutoff))), cutoff)
    assert list(seen) == list(read(getattr(EMPTY, name), cutoff))
    assert not [reading for reading, value in seen.items() if not (isnan(value) or -inf < value < inf)]
    assert not [reading for reading, value in seen.items() if value < 0 and reading not in MAY_BE_NEGATIVE]


def test_each_family_is_a_part_of_the_state_and_no_two_use_one_name(day: Any) -> None:
    assert set(FAMILIES) <= set(CustomerState.__struct_fields__)
    names = [
        reading for name, family in FAMILIES.items() for reading in family.read(getattr(EMPTY, name), day(0))
    ]
    assert tuple(names) == NAMES
    assert len(set(names)) == len(names)
