"""The ledger: what every webhook of the simulated shop must become, by the translation that ingest uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from deploy.simulated import translate
from services.ingest.carts.base import Translated
from shared.events.customer import ContactChanged
from simulation.send import Due, Sent
from simulation.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Expected:
    """Ids of events that must be in scoring's log, and customers that the notifier must know how to reach."""

    events: set[str]
    customers: set[str]


class Ledger:
    """Stands between the shop and the sender."""

    def __init__(self, due: Due) -> None:
        self._due = due
        self._becomes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def due(self, moment: datetime) -> list[Webhook]:
        """What the shop has to tell, noted before it is sent."""
        webhooks = list(self._due(moment))
        for webhook in webhooks:
            self._becomes[webhook.webhook_id] = _becomes(webhook)
        return webhooks

    def expected(self, accepted: Iterable[Sent]) -> Expected:
        noted = [self._becomes[sent.webhook_id] for sent in accepted]
        return Expected(
            {event for events, _ in noted for event in events},
            {customer for _, customers in noted for customer in customers},
        )


def _becomes(webhook: Webhook) -> tuple[tuple[str, ...], tuple[str, ...]]:
    match translate(webhook):
        case Translated(envelopes):
            events = tuple(e.id for e in envelopes if not isinstance(e.data, ContactChanged))
            return events, tuple(e.subject for e in envelopes if isinstance(e.data, ContactChanged))
        case _:
            return (), ()
