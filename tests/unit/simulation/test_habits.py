"""Habits: they show what is hidden and what stands, often enough to be learnt, and change nothing."""

from collections import Counter
from collections.abc import Callable
from random import Random
from statistics import mean

import pytest

from simulation.contract import Contract, Profile
from simulation.customer import Customer, Repeater
from simulation.habits import Act, Leanings, visits
from simulation.hazard import FRAILTY_SD

DAYS = range(1, 3_000)
Standing = Callable[[int], Contract | Repeater]


def free(day: int) -> Contract:
    """A contract long free of its promise, half way between two parcels."""
    return Contract(30, charge_on=day + 15, deliveries=6)


def acts(profile: Profile, state: Standing, seed: int = 1) -> list[Act]:
    """What a customer does who stands the same way every day."""
    rng, found = Random(seed), []
    for day in DAYS:
        customer = Customer(1, 0, profile, state(day))
        found += [act for visit in visits(customer, Leanings(True, 0.0), day, rng) for act in visit]
    return found


def counted(profile: Profile, state: Standing) -> Counter[str]:
    return Counter(f"{act.type} {act.data.get('page', '')}".strip() for act in acts(profile, state))


def person(z: float) -> Profile:
    return Profile(0, 1, "search", False, frailty=z * FRAILTY_SD)


@pytest.mark.parametrize(
    ("what", "more_often"),
    [
        ("mail.opened", "faithful"),
        ("referral.made", "faithful"),
        ("page.viewed cancel", "frail"),
        ("line.blocked", "frail"),
    ],
)
def test_the_hidden_frailty_shows_in_what_customers_do(what: str, more_often: str) -> None:
    counts = {"faithful": counted(person(-1.5), free)[what], "frail": counted(person(1.5), free)[what]}
    assert max(counts, key=lambda name: counts[name]) == more_often
    assert max(counts.values()) > 1.5 * min(counts.values())


def test_the_cancel_page_is_seen_most_when_the_danger_is_greatest() -> None:
    calm = counted(person(0), free)["page.viewed cancel"]
    wavering = counted(
        person(0), lambda day: Contract(30, day + 15, deliveries=6, skips=2, skipped_on=day - 3)
    )
    assert wavering["page.viewed cancel"] > 5 * calm


def test_who_is_bound_hardly_looks_at_it() -> None:
    bound = Profile(0, 1, "search", False, min_deliveries=9)
    assert counted(bound, free)["page.viewed cancel"] < 0.2 * counted(person(0), free)["page.viewed cancel"]


@pytest.mark.parametrize("survey", ["first-delivery", "third-delivery"])
def test_a_survey_a_week_after_a_parcel_says_how_frail_one_is(survey: str) -> None:
    due = (
        Contract(30, charge_on=30) if survey == "first-delivery" else Contract(30, charge_on=90, deliveries=3)
    )
    day = 7 if survey == "first-delivery" else 67
    marks: dict[float, list[int]] = {}
    for z in (-1.0, 1.0):
        for seed in range(200):
            found = visits(Customer(1, 0, person(z), due), Leanings(False, 0.0), day, Random(seed))
            answers = [a.data for visit in found for a in visit if a.type == "survey.answered"]
            assert all(answer["survey"] == survey for answer in answers)
            marks.setdefault(z, []).extend(answer["nps"] for answer in answers)
    assert 130 < len(marks[1.0]) < 190
    assert mean(marks[-1.0]) - mean(marks[1.0]) > 2.5
    assert all(0 <= mark <= 10 for mark in (*marks[-1.0], *marks[1.0]))


def test_many_ask_where_a_late_parcel_is() -> None:
    late = [Contract(30, charge_on=130, late_order_on=100)] * 500
    asked = [
        act.data["topic"]
        for seed, contract in enumerate(late)
        for visit in visits(Customer(1, 0, person(0), contract), Leanings(False, 0.0), 105, Random(seed))
        for act in visit
        if act.type == "support.contacted"
    ]
    assert asked.count("delivery") == pytest.approx(200, abs=40)


@pytest.mark.parametrize("silent", [3, 40, 90, 200])
def test_whether_one_without_a_contract_has_stopped_buying_does_not_show(silent: int) -> None:
    gone = acts(person(0), lambda day: Repeater(3.3, day - silent, None))
    buying = acts(person(0), lambda day: Repeater(3.3, day - silent, day + 5))
    assert gone == buying
    assert (gone == []) == (silent == 200)


def test_a_customer_does_something_about_once_a_week() -> None:
    assert 0.4 < sum(counted(person(0), free).values()) / (len(DAYS) / 7) < 1.5
