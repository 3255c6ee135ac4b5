"""Branches: a step is taken by what the customer did since another went out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notifier.scenarios.branch import Past, Undecided, branch
from services.notifier.scenarios.decide import Facts, Send, Suppress, Wait, decide
from services.notifier.scenarios.scenario import Condition, Delay, Did
from tests.unit.notifier.scenarios.situations import NOON, RULES, WILLING, days, step

THIRD = NOON + days(3)
UNOPENED = step(
    "line", delay=Delay(days=3), only_if=(Condition("mail", "opened", yes=False),), useful_for_days=7
)
CLICKED = step("line", delay=Delay(days=3), only_if=(Condition("mail", "clicked"),), useful_for_days=7)


def after(*did: Did, late: timedelta = timedelta()) -> Facts:
    """The mail of the first day went out, so late, and this followed."""
    past = Past(open=False, went_out=NOON + late, did=frozenset({"sent", *did}), delay=Delay())
    return replace(WILLING, past={"mail": past})


STILL_OPEN = replace(WILLING, past={"mail": Past(True, None, frozenset(), Delay())})
NEVER_SENT = replace(WILLING, past={"mail": Past(False, None, frozenset(), Delay())})


@pytest.mark.parametrize(
    ("facts", "unopened", "clicked"),
    [
        (after(), Send("line"), Suppress("branch_not_taken")),
        (after("opened"), Suppress("branch_not_taken"), Suppress("branch_not_taken")),
        (after("opened", "clicked"), Suppress("branch_not_taken"), Send("line")),
        (NEVER_SENT, Send("line"), Suppress("branch_not_taken")),
        (WILLING, Send("line"), Suppress("branch_not_taken")),
        (
            STILL_OPEN,
            Wait(THIRD + timedelta(hours=1), "branch_open"),
            Wait(THIRD + timedelta(hours=1), "branch_open"),
        ),
    ],
)
def test_the_branch_is_told_on_its_day(facts: Facts, unopened: object, clicked: object) -> None:
    assert decide(UNOPENED, facts, RULES, THIRD) == unopened
    assert decide(CLICKED, facts, RULES, THIRD) == clicked


def test_of_a_mail_that_went_out_late_the_customer_has_the_same_time_to_open_it() -> None:
    late = after(late=days(2))
    assert decide(UNOPENED, late, RULES, THIRD) == Wait(THIRD + days(2), "branch_open")
    assert decide(UNOPENED, late, RULES, THIRD + days(2)) == Send("line")
    assert decide(CLICKED, after("clicked", late=days(2)), RULES, THIRD) == Send("line")


def test_a_branch_that_can_not_be_told_in_time_is_not_taken() -> None:
    assert decide(UNOPENED, STILL_OPEN, RULES, NOON + days(10)) == Suppress("branch_not_taken")
    assert decide(UNOPENED, after(late=days(9)), RULES, THIRD) == Suppress("branch_not_taken")


def test_one_condition_that_fails_is_enough() -> None:
    both = (Condition("mail", "opened"), Condition("mail", "ordered", yes=False))
    one = step("line", delay=Delay(days=3), only_if=both)
    assert branch(one, after("opened").past, THIRD) is True
    assert branch(one, after("opened", "ordered").past, THIRD) is False
    assert branch(one, after("ordered").past, THIRD) is False


def test_that_it_went_out_is_known_at_once() -> None:
    one = step("line", delay=Delay(days=3), only_if=(Condition("mail", "sent"),))
    assert branch(one, after(late=days(2.9)).past, THIRD) is True
    assert branch(one, NEVER_SENT.past, THIRD) is False
    assert branch(one, STILL_OPEN.past, THIRD) == Undecided(THIRD + timedelta(hours=1))


def test_two_branches_of_one_question_are_never_both_taken() -> None:
    yes = step("line", delay=Delay(days=3), only_if=(Condition("mail", "opened"),))
    for facts in (after(), after("opened"), after(late=days(1)), NEVER_SENT, STILL_OPEN):
        taken = [decide(one, facts, RULES, THIRD) == Send("line") for one in (yes, UNOPENED)]
        assert taken.count(True) <= 1
