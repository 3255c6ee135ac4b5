"""Recent: the newest changes in memory: who was away for a moment is told without asking the database."""

from collections import Counter, deque
from collections.abc import Iterator

from services.notifier.store.cards import Card, Told, anonymous


class Recent:
    """Owns the newest changes after `floor`, `most` of them, and each alert as it stands now.

    What is closed is kept without a name: its row only leaves, and an erasure may not tell of it any more.
    """

    def __init__(self, floor: int, most: int) -> None:
        self._floor = floor
        self._most = most
        self._changes: deque[tuple[int, str, str]] = deque()
        self._cards: dict[str, Card] = {}
        self._mentions: Counter[str] = Counter()

    def add(self, told: Told) -> None:
        """The next change; its card takes the place of what was known of the alert."""
        card = told.card
        self._changes.append((told.seq, told.what, card.id))
        self._cards[card.id] = card if card.state in ("raised", "claimed") else anonymous(card)
        self._mentions[card.id] += 1
        if len(self._changes) > self._most:
            self._forget_oldest()

    def between(self, after: int, until: int) -> list[Told] | None:
        """The changes above `after`, up to `until`, in order; None if it does not go so far back."""
        return list(self._told(after, until)) if self._floor <= after <= until else None

    def _told(self, after: int, until: int) -> Iterator[Told]:
        for seq, what, alert in self._changes:
            if after < seq <= until:
                yield Told(seq, what, self._cards[alert])

    def _forget_oldest(self) -> None:
        self._floor, _, alert = self._changes.popleft()
        self._mentions[alert] -= 1
        if not self._mentions[alert]:
            del self._mentions[alert], self._cards[alert]
