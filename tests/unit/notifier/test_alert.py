"""An alert's life, state by state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.alert import (
    DISPOSITIONS,
    Alert,
    Changed,
    Held,
    NotYours,
    Over,
    State,
    TakenBy,
    claim,
    hold,
    release,
    resolve,
    withdraw,
)

NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
LEASE = timedelta(minutes=15)
RAISED = Alert("a", "episode", "shop/shopify/1", "webhook")
CLAIMED = replace(RAISED, state="claimed", version=2, agent="misaki", lease_until=NOW + LEASE)
RESOLVED = replace(CLAIMED, state="resolved", version=3, lease_until=None, disposition="kept", closed_at=NOW)
WITHDRAWN = replace(CLAIMED, state="withdrawn", version=3, lease_until=None, closed_at=NOW)


def changed(outcome: object) -> Changed:
    assert isinstance(outcome, Changed)
    return outcome


def test_a_raised_alert_is_claimed_for_the_length_of_the_lease() -> None:
    outcome = changed(claim(RAISED, "misaki", NOW, LEASE))
    assert outcome == Changed(CLAIMED, "claimed", "misaki")


def test_nobody_takes_an_alert_while_its_lease_lasts() -> None:
    assert claim(CLAIMED, "ken", NOW + LEASE - timedelta(seconds=1), LEASE) == TakenBy("misaki", NOW + LEASE)


def test_after_the_lease_anybody_may_take_it_over() -> None:
    later = NOW + LEASE
    taken = changed(claim(CLAIMED, "ken", later, LEASE))
    assert (taken.what, taken.alert.agent, taken.alert.lease_until) == ("claimed", "ken", later + LEASE)


def test_claiming_ones_own_alert_prolongs_the_lease() -> None:
    renewed = changed(claim(CLAIMED, "misaki", NOW + timedelta(minutes=5), LEASE))
    assert (renewed.what, renewed.alert.lease_until) == ("renewed", NOW + timedelta(minutes=20))


def test_only_the_agent_of_a_running_claim_may_call() -> None:
    assert hold(CLAIMED, "misaki", NOW) == Held()
    assert hold(CLAIMED, "ken", NOW) == NotYours()
    assert hold(RAISED, "misaki", NOW) == NotYours()
    assert hold(CLAIMED, "misaki", NOW + LEASE) == NotYours()


@pytest.mark.parametrize("closed", [RESOLVED, WITHDRAWN])
def test_nobody_calls_about_what_is_closed_not_even_its_agent(closed: Alert) -> None:
    assert hold(closed, "misaki", NOW) == Over(closed.state)


def test_a_released_alert_is_as_if_nobody_had_had_it() -> None:
    assert changed(release(CLAIMED, "misaki")).alert == replace(RAISED, version=3)


def test_only_its_agent_releases_or_resolves_it() -> None:
    assert release(CLAIMED, "ken") == NotYours()
    assert release(RAISED, "ken") == NotYours()
    assert resolve(CLAIMED, "ken", "kept", None, NOW) == NotYours()
    assert resolve(RAISED, "ken", "kept", None, NOW) == NotYours()


def test_an_agent_whose_lease_has_run_out_unnoticed_may_still_say_how_it_ended() -> None:
    outcome = changed(resolve(CLAIMED, "misaki", "paused", "三か月", NOW + LEASE * 2))
    assert (outcome.alert.state, outcome.alert.disposition, outcome.alert.note) == (
        "resolved",
        "paused",
        "三か月",
    )


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_every_disposition_closes_the_alert_and_stands_in_the_trail(disposition: str) -> None:
    outcome = changed(resolve(CLAIMED, "misaki", disposition, None, NOW))  # type: ignore[arg-type]
    assert (outcome.alert.closed_at, outcome.alert.lease_until) == (NOW, None)
    assert (outcome.what, outcome.agent, outcome.detail) == ("resolved", "misaki", disposition)


def test_an_alert_is_withdrawn_even_from_under_its_agent() -> None:
    outcome = changed(withdraw(CLAIMED, "subscription_ended", NOW))
    assert outcome.alert == WITHDRAWN
    assert outcome.detail == "subscription_ended"


def test_the_agent_of_a_withdrawn_alert_may_record_the_call_that_was_under_way() -> None:
    assert changed(resolve(WITHDRAWN, "misaki", "cancelled", None, NOW)).alert.state == "resolved"
    assert resolve(WITHDRAWN, "ken", "cancelled", None, NOW) == Over("withdrawn")


@pytest.mark.parametrize("closed", [RESOLVED, WITHDRAWN])
def test_what_is_closed_is_neither_claimed_released_nor_withdrawn(closed: Alert) -> None:
    over = Over(closed.state)
    assert claim(closed, "misaki", NOW, LEASE) == over
    assert release(closed, "misaki") == over
    assert withdraw(closed, "risk_left", NOW) == over


def test_a_resolved_alert_stays_resolved() -> None:
    assert resolve(RESOLVED, "misaki", "cancelled", None, NOW) == Over("resolved")


STEPS: dict[str, Callable[[Alert, str, datetime], object]] = {
    "claim": lambda alert, agent, now: claim(alert, agent, now, LEASE),
    "release": lambda alert, agent, now: release(alert, agent),
    "resolve": lambda alert, agent, now: resolve(alert, agent, "kept", None, now),
    "withdraw": lambda alert, agent, now: withdraw(alert, "risk_left", now),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from("ab"))))
def test_whatever_happens_the_version_counts_the_changes_and_the_state_is_whole(
    steps: list[tuple[str, str]],
) -> None:
    alert, changes, now = RAISED, 0, NOW
    for step, agent in steps:
        now += timedelta(minutes=7)
        outcome = STEPS[step](alert, agent, now)
        if isinstance(outcome, Changed):
            alert, changes = outcome.alert, changes + 1
    assert alert.version == 1 + changes
    assert_whole(alert)


def assert_whole(alert: Alert) -> None:
    """What the table's own checks demand too."""
    closed: tuple[State, State] = ("resolved", "withdrawn")
    assert (alert.closed_at is not None) == (alert.state in closed)
    assert (alert.disposition is not None) == (alert.state == "resolved")
    assert (alert.lease_until is not None) == (alert.state == "claimed")
    if alert.state == "claimed":
        assert alert.agent is not None
