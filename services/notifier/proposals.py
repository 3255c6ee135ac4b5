"""Proposals: what may be offered to the customer of an alert, and whether what came of it makes sense."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.notifier import agreements
from services.notifier.alert import Alert
from services.notifier.moments import Moments
from services.notifier.offers.allow import Allowed, Barred, Facts, Persuasion, allowed, persuasion
from services.notifier.offers.check import Problem, check
from services.notifier.offers.offer import Catalogue
from services.notifier.resolution import Resolution
from services.notifier.store import cards, dispositions
from services.notifier.store.cards import Card
from services.notifier.store.dispositions import Made, Success
from services.notifier.web.call_reasons import EXPECTED
from shared.events.money import Money
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Proposals:
    """`success` is by offer, of calls for the likely reason."""

    card: Card
    facts: Facts
    judged: Sequence[Allowed | Barred]
    persuasion: Persuasion
    made: Sequence[Made]
    success: Mapping[str, Success]


async def possible(
    connection: AsyncConnection, catalogue: Catalogue, alert: str, reason: str | None, now: datetime
) -> Proposals | None:
    """What may be offered for `reason` (None before it is heard) at `now` (business time).

    None if there is no such alert.
    """
    card = await cards.find(connection, alert)
    if card is None:
        return None
    made = await dispositions.made(connection, card.customer_ref)
    facts = await _facts(connection, card, reason, made)
    success = await dispositions.success(connection, facts.likely)
    judged = allowed(facts, catalogue, now)
    return Proposals(card, facts, judged, persuasion(facts), made, success)


async def _facts(connection: AsyncConnection, card: Card, reason: str | None, made: Sequence[Made]) -> Facts:
    contract = None
    if card.subscription is not None:
        agreement = await agreements.find(connection, card.customer_ref, card.subscription)
        contract = agreement.contract
    expected = next((EXPECTED[each.code] for each in card.reasons if each.code in EXPECTED), None)
    return Facts(card.value, contract, reason, expected, [each.given() for each in made])


def checking(
    resolution: Resolution, catalogue: Catalogue, at: Moments
) -> Callable[[AsyncConnection, Alert], Awaitable[Problem | None]]:
    """What tells whether this record of a call makes sense for an alert."""

    async def problem(connection: AsyncConnection, alert: Alert) -> Problem | None:
        found = await possible(connection, catalogue, alert.id, resolution.reason, at.business_now)
        return None if found is None else check(resolution, catalogue, found.judged, at.now)

    return problem


def priced(resolution: Resolution, catalogue: Catalogue) -> Resolution:
    """With what it costs the shop that the customer said yes."""
    offer = catalogue.get(resolution.offer or "")
    if offer is None or resolution.answer != "accepted":
        return resolution
    return replace(resolution, cost=Money(offer.cost, offer.currency))
