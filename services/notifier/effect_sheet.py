"""Effect sheet: what a scenario came to as a table to carry away, and what its segments are called."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.notifier.effect.creatives import Contest
from services.notifier.effect.difference import Difference
from services.notifier.effect.outcomes import Outcomes, Side
from services.notifier.effect.report import Report
from services.notifier.effect.segments import Segment
from services.notifier.effect.unit import By
from services.notifier.web.reason_names import NAMES
from services.notifier.web.sheet import Cell
from services.notifier.web.words import WORDS, Language

Lines = list[list[Cell]]


@dataclass(frozen=True, slots=True)
class About:
    """What the sheet says of itself; `days` is the window."""

    shop: str
    scenario: str
    first: date
    last: date
    days: int
    made: datetime


@dataclass(frozen=True, slots=True)
class Names:
    """Names of segments in one language."""

    language: Language
    currency: str

    def word(self, key: str) -> str:
        return WORDS[self.language][key]

    def of(self, by: By, key: str | None) -> str:
        if key is None:
            return self.word("effect_unknown")
        match by:
            case "reason":
                return NAMES.get(key, (key, key))[0 if self.language == "ja" else 1]
            case "band":
                return WORDS[self.language].get(f"band_{key}", key)
            case "delivery":
                word = "effect_delivery_most" if key.endswith("+") else "effect_delivery"
                return self.word(word).replace("{n}", key.rstrip("+").replace("-", "–"))
            case _:
                return WORDS[self.language].get(f"effect_{by}_{key}", key)

    def labels(self, report: Report) -> dict[str, dict[str, str]]:
        """By kind and key; the unknown has the key ""."""
        found: dict[str, dict[str, str]] = {}
        for one in report.segments:
            found.setdefault(one.by, {})[one.key or ""] = self.of(one.by, one.key)
        return found


def lines(report: Report, names: Names, about: About) -> Lines:
    """What it is about, both arms, the differences, the segments and the words beside each other."""
    outcomes = report.outcomes
    return [
        [names.word("effect_sheet"), about.shop],
        [names.word("effect_scenario"), about.scenario],
        [names.word("effect_period"), about.first.isoformat(), about.last.isoformat()],
        [names.word("effect_days"), about.days],
        [names.word("effect_sheet_units"), names.currency],
        [names.word("effect_sheet_made"), about.made.strftime("%Y-%m-%d %H:%M")],
        [names.word("effect_state"), names.word(f"effect_state_{outcomes.verdict.state}")],
        [],
        *_arms(report, names),
        [],
        *_differences(outcomes, names),
        [],
        *_segments(report.segments, names),
        [],
        *_contests(report.contests, names),
    ]


def _arms(report: Report, names: Names) -> Lines:
    heads = ("enrolments", "customers", "retained", "orders", "sales", "profit", "cost")
    left = report.left
    return [
        ["", *(names.word(f"effect_{head}") for head in (*heads, "observing", "erased"))],
        [names.word("effect_sent"), *_side(report.outcomes.sent), left.observing_sent, left.erased_sent],
        [names.word("effect_held"), *_side(report.outcomes.held), left.observing_held, left.erased_held],
    ]


def _side(side: Side) -> Iterable[Cell]:
    return (side.enrolments, side.customers, side.retained, side.orders, side.sales, side.profit, side.cost)


def _differences(outcomes: Outcomes, names: Names) -> Lines:
    found = ("retention", "orders", "profit", "cost")
    heads = ("difference", "low", "high", "p")
    ratio, verdict = outcomes.per_spent, outcomes.verdict
    return [
        ["", *(names.word(f"effect_{head}") for head in heads)],
        *([names.word(f"effect_per_{each}"), *_cells(getattr(outcomes, each))] for each in found),
        [names.word("effect_per_spent"), ratio.value, ratio.low, ratio.high],
        [names.word("effect_always"), None, verdict.low, verdict.high],
    ]


def _cells(found: Difference) -> list[Cell]:
    return [found.value, found.low, found.high, found.p]


def _segments(segments: Iterable[Segment], names: Names) -> Lines:
    heads = ("segment", "", "sent", "held", "difference", "low", "high", "p_adjusted", "harmful")
    return [
        [names.word(f"effect_{head}") if head else "" for head in heads],
        *(
            [
                names.word(f"effect_by_{one.by}"),
                names.of(one.by, one.key),
                one.sent,
                one.held,
                one.retention.value,
                one.retention.low,
                one.retention.high,
                one.p,
                int(one.harmful),
            ]
            for one in segments
        ),
    ]


def _contests(contests: Iterable[Contest], names: Names) -> Lines:
    heads = ("step", "way", "base", "other", "of_base", "of_other", "difference", "low", "high", "p_adjusted")
    return [
        [names.word(f"effect_{head}") for head in heads],
        *(
            [
                one.step,
                names.of("way", one.way),
                one.base,
                one.other,
                one.of_base,
                one.of_other,
                one.retention.value,
                one.retention.low,
                one.retention.high,
                one.p,
            ]
            for one in contests
        ),
    ]
