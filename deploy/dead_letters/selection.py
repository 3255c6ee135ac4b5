"""A selection: which letters are meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from deploy.dead_letters.letter import SERVICES, Letter
from shared.kafka.replayed import Replayed

Notes = Mapping[tuple[str, int, int], Replayed]
"""What became of the letters that were replayed, by their places."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is empty or None does not narrow it; `since` is part of the time meant, `until` is not."""

    services: tuple[str, ...] = SERVICES
    shop: str | None = None
    cart: str | None = None
    reasons: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    offsets: frozenset[int] = frozenset()
    replayed_too: bool = False

    def takes(self, letter: Letter, notes: Notes) -> bool:
        return (
            letter.service in self.services
            and self.shop in (None, letter.shop)
            and self.cart in (None, letter.cart)
            and (not self.reasons or letter.reason in self.reasons)
            and self._in_time(letter.at)
            and (not self.offsets or letter.offset in self.offsets)
            and (self.replayed_too or letter.place not in notes)
        )

    def _in_time(self, at: datetime | None) -> bool:
        if at is None:
            return self.since is None and self.until is None
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)
