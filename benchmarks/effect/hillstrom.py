"""Hillstrom: a published e-mail experiment, and whether our estimate of it is the published one.

Kevin Hillstrom's MineThatData E-Mail Analytics And Data Mining Challenge (20 March 2008): 64,000 customers,
a third each was sent an e-mail about men's merchandise, one about women's, or none. What came of each group
within two weeks is in `PUBLISHED`: purchases and dollars as public re-analyses of the data print them. For
visits we know of no print: those shares were computed from the file, and there only the code is checked.
"""

import csv
import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from services.notifier.effect.arms import arms_of
from services.notifier.effect.difference import Difference
from services.notifier.effect.means import means
from services.notifier.effect.shares import shares

FILE = Path(__file__).parents[3] / "shared" / "data" / "uplift" / "hillstrom.csv.gz"
OUTCOMES = ("visit", "conversion", "spend")
ALONE = "No E-Mail"
# Customers; then the share that visited, the share that bought, and the dollars that one spent.
PUBLISHED: Mapping[str, tuple[int, float, float, float]] = {
    "Mens E-Mail": (21_307, 0.182757, 0.012531, 1.422617),
    "Womens E-Mail": (21_387, 0.151400, 0.008837, 1.077202),
    ALONE: (21_306, 0.106167, 0.005726, 0.652789),
}
# Published to six places, so that a difference of two may be off by one in the last.
_EXACT = 1.5e-6


class Lift(msgspec.Struct, frozen=True):
    """What an e-mail added to an outcome, as published and as we find it."""

    mail: str
    outcome: str
    published: float
    found: float
    low: float
    high: float

    @property
    def same(self) -> bool:
        return abs(self.found - self.published) < _EXACT


def lifts() -> list[Lift] | None:
    """None where the file is not at hand."""
    if not FILE.exists():
        return None
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mails = [mail for mail in PUBLISHED if mail != ALONE]
    return [_lift(rows, mail, place, name) for mail in mails for place, name in enumerate(OUTCOMES, 1)]


def _lift(rows: Sequence[Mapping[str, str]], mail: str, place: int, outcome: str) -> Lift:
    found = _found([row for row in rows if row["segment"] in (mail, ALONE)], mail, outcome)
    if found.value is None or found.low is None or found.high is None:
        raise ValueError(f"{mail}, {outcome}: an arm is empty")
    published = PUBLISHED[mail][place] - PUBLISHED[ALONE][place]
    return Lift(mail, outcome, round(published, 6), found.value, found.low, found.high)


def _found(rows: Sequence[Mapping[str, str]], mail: str, outcome: str) -> Difference:
    arms = arms_of(range(len(rows)), [row["segment"] == mail for row in rows])
    values = np.array([float(row[outcome]) for row in rows])
    return means(arms, values) if outcome == "spend" else shares(arms, values)
