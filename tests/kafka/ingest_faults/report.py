"""The report: what a fault run did, what it should have caused, and what the checker found."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles

from tests.kafka.ingest_faults.checker import Verdict
from tests.kafka.ingest_faults.history import Ended, Entry
from tests.kafka.ingest_faults.ingest import Ingest
from tests.kafka.ingest_faults.readings import Readings

DISK_REFUSALS = "refused by the spool's disk"


@dataclass(frozen=True, slots=True)
class Played:
    """A fault that is over (Unix time); `recovery`: seconds from the broker's return to an empty spool."""

    name: str
    began: float
    ended: float
    recovery: float


@dataclass(frozen=True, slots=True)
class Report:
    """`sometimes` counts what the faults should have caused: a run in which it is 0 has proved nothing."""

    verdict: Verdict
    played: Sequence[tuple[Played, float]]
    deaths: Mapping[str, int]
    surprises: Sequence[str]
    outcomes: Mapping[str, int]
    sometimes: Mapping[str, int]
    acks: Sequence[float]
    most_memory: float
    most_waiting: float

    @property
    def good(self) -> bool:
        return self.verdict.good and not self.surprises

    def __str__(self) -> str:
        verdict, outcomes = self.verdict, self.outcomes
        p50, p99 = _percentiles(self.acks)
        lines = [
            f"deliveries: {verdict.acknowledged} acknowledged, {verdict.open} not"
            f" ({verdict.open_but_there} of these are in Kafka all the same)",
            "attempts: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())),
            f"acknowledged within: {1000 * p50:.0f} ms (p50), {1000 * p99:.0f} ms (p99)",
            "ingest died: " + ", ".join(f"{count} {death}" for death, count in self.deaths.items()),
            "longest time without a 2xx, and from the broker's return until the spool was empty:",
            *[f"  {silence:5.1f} s {each.recovery:6.1f} s  {each.name}" for each, silence in self.played],
            f"at most: {self.most_waiting:.0f} records in the spool,"
            f" {self.most_memory / 2**20:.0f} MiB of memory",
            "sometimes: " + ", ".join(f"{what} {count}" for what, count in self.sometimes.items()),
            f"copies in the log: {verdict.copies} (readers drop them by id)",
            f"lost: {_told(verdict.lost)}",
            f"in Kafka and never sent: {_told(verdict.strange)}",
            f"out of order: {_told(verdict.disordered)}",
            f"older contact on top: {_told(verdict.undone)}",
            f"surprises: {'; '.join(self.surprises) or 'none'}",
        ]
        return "\n".join(lines)


def report(verdict: Verdict, history: Sequence[Entry], ingest: Ingest, played: Sequence[Played]) -> Report:
    ends = [entry for entry in history if isinstance(entry, Ended)]
    acknowledged = [entry for entry in ends if entry.acknowledged]
    outcomes = Counter(str(entry.outcome) for entry in ends)
    return Report(
        verdict=verdict,
        played=[(each, _silence(each, [entry.at for entry in acknowledged])) for each in played],
        deaths={str(death): count for death, count in ingest.deaths.items()},
        surprises=ingest.surprises,
        outcomes=outcomes,
        sometimes=_sometimes(ingest.readings) | {"503 seen": outcomes["503"]},
        acks=[entry.seconds for entry in acknowledged],
        most_memory=ingest.readings.most_memory,
        most_waiting=ingest.readings.most_waiting,
    )


def _sometimes(readings: Readings) -> dict[str, int]:
    """What a life counted in its last moments before it was killed is missing."""
    counters = {
        "kept by Kafka": 'hikitome_ingest_kept_total{where="kafka"}',
        "kept by the spool": 'hikitome_ingest_kept_total{where="spool"}',
        "drained": "hikitome_spool_drained_total",
        "producers rebuilt": "hikitome_kafka_producer_rebuilds_total",
        "refused by a full spool": 'hikitome_spool_refusals_total{reason="full"}',
        DISK_REFUSALS: 'hikitome_spool_refusals_total{reason="disk"}',
    }
    return {what: int(readings.total(name)) for what, name in counters.items()}


def _silence(fault: Played, acks: Iterable[float]) -> float:
    """The longest time within the fault in which nothing was acknowledged."""
    within = [fault.began, *sorted(at for at in acks if fault.began < at < fault.ended), fault.ended]
    return max(after - before for before, after in pairwise(within))


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    cuts = quantiles(seconds, n=100) if len(seconds) > 1 else [float("nan")] * 99
    return cuts[49], cuts[98]


def _told(found: Sequence[object]) -> str:
    return f"{len(found)}{': ' + ', '.join(map(str, found[:5])) if found else ''}"
