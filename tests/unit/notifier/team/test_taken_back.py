"""A supervisor puts back into the queue what an agent has, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime

from services.notifier.alert import Alert, Changed, NotYours, Over
from services.notifier.life import take_back

NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
WAITING = Alert("a", "e", "demo/shopify/7", "c")
HELD = replace(WAITING, state="claimed", agent="misaki", lease_until=NOW, version=4)


def test_what_an_agent_has_goes_back_and_who_did_it_is_told() -> None:
    outcome = take_back(HELD, "ken")
    back = replace(HELD, state="raised", agent=None, lease_until=None, version=5)
    assert outcome == Changed(back, "released", "ken")


def test_what_was_promised_stays_promised() -> None:
    promised = replace(HELD, call_from=NOW, call_because="callback", promised_by="misaki")
    outcome = take_back(promised, "ken")
    assert isinstance(outcome, Changed)
    assert (outcome.alert.call_from, outcome.alert.promised_by) == (NOW, "misaki")


def test_what_nobody_has_stays_where_it_is() -> None:
    assert take_back(WAITING, "ken") == NotYours()


def test_what_is_closed_stays_closed() -> None:
    assert take_back(replace(HELD, state="withdrawn", closed_at=NOW), "ken") == Over("withdrawn")
