"""Tallies: how many letters of each kind, in a few words."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from deploy.dead_letters.fate import Closes, Fate
from deploy.dead_letters.letter import Letter
from shared.kafka.replayed import Outcome, Replayed

_MOST_NAMED = 20


@dataclass(slots=True)
class Listed:
    """What a list has come across."""

    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    replayed: int = 0

    def count(self, letter: Letter, note: Replayed | None) -> None:
        self.reasons[letter.service, letter.reason] += 1
        self.replayed += note is not None

    @property
    def letters(self) -> int:
        return self.reasons.total()

    def __str__(self) -> str:
        if not self.letters:
            return "No letter."
        by_reason = ", ".join(
            f"{service} {reason} {number:,}" for (service, reason), number in self.reasons.most_common()
        )
        replayed = f" ({self.replayed:,} of them replayed)" if self.replayed else ""
        return f"{_letters(self.letters)}{replayed}: {by_reason}"


@dataclass(slots=True)
class Replaying:
    """What becomes, or has become, of letters that are replayed."""

    closed: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    events: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    stays: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def count(self, letter: Letter, fate: Fate) -> None:
        if isinstance(fate, Closes):
            self.closed[letter.service, fate.outcome] += 1
            self.events[letter.service, fate.outcome] += fate.events
            if fate.told is not None and len(self.told) < _MOST_NAMED:
                self.told.append(f"For a person ({letter.service} {letter.offset}): {fate.told}.")
        else:
            self.stays[letter.service, fate.why] += 1

    @property
    def letters(self) -> int:
        return self.closed.total() + self.stays.total()

    def lines(self) -> Iterator[str]:
        for (service, outcome), number in sorted(self.closed.items()):
            done = _DONE[outcome].format(events=_counted(self.events[service, outcome], "event"))
            yield f"  {service}: {_letters(number)} {done}"
        for (service, why), number in sorted(self.stays.items()):
            yield f"  {service}: {_letters(number)} stay{'s' * (number == 1)} open: {why}"
        yield from (f"  {line}" for line in self.told)


_DONE = {
    "translated": "translated to {events}",
    "ignored": "of no use to us, closed without an event",
    "put_back": "put back where it came from",
}


def _letters(number: int) -> str:
    return _counted(number, "letter")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
