"""Allow: which offers may be made to this customer now, and why the others may not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.notifier.offers.effect import OVER, Contract, Effect, effect
from services.notifier.offers.offer import Catalogue, Offer
from services.notifier.web.call_reasons import Route, route_of
from shared.events.money import Money

Answer = Literal["accepted", "declined", "thinking"]
Persuasion = Literal["open", "one", "none"]
Because = Literal[
    "contract_over",
    "route_safety",
    "route_complaint",
    "route_close",
    "asked_to_leave",
    "payment_stopped",
    "no_contract",
    "paused",
    "skipped_often",
    "within_minimum",
    "other_reason",
    "refused_before",
    "given_lately",
    "paused_lately",
    "costs_too_much",
]

MOST_SKIPS_IN_A_ROW = 2
"""Who has left out this many parcels is helped by another cycle or a pause, not by one more skip."""


@dataclass(frozen=True, slots=True)
class Given:
    """An offer that was made; `at` is business time."""

    at: datetime
    offer: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides; `contract` is None for a customer without one, `value` what is at risk.

    `reason` is what the customer said, a code of the call reasons; `expected` what the risk lets one expect.
    """

    value: Money
    contract: Contract | None = None
    reason: str | None = None
    expected: str | None = None
    given: Sequence[Given] = ()

    @property
    def likely(self) -> str | None:
        return self.reason or self.expected

    @property
    def route(self) -> Route:
        return route_of(self.likely)


@dataclass(frozen=True, slots=True)
class Allowed:
    """`fits`: it is the first proposal for the reason. `last_given`: when it was last made."""

    offer: Offer
    effect: Effect | None
    fits: bool
    last_given: datetime | None


@dataclass(frozen=True, slots=True)
class Barred:
    offer: Offer
    because: Because


def persuasion(facts: Facts) -> Persuasion:
    """After a clear request to leave one proposal at most, and none where no offer helps (特商法 17条)."""
    contract = facts.contract
    if facts.route != "persuade" or (contract is not None and contract.state in OVER):
        return "none"
    requested = contract.requested_at if contract is not None else None
    if requested is None:
        return "open"
    return "none" if any(given.at >= requested for given in facts.given) else "one"


def allowed(facts: Facts, catalogue: Catalogue, now: datetime) -> list[Allowed | Barred]:
    """Every offer of the catalogue in its order; `now` is business time."""
    judged = [(offer, _because(offer, facts, now)) for offer in catalogue.values()]
    answering = (offer.key for offer, because in judged if because is None and facts.likely in offer.reasons)
    first = next(answering, None)
    return [
        Allowed(offer, _effect(offer, facts, now), offer.key == first, _last(offer, facts))
        if because is None
        else Barred(offer, because)
        for offer, because in judged
    ]


def _because(offer: Offer, facts: Facts, now: datetime) -> Because | None:
    return next((because for rule in _RULES if (because := rule(offer, facts, now)) is not None), None)


def _over(_offer: Offer, facts: Facts, _now: datetime) -> Because | None:
    return "contract_over" if facts.contract is not None and facts.contract.state in OVER else None


def _route(_offer: Offer, facts: Facts, _now: datetime) -> Because | None:
    match facts.route:
        case "safety":
            return "route_safety"
        case "complaint":
            return "route_complaint"
        case "close":
            return "route_close"
        case "persuade":
            return "asked_to_leave" if persuasion(facts) == "none" else None


def _contract(offer: Offer, facts: Facts, _now: datetime) -> Because | None:
    contract = facts.contract
    if contract is None:
        return "no_contract" if offer.kind in ("skip", "cycle", "pause") else None
    if contract.state == "payment_stopped":
        return "payment_stopped"
    if contract.state == "paused" and offer.kind in ("skip", "pause"):
        return "paused"
    if offer.kind == "skip" and contract.skips_in_a_row >= MOST_SKIPS_IN_A_ROW:
        return "skipped_often"
    return "within_minimum" if contract.minimum_left and not offer.within_minimum else None


def _reason(offer: Offer, facts: Facts, _now: datetime) -> Because | None:
    """What is paid for is for the reasons it was made for; what costs nothing may help anyone."""
    meant = not offer.cost or not offer.reasons or facts.reason is None or facts.reason in offer.reasons
    return None if meant else "other_reason"


def _before(offer: Offer, facts: Facts, now: datetime) -> Because | None:
    """Who refused a new contract is not asked again; nor is anybody asked the same too often."""
    answers = {given.answer for given in facts.given if given.offer == offer.key}
    if offer.new_contract and "declined" in answers:
        return "refused_before"
    since = now - timedelta(days=offer.spacing_days)
    if any(given.at > since for given in facts.given if _counts(given, offer)):
        return "given_lately"
    paused = facts.contract.paused_at if facts.contract is not None else None
    return "paused_lately" if offer.kind == "pause" and paused is not None and paused > since else None


def _counts(given: Given, offer: Offer) -> bool:
    """Who is still thinking about it may be asked what came of that."""
    return given.offer == offer.key and given.answer != "thinking"


def _cost(offer: Offer, facts: Facts, _now: datetime) -> Because | None:
    worth = offer.currency == facts.value.currency and offer.cost < facts.value.amount
    return None if worth or not offer.cost else "costs_too_much"


_RULES: tuple[Callable[[Offer, Facts, datetime], Because | None], ...] = (
    _over,
    _route,
    _contract,
    _reason,
    _before,
    _cost,
)


def _effect(offer: Offer, facts: Facts, now: datetime) -> Effect | None:
    return None if facts.contract is None else effect(facts.contract, now)


def _last(offer: Offer, facts: Facts) -> datetime | None:
    return max((given.at for given in facts.given if given.offer == offer.key), default=None)
