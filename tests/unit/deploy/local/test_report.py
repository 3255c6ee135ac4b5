"""The demo's report counts what the JSON line promises."""

import msgspec
import pytest

from deploy.local.check import Findings, Received, beyond_one
from deploy.local.report import Run, lines, percentile, report
from shared.clock import system_clock
from simulation.send import Sent


def sent(ack_ms: float | None) -> Sent:
    return Sent(
        webhook_id="w",
        event_id="e",
        topic="orders/create",
        customer="1",
        copy=1,
        attempts=1,
        accepted_at=None if ack_ms is None else system_clock(),
        ack_ms=ack_ms,
        last_trouble=None,
    )


def findings(lost: int = 0, doubled: int = 0) -> Findings:
    return Findings(
        lost={"events": lost, "alerts": 0},
        doubled={"mails": doubled},
        withheld=1,
        waiting=0,
        events_scored=7,
        risk_events=3,
        alerts=2,
    )


def run(alerts_twice: int = 0) -> Run:
    return Run(
        history=[sent(10.0), sent(30.0), sent(None)],
        alert_ms=[500.0],
        alerts_twice=alerts_twice,
        received=Received(mails=["a", "b"], line=["k"], post=["c", "d", "e"]),
        restarts=0,
        reconnects=0,
        days=60.04,
        seed=1,
        truth=None,
    )


def test_the_json_line_has_every_promised_number() -> None:
    told = msgspec.json.decode(msgspec.json.encode(report(run(), findings())))
    assert told["webhooks_sent"] == 3
    assert told["webhooks_accepted"] == 2
    assert (told["events_scored"], told["risk_events"], told["alerts"], told["mails"]) == (7, 3, 2, 2)
    assert (told["line"], told["post"]) == (1, 3)
    assert told["ack_ms"] == {"p50": 10.0, "p99": 30.0}
    assert told["alert_ms"] == {"p50": 500.0, "p99": 500.0}
    assert (told["lost"], told["doubled"]) == (0, 0)


def test_one_lost_event_is_not_well() -> None:
    assert not report(run(), findings(lost=1)).well()


def test_one_alert_that_came_twice_is_not_well() -> None:
    done = report(run(alerts_twice=1), findings())
    assert (done.doubled, done.well()) == (1, False)


def test_the_summary_names_the_cause_of_a_loss() -> None:
    assert ("Lost", "2 (2 events)") in lines(report(run(), findings(lost=2)))


def test_without_a_measurement_there_is_no_percentile() -> None:
    assert percentile([], 99) is None


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (99, 99.0), (100, 100.0), (1, 1.0)])
def test_a_percentile_is_the_nearest_rank(percent: int, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], percent) == value


def test_two_messages_of_one_action_are_one_too_many() -> None:
    assert beyond_one(["a", "b", "a"], {"a", "b", "c"}) == 1


@pytest.mark.parametrize("stranger", [None, "x"])
def test_a_message_that_names_no_action_of_ours_is_one_too_many(stranger: str | None) -> None:
    assert beyond_one(["a", stranger], {"a"}) == 1
