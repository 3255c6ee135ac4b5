"""Slices: what the rows of the team's figures are called, and the figures as a sheet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notifier.team import MOST_DELIVERIES, Figures, Rate, Slice, Table
from services.notifier.web.call_reasons import TREE
from services.notifier.web.reason_names import NAMES
from services.notifier.web.sheet import Cell
from services.notifier.web.words import WORDS, Language

_COUNTS = (
    ("fig_alerts", "alerts"),
    ("fig_calls", "calls"),
    ("fig_reached", "reached"),
    ("fig_kept_count", "kept"),
    ("fig_observing_count", "observing"),
    ("fig_requests_count", "requests"),
    ("fig_minutes", "minutes"),
    ("fig_cost", "cost"),
)
_RATES = (
    ("fig_reach", "reach"),
    ("fig_in_time", "in_time"),
    ("fig_kept", "kept"),
    ("fig_durable", "durable"),
    ("fig_saved", "saved"),
    ("fig_same_day", "same_day"),
    ("fig_offers", "accepted"),
)
_OF_RATE = ("sheet_share", "sheet_n", "sheet_of", "sheet_low", "sheet_high", "sheet_few")


@dataclass(frozen=True, slots=True)
class Labels:
    """Names of a slice's values in one language; `agents` are people's names by login."""

    language: Language
    agents: Mapping[str, str]

    def of(self, by: Slice, key: str | None) -> str:
        words, place = WORDS[self.language], 0 if self.language == "ja" else 1
        if key is None:
            return words["team_unknown"]
        match by:
            case "reason":
                return NAMES.get(key, (key, key))[place]
            case "call_reason":
                return next((getattr(each, self.language) for each in TREE if each.code == key), key)
            case "kind" | "band":
                return words.get(f"{by}_{key}", key)
            case "delivery":
                word = "delivery_most" if int(key) == MOST_DELIVERIES else "delivery_nth"
                return words[word].replace("{n}", key)
            case "agent":
                return self.agents.get(key, key)
            case _:
                return key

    def all(self, table: Table) -> dict[str, str]:
        """By key; the unknown has the key ""."""
        return {row.key or "": self.of(table.by, row.key) for row in table.rows}


def lines(table: Table, labels: Labels, shop: str, made: datetime) -> list[list[Cell]]:
    """The figures as a sheet: what they are about first, then a row for each value and one for all."""
    words = WORDS[labels.language]
    period = table.period
    about: list[list[Cell]] = [
        [words["sheet_title"], shop],
        [words["sheet_period"], period.first.isoformat(), period.last.isoformat()],
        [words["sheet_by"], words[f"by_{table.by}"]],
        [words["sheet_unit"], words["sheet_units"]],
        [words["sheet_made"], made.strftime("%Y-%m-%d %H:%M")],
        [],
    ]
    rows = [[labels.of(table.by, row.key), *_cells(row.figures)] for row in table.rows]
    total = [words["team_all"], *_cells(table.total)]
    return [*about, list(_heads(words, table.by)), *rows, total]


def _heads(words: Mapping[str, str], by: Slice) -> Iterable[str]:
    yield words[f"by_{by}"]
    yield from (words[word] for word, _ in _COUNTS)
    for word, _ in _RATES:
        yield from (words[part].replace("{figure}", words[word]) for part in _OF_RATE)


def _cells(figures: Figures) -> list[Cell]:
    counts: list[Cell] = [getattr(figures.counts, name) for _, name in _COUNTS]
    return [*counts, *(cell for _, name in _RATES for cell in _of_rate(getattr(figures, name)))]


def _of_rate(rate: Rate) -> list[Cell]:
    return [rate.share, rate.hits, rate.of, rate.low, rate.high, int(rate.few)]
