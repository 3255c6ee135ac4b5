"""PURE. The demo's report: what was counted, as one JSON object and as lines for people."""

from collections.abc import Sequence

import msgspec

from deploy.local.check import Findings, Received
from simulation.send import Sent


class Spread(msgspec.Struct, frozen=True):
    """Milliseconds; None when nothing was measured."""

    p50: float | None
    p99: float | None


class Report(msgspec.Struct, frozen=True):
    """The last line of `hikitome demo --json`."""

    webhooks_sent: int
    webhooks_accepted: int
    events_scored: int
    risk_events: int
    alerts: int
    mails: int
    line: int
    post: int
    ack_ms: Spread
    alert_ms: Spread
    lost: int
    doubled: int
    lost_by: dict[str, int]
    doubled_by: dict[str, int]
    alerts_withheld: int
    still_waiting: int
    restarts: int
    reconnects: int
    days: float
    seed: int
    truth: dict[str, float] | None

    def well(self) -> bool:
        return self.lost == 0 and self.doubled == 0


class Run(msgspec.Struct, frozen=True):
    """What the demo itself knows of its run; the check finds the rest."""

    history: Sequence[Sent]
    alert_ms: Sequence[float]
    alerts_twice: int
    received: Received
    restarts: int
    reconnects: int
    days: float
    seed: int
    truth: dict[str, float] | None


def spread(values: Sequence[float]) -> Spread:
    return Spread(percentile(values, 50), percentile(values, 99))


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest value that at least `percent` of a hundred do not exceed (nearest rank)."""
    if not values:
        return None
    rank = -(-len(values) * percent // 100)
    return round(sorted(values)[rank - 1], 1)


def report(run: Run, findings: Findings) -> Report:
    doubled_by = {**findings.doubled, "on_the_stream": run.alerts_twice}
    return Report(
        webhooks_sent=len(run.history),
        webhooks_accepted=sum(1 for sent in run.history if sent.accepted_at),
        events_scored=findings.events_scored,
        risk_events=findings.risk_events,
        alerts=findings.alerts,
        mails=len(run.received.mails),
        line=len(run.received.line),
        post=len(run.received.post),
        ack_ms=spread([sent.ack_ms for sent in run.history if sent.ack_ms is not None]),
        alert_ms=spread(run.alert_ms),
        lost=sum(findings.lost.values()),
        doubled=sum(doubled_by.values()),
        lost_by=findings.lost,
        doubled_by=doubled_by,
        alerts_withheld=findings.withheld,
        still_waiting=findings.waiting,
        restarts=run.restarts,
        reconnects=run.reconnects,
        days=round(run.days, 1),
        seed=run.seed,
        truth=run.truth,
    )


def lines(done: Report) -> list[tuple[str, str]]:
    """A label and what it says, for the summary on the terminal."""
    return [
        ("Simulated days", f"{done.days:g}"),
        ("Webhooks", f"{done.webhooks_sent} sent, {done.webhooks_accepted} accepted"),
        ("Answered after", _spoken(done.ack_ms)),
        ("Events scored", str(done.events_scored)),
        ("Risks", f"{done.risk_events} told, {done.alerts} alerts"),
        ("Messages", f"{done.mails} mails, {done.line} by LINE, {done.post} by post"),
        ("Alert on the desk after", _spoken(done.alert_ms)),
        *_quality(done.truth),
        ("Lost", _by_cause(done.lost, done.lost_by)),
        ("Doubled", _by_cause(done.doubled, done.doubled_by)),
    ]


def _quality(truth: dict[str, float] | None) -> list[tuple[str, str]]:
    if truth is None:
        return []
    reached = f"AUC {truth['auc']:.3f}, where knowing the truth gives {truth['auc_of_truth']:.3f}"
    return [("Scores", f"{reached}; calibration error {truth['calibration_error']:.3f}")]


def _spoken(times: Spread) -> str:
    return "–" if times.p50 is None else f"{times.p50:.0f} ms (median), {times.p99:.0f} ms (99 %)"


def _by_cause(total: int, causes: dict[str, int]) -> str:
    named = ", ".join(f"{count} {cause}" for cause, count in causes.items() if count)
    return f"{total} ({named})" if named else str(total)
