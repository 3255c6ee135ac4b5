"""What may be offered, and why not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.offers.allow import Allowed, Barred, Facts, Given, allowed, persuasion
from services.notifier.offers.effect import Contract
from services.notifier.offers.file import read
from services.notifier.offers.offer import KINDS
from services.notifier.web.call_reasons import BY_CODE, TREE
from shared.events.money import Money

NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
CATALOGUE = read(
    """
    [[offer]]
    key = "discount_500"
    title = "次回500円引き"
    cost = 500
    reasons = ["too_dear"]
    spacing_days = 180

    [[offer]]
    key = "gift"
    title = "ミニボトル"
    cost = 300

    [[offer]]
    key = "product_light"
    title = "ライトタイプへ変更"
    reasons = ["taste", "no_effect"]
    new_contract = true
    """
)
CONTRACT = Contract(
    "88",
    deliveries=6,
    min_deliveries=4,
    cycle_days=30.0,
    due=NOW + timedelta(days=6),
    cutoff=NOW + timedelta(days=2),
)
FACTS = Facts(Money(12_800, "JPY"), CONTRACT)


def judged(**changes: Any) -> dict[str, str | None]:
    """Why each offer is barred; None where it is allowed. `contract_*` changes the contract."""
    of_contract = {key[9:]: value for key, value in changes.items() if key.startswith("contract_")}
    own = {key: value for key, value in changes.items() if not key.startswith("contract_")}
    contract = replace(CONTRACT, **of_contract)
    facts = replace(FACTS, **{"contract": contract, **own})
    found = allowed(facts, CATALOGUE, NOW)
    return {one.offer.key: one.because if isinstance(one, Barred) else None for one in found}


def ago(days: float, offer: str, answer: Any = "accepted") -> Sequence[Given]:
    return (Given(NOW - timedelta(days=days), offer, answer),)


def test_a_contract_that_runs_may_be_offered_everything_what_costs_nothing_first() -> None:
    assert judged() == dict.fromkeys(
        ["skip", "cycle", "pause", "product_light", "gift", "discount_500"], None
    )


def test_a_pause_comes_before_a_discount() -> None:
    assert KINDS.index("pause") < KINDS.index("discount")


@pytest.mark.parametrize(
    ("changes", "offer", "because"),
    [
        ({"contract_state": "cancelled"}, "skip", "contract_over"),
        ({"contract_state": "expired"}, "gift", "contract_over"),
        ({"reason": "not_suitable"}, "skip", "route_safety"),
        ({"reason": "unaware"}, "gift", "route_complaint"),
        ({"reason": "family"}, "pause", "route_close"),
        ({"reason": "competitor"}, "discount_500", "route_close"),
        ({"expected": "service"}, "skip", "route_complaint"),
        ({"contract_state": "payment_stopped"}, "gift", "payment_stopped"),
        ({"contract": None}, "skip", "no_contract"),
        ({"contract": None}, "gift", None),
        ({"contract_state": "paused"}, "skip", "paused"),
        ({"contract_state": "paused"}, "cycle", None),
        ({"contract_skips_in_a_row": 2}, "skip", "skipped_often"),
        ({"contract_skips_in_a_row": 1}, "skip", None),
        ({"contract_deliveries": 2}, "pause", "within_minimum"),
        ({"contract_deliveries": 2}, "skip", None),
        ({"reason": "timing"}, "discount_500", "other_reason"),
        ({"reason": "too_dear"}, "discount_500", None),
        ({"expected": "too_much"}, "discount_500", None),
        ({"reason": "timing"}, "gift", None),
        ({"given": ago(20, "product_light", "declined")}, "product_light", "refused_before"),
        ({"given": ago(2000, "product_light", "declined")}, "product_light", "refused_before"),
        ({"given": ago(2000, "product_light")}, "product_light", None),
        ({"given": ago(179, "discount_500")}, "discount_500", "given_lately"),
        ({"given": ago(179, "discount_500", "declined")}, "discount_500", "given_lately"),
        ({"given": ago(179, "discount_500", "thinking")}, "discount_500", None),
        ({"given": ago(181, "discount_500")}, "discount_500", None),
        ({"given": ago(1, "gift")}, "discount_500", None),
        ({"contract_paused_at": NOW - timedelta(days=100)}, "pause", "paused_lately"),
        ({"contract_paused_at": NOW - timedelta(days=181)}, "pause", None),
        ({"value": Money(500, "JPY")}, "discount_500", "costs_too_much"),
        ({"value": Money(501, "JPY")}, "discount_500", None),
        ({"value": Money(90_000, "USD")}, "discount_500", "costs_too_much"),
        ({"value": Money(0, "JPY")}, "skip", None),
    ],
)
def test_each_rule_bars_what_it_is_for(changes: dict[str, Any], offer: str, because: str | None) -> None:
    assert judged(**changes)[offer] == because


@pytest.mark.parametrize("reason", [reason.code for reason in TREE if reason.route != "persuade"])
def test_who_is_unwell_complains_or_has_decided_is_offered_nothing(reason: str) -> None:
    assert None not in judged(reason=reason).values()
    assert persuasion(replace(FACTS, reason=reason)) == "none"


@pytest.mark.parametrize(
    ("reason", "first"),
    [
        ("too_much", "skip"),
        ("timing", "skip"),
        ("too_dear", "cycle"),
        ("moving", "pause"),
        ("taste", "product_light"),
        ("no_reason", None),
        (None, None),
    ],
)
def test_the_first_proposal_answers_the_reason(reason: str | None, first: str | None) -> None:
    found = allowed(replace(FACTS, reason=reason), CATALOGUE, NOW)
    assert [one.offer.key for one in found if isinstance(one, Allowed) and one.fits] == (
        [] if first is None else [first]
    )


def test_when_the_first_may_not_be_made_the_next_one_that_answers_the_reason_fits() -> None:
    skipping = replace(FACTS, reason="too_much", contract=replace(CONTRACT, skips_in_a_row=3))
    fitting = [
        one.offer.key for one in allowed(skipping, CATALOGUE, NOW) if isinstance(one, Allowed) and one.fits
    ]
    assert fitting == ["cycle"]


def test_before_anything_is_said_the_risk_lets_one_expect_the_reason() -> None:
    found = allowed(replace(FACTS, expected="too_much"), CATALOGUE, NOW)
    assert [one.offer.key for one in found if isinstance(one, Allowed) and one.fits] == ["skip"]


def test_after_a_request_to_leave_one_proposal_is_made_and_no_second() -> None:
    asked = replace(FACTS, contract=replace(CONTRACT, requested_at=NOW - timedelta(minutes=5)))
    assert persuasion(asked) == "one"
    made = replace(asked, given=(Given(NOW, "gift", "thinking"),))
    assert persuasion(made) == "none"
    barred = [one for one in allowed(made, CATALOGUE, NOW) if isinstance(one, Barred)]
    assert {one.because for one in barred} == {"asked_to_leave"}
    assert len(barred) == len(CATALOGUE)


def test_what_was_offered_before_the_request_does_not_count() -> None:
    asked = replace(FACTS, contract=replace(CONTRACT, requested_at=NOW - timedelta(minutes=5)))
    assert persuasion(replace(asked, given=ago(1, "gift", "declined"))) == "one"


def test_an_offer_says_which_parcel_it_changes_and_when_it_was_last_made() -> None:
    found = allowed(replace(FACTS, given=ago(200, "skip")), CATALOGUE, NOW)
    skip = next(one for one in found if one.offer.key == "skip")
    assert isinstance(skip, Allowed)
    assert skip.effect is not None
    assert (skip.effect.delivery, skip.effect.at) == (7, CONTRACT.due)
    assert skip.last_given == NOW - timedelta(days=200)


@given(
    st.sampled_from([None, *BY_CODE]),
    st.sampled_from(["active", "paused", "payment_stopped", "cancelled", "expired"]),
    st.one_of(st.none(), st.integers(0, 100)),
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.sampled_from(sorted(CATALOGUE)),
            st.sampled_from(["accepted", "declined", "thinking"]),
        )
    ),
)
def test_every_offer_is_judged_once_and_nobody_is_persuaded_where_there_is_no_persuasion(
    reason: str | None, state: Any, requested: int | None, given: list[tuple[int, str, Any]]
) -> None:
    at = None if requested is None else NOW - timedelta(days=requested)
    facts = replace(
        FACTS,
        reason=reason,
        contract=replace(CONTRACT, state=state, requested_at=at),
        given=[Given(NOW - timedelta(days=days), offer, answer) for days, offer, answer in given],
    )
    found = allowed(facts, CATALOGUE, NOW)
    assert [one.offer.key for one in found] == list(CATALOGUE)
    assert sum(isinstance(one, Allowed) and one.fits for one in found) <= 1
    if persuasion(facts) == "none":
        assert not any(isinstance(one, Allowed) for one in found)
