"""An alert's life, state by state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notifier.alert import (
    DISPOSITIONS,
    Alert,
    Cause,
    Changed,
    Disposition,
    Held,
    NotYours,
    Over,
    Promised,
    TakenBy,
    TooEarly,
)
from services.notifier.life import (
    assign,
    claim,
    hold,
    is_same,
    prolong,
    release,
    resolve,
    transfer,
    withdraw,
)
from services.notifier.resolution import Resolution
from services.notifier.scenarios.calling import CallingHours, Calls

# A Wednesday noon in Japan.
NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
LEASE = timedelta(minutes=15)
TOMORROW = NOW + timedelta(days=1)
CALLS = Calls(CallingHours(ZoneInfo("Asia/Tokyo")))
RAISED = Alert("a", "episode", "shop/shopify/1", "webhook")
CLAIMED = replace(RAISED, state="claimed", version=2, agent="misaki", lease_until=NOW + LEASE)
RESOLVED = replace(CLAIMED, state="resolved", version=3, lease_until=None, disposition="kept", closed_at=NOW)
WITHDRAWN = replace(CLAIMED, state="withdrawn", version=3, lease_until=None, closed_at=NOW)
PROMISED = replace(RAISED, attempts=1, call_from=TOMORROW, call_because="callback", promised_by="misaki")
UNANSWERED = replace(RAISED, attempts=1, call_from=TOMORROW, call_because="no_answer")
CLOSING: list[Disposition] = [one for one in DISPOSITIONS if one not in ("callback", "no_answer")]


def changed(outcome: object) -> Changed:
    assert isinstance(outcome, Changed)
    return outcome


def ended(alert: Alert, resolution: Resolution, agent: str = "misaki", now: datetime = NOW) -> Changed:
    return changed(resolve(alert, agent, resolution, now, CALLS))


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


def test_a_heartbeat_prolongs_ones_own_lease_and_never_takes_what_another_has_or_nobody() -> None:
    later = NOW + timedelta(minutes=5)
    assert changed(prolong(CLAIMED, "misaki", later, LEASE)).alert.lease_until == later + LEASE
    assert changed(prolong(CLAIMED, "misaki", NOW + LEASE * 2, LEASE)).what == "renewed"
    assert prolong(CLAIMED, "ken", NOW + LEASE * 2, LEASE) == NotYours()
    assert prolong(RAISED, "misaki", NOW, LEASE) == NotYours()


@pytest.mark.parametrize("waiting", [PROMISED, UNANSWERED])
def test_before_the_time_of_the_next_call_it_is_taken_only_knowingly(waiting: Alert) -> None:
    assert claim(waiting, "ken", NOW, LEASE) == TooEarly(TOMORROW)
    assert changed(claim(waiting, "ken", NOW, LEASE, early=True)).what == "claimed"
    assert changed(claim(waiting, "ken", TOMORROW, LEASE)).what == "claimed"


def test_who_promised_the_call_back_may_call_before_it_is_due() -> None:
    assert changed(claim(PROMISED, "misaki", NOW, LEASE)).alert.promised_by == "misaki"
    assert claim(UNANSWERED, "misaki", NOW, LEASE) == TooEarly(TOMORROW)


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


def test_only_its_agent_releases_transfers_or_resolves_it() -> None:
    for alert in (CLAIMED, RAISED):
        assert release(alert, "ken") == NotYours()
        assert transfer(alert, "ken", "ken", None, NOW, LEASE) == NotYours()
        assert resolve(alert, "ken", Resolution("kept"), NOW, CALLS) == NotYours()


def test_who_is_given_it_holds_it_with_a_fresh_lease_and_reads_the_word_that_came_with_it() -> None:
    later = NOW + timedelta(minutes=9)
    given = changed(transfer(CLAIMED, "misaki", "ken", "英語をご希望", later, LEASE))
    assert (given.what, given.agent, given.detail) == ("transferred", "misaki", "ken")
    assert (given.alert.agent, given.alert.lease_until, given.alert.note) == (
        "ken",
        later + LEASE,
        "英語をご希望",
    )
    assert hold(given.alert, "misaki", later) == NotYours()


def test_a_supervisor_gives_it_to_anyone_whoever_has_it() -> None:
    for alert in (RAISED, CLAIMED, UNANSWERED, replace(RAISED, parked=True)):
        given = changed(assign(alert, "boss", "ken", NOW, LEASE)).alert
        assert (given.state, given.agent, given.parked) == ("claimed", "ken", False)


def test_with_the_alert_the_promise_changes_hands() -> None:
    given = changed(assign(PROMISED, "boss", "ken", NOW, LEASE)).alert
    back = changed(release(given, "ken")).alert
    assert (back.promised_by, back.call_from) == ("ken", TOMORROW)


def test_an_agent_whose_lease_has_run_out_unnoticed_may_still_say_how_it_ended() -> None:
    outcome = ended(CLAIMED, Resolution("paused", note="三か月"), now=NOW + LEASE * 2)
    assert (outcome.alert.state, outcome.alert.disposition, outcome.alert.note) == (
        "resolved",
        "paused",
        "三か月",
    )


def test_who_was_taken_over_can_no_longer_say_how_it_ended() -> None:
    taken = changed(claim(CLAIMED, "ken", NOW + LEASE, LEASE)).alert
    assert resolve(taken, "misaki", Resolution("kept"), NOW + LEASE, CALLS) == NotYours()


@pytest.mark.parametrize("disposition", CLOSING)
def test_what_needs_no_other_call_closes_the_alert_and_stands_in_the_trail(disposition: Disposition) -> None:
    outcome = ended(CLAIMED, Resolution(disposition))
    assert (outcome.alert.closed_at, outcome.alert.lease_until) == (NOW, None)
    assert (outcome.what, outcome.agent, outcome.detail) == ("resolved", "misaki", disposition)
    assert outcome.alert.attempts == 1


def test_a_call_back_goes_back_to_the_queue_with_its_time_and_who_promised_it() -> None:
    outcome = ended(CLAIMED, Resolution("callback", callback_at=TOMORROW))
    assert (outcome.what, outcome.detail) == ("deferred", "callback")
    assert outcome.alert == replace(PROMISED, version=3)


def test_a_call_back_needs_its_time() -> None:
    with pytest.raises(ValueError, match="without its time"):
        resolve(CLAIMED, "misaki", Resolution("callback"), NOW, CALLS)


def test_nobody_answers_three_times_with_hours_between_and_then_it_is_given_up() -> None:
    alert, calls = CLAIMED, []
    for _ in range(CALLS.attempts - 1):
        outcome = ended(alert, Resolution("no_answer"))
        assert (outcome.what, outcome.alert.call_because) == ("deferred", "no_answer")
        calls.append(outcome.alert.call_from)
        alert = changed(claim(outcome.alert, "misaki", NOW, LEASE, early=True)).alert
    assert calls == [NOW + timedelta(hours=3)] * 2
    given_up = ended(alert, Resolution("no_answer")).alert
    assert (given_up.state, given_up.disposition, given_up.attempts) == ("resolved", "no_answer", 3)
    assert (given_up.call_from, given_up.call_because) == (None, None)


def test_an_alert_is_withdrawn_even_from_under_its_agent() -> None:
    outcome = changed(withdraw(CLAIMED, "subscription_ended", NOW))
    assert outcome.alert == WITHDRAWN
    assert outcome.detail == "subscription_ended"


@pytest.mark.parametrize("cause", ["risk_left", "holdout"])
def test_a_promise_to_call_outlasts_what_only_we_know_of(cause: Cause) -> None:
    assert withdraw(PROMISED, cause, NOW) == Promised()
    assert changed(withdraw(UNANSWERED, cause, NOW)).alert.state == "withdrawn"


@pytest.mark.parametrize(
    "cause", ["cancel_requested", "customer_erased", "phone_refused", "subscription_ended"]
)
def test_who_asked_to_leave_or_for_no_calls_is_not_called_back_either(cause: Cause) -> None:
    outcome = changed(withdraw(PROMISED, cause, NOW)).alert
    assert (outcome.state, outcome.call_from, outcome.promised_by) == ("withdrawn", None, None)


def test_the_agent_of_a_withdrawn_alert_may_record_the_call_that_was_under_way() -> None:
    assert ended(WITHDRAWN, Resolution("cancelled")).alert.state == "resolved"
    assert ended(WITHDRAWN, Resolution("no_answer")).alert.state == "resolved"
    assert resolve(WITHDRAWN, "ken", Resolution("cancelled"), NOW, CALLS) == Over("withdrawn")


def test_but_it_leads_to_no_other_call() -> None:
    again = Resolution("callback", callback_at=TOMORROW)
    assert resolve(WITHDRAWN, "misaki", again, NOW, CALLS) == Over("withdrawn")


@pytest.mark.parametrize("closed", [RESOLVED, WITHDRAWN])
def test_what_is_closed_is_neither_claimed_handed_on_released_nor_withdrawn(closed: Alert) -> None:
    over = Over(closed.state)
    assert claim(closed, "misaki", NOW, LEASE) == over
    assert prolong(closed, "misaki", NOW, LEASE) == over
    assert transfer(closed, "misaki", "ken", None, NOW, LEASE) == over
    assert assign(closed, "boss", "ken", NOW, LEASE) == over
    assert release(closed, "misaki") == over
    assert withdraw(closed, "risk_left", NOW) == over


def test_a_resolved_alert_stays_resolved() -> None:
    assert resolve(RESOLVED, "misaki", Resolution("cancelled"), NOW, CALLS) == Over("resolved")


def test_the_same_result_is_known_again_and_another_is_not() -> None:
    said = Resolution("kept", reason="price", note="続けます", offer_detail={"count": 1})
    recorded = replace(said, offer_detail={})
    assert is_same(RESOLVED, recorded, said)
    assert not is_same(RESOLVED, recorded, replace(said, note="やめます"))


def test_a_call_back_at_another_time_is_another_result() -> None:
    recorded = Resolution("callback")
    assert is_same(PROMISED, recorded, Resolution("callback", callback_at=TOMORROW))
    assert not is_same(PROMISED, recorded, Resolution("callback", callback_at=NOW))
