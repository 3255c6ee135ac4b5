"""Batch: what a batch of events says, cut into pieces that are followed whole, in the order it was said."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from services.notifier.alert import Alert, Cause
from services.notifier.scenarios.occasion import HEARD
from services.notifier.store.alerts import Standing, Touched, cart_of
from services.notifier.store.customers import Over
from services.notifier.store.duplicates import Judgement, Suspicion
from services.notifier.store.persons import Whole
from shared.events.customer import ConsentGranted, ConsentWithdrawn, CustomerErased
from shared.events.envelope import Envelope
from shared.events.identity import (
    CustomerMerged,
    CustomerSeparated,
    DuplicateConfirmed,
    DuplicateDenied,
    DuplicateSuspected,
)
from shared.events.risk import RiskAssessed
from shared.events.subscription import (
    SubscriptionCancelled,
    SubscriptionCancelRequested,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionResumed,
    SubscriptionStarted,
)

Sort = Literal["risk", "word", "erasure", "identity", "other"]


@dataclass(frozen=True, slots=True)
class Assessed:
    """A risk, and the envelope it came in."""

    envelope: Envelope
    risk: RiskAssessed


@dataclass(frozen=True, slots=True)
class Round:
    """Risks of which no two are about the same customer or episode."""

    assessed: Sequence[Assessed]


@dataclass(frozen=True, slots=True)
class Words:
    """Consents, contracts that end, may end or go on, and deeds: of what they say about one thing, time or
    the first decides.
    """

    said: Sequence[Envelope]


@dataclass(frozen=True, slots=True)
class Erasure:
    """A customer of whom everything personal must go."""

    customer_ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Which accounts are one customer: of whatever is suspected, judged or concluded of one, time decides."""

    said: Sequence[Envelope]


@dataclass(frozen=True, slots=True)
class Closing:
    """Why the alerts of an episode, a customer or a contract (one of these) are over."""

    cause: Cause
    episode: str | None = None
    customer: str | None = None
    contract: tuple[str, str] | None = None


Piece = Round | Words | Erasure | Identity
_Key = tuple[str | None, str | None, tuple[str, str] | None]


def pieces(envelopes: Iterable[Envelope]) -> Iterator[Piece]:
    """A new piece begins where what was said before may decide what becomes of what is said next."""
    relevant = (envelope for envelope in envelopes if _sort(envelope) != "other")
    for sort, run in groupby(relevant, key=_sort):
        match sort:
            case "risk":
                yield from rounds(run)
            case "word":
                yield Words(list(run))
            case "identity":
                yield Identity(list(run))
            case _:
                yield from (Erasure(envelope.subject, envelope.time) for envelope in run)


def _sort(envelope: Envelope) -> Sort:
    match envelope.data:
        case RiskAssessed():
            return "risk"
        case CustomerErased():
            return "erasure"
        case ConsentGranted() | ConsentWithdrawn() | SubscriptionCancelled() | SubscriptionExpired():
            return "word"
        case SubscriptionCancelRequested() | SubscriptionResumed():
            return "word"
        case SubscriptionStarted() | SubscriptionChanged():
            return "word"
        case data if isinstance(data, HEARD):
            return "word"
        case DuplicateSuspected() | CustomerMerged() | CustomerSeparated():
            return "identity"
        case DuplicateConfirmed() | DuplicateDenied():
            return "identity"
        case _:
            return "other"


def rounds(envelopes: Iterable[Envelope]) -> list[Round]:
    """Each risk is in the first round after all that were told before about its customer or episode."""
    made: list[list[Assessed]] = []
    next_of: dict[tuple[str, str], int] = {}
    for envelope in envelopes:
        if not isinstance(risk := envelope.data, RiskAssessed):
            continue
        keys = [("customer", envelope.subject), ("episode", risk.episode)]
        place = max(next_of.get(key, 0) for key in keys)
        if place == len(made):
            made.append([])
        made[place].append(Assessed(envelope, risk))
        next_of.update(dict.fromkeys(keys, place + 1))
    return [Round(assessed) for assessed in made]


def touched(envelopes: Iterable[Envelope]) -> Touched:
    """Every open alert that a batch may change."""
    episodes, refs, contracts = set(), set(), set()
    for envelope in envelopes:
        match envelope.data:
            case RiskAssessed(episode=episode):
                episodes.add(episode)
            case CustomerErased() | ConsentWithdrawn(channel="phone"):
                refs.add(envelope.subject)
            case SubscriptionCancelled(subscription) | SubscriptionExpired(subscription):
                contracts.add((cart_of(envelope.subject), subscription))
            case SubscriptionCancelRequested(subscription):
                contracts.add((cart_of(envelope.subject), subscription))
            case _:
                pass
    return Touched(sorted(episodes), sorted(refs), sorted(contracts))


def suspicions(said: Iterable[Envelope]) -> list[Suspicion]:
    """What scoring suspects, or does no longer."""
    made = []
    for envelope in said:
        match envelope.data:
            case DuplicateSuspected(other, because, suspected):
                made.append(Suspicion((envelope.subject, other), because, suspected, envelope.time))
            case _:
                pass
    return made


def judgements(said: Iterable[Envelope]) -> list[Judgement]:
    """What carts and people said, ourselves included."""
    made = []
    for envelope in said:
        match envelope.data:
            case DuplicateConfirmed(other, by):
                made.append(Judgement((envelope.subject, other), "confirmed", by, envelope.time))
            case DuplicateDenied(other, by):
                made.append(Judgement((envelope.subject, other), "denied", by, envelope.time))
            case _:
                pass
    return made


def wholes(said: Iterable[Envelope]) -> list[Whole]:
    """Who consists of which accounts; who is separated is one account."""
    made = []
    for envelope in said:
        ref, at = envelope.subject, envelope.time
        match envelope.data:
            case CustomerMerged(accounts, because):
                made.append(Whole(ref, tuple({ref: 0, **dict.fromkeys(accounts, 0)}), because, at))
            case CustomerSeparated():
                made.append(Whole(ref, (ref,), (), at))
            case _:
                pass
    return made


def ends(said: Iterable[Envelope]) -> list[Over]:
    """The contracts that are over; the subject may name the contract rather than the customer."""
    over = []
    for envelope in said:
        match envelope.data:
            case SubscriptionCancelled(subscription) | SubscriptionExpired(subscription):
                over.append(Over(cart_of(envelope.subject), subscription, envelope.time))
            case _:
                pass
    return over


def contracts(said: Iterable[Envelope]) -> set[tuple[str, str]]:
    """The contracts (cart, subscription) that these are about."""
    return {contract for envelope in said if (contract := _contract(envelope)) is not None}


def about_leaving(said: Iterable[Envelope], leaving: Collection[tuple[str, str]]) -> list[Envelope]:
    """Wishes to leave, and what became of them or of those that are known already."""
    known, made = set(leaving), []
    for envelope in said:
        contract = _contract(envelope)
        if contract is not None and isinstance(envelope.data, SubscriptionCancelRequested):
            known.add(contract)
        if contract in known:
            made.append(envelope)
    return made


def _contract(envelope: Envelope) -> tuple[str, str] | None:
    match envelope.data:
        case (
            SubscriptionCancelRequested(subscription)
            | SubscriptionCancelled(subscription)
            | SubscriptionExpired(subscription)
            | SubscriptionResumed(subscription)
            | SubscriptionChanged(subscription)
            | SubscriptionStarted(subscription)
        ):
            return cart_of(envelope.subject), subscription
        case _:
            return None


def newest_calls(
    said: Iterable[Envelope], word: type[ConsentGranted | ConsentWithdrawn]
) -> dict[str, datetime]:
    """Who said this word to calls, and when last."""
    newest: dict[str, datetime] = {}
    for envelope in said:
        data = envelope.data
        if isinstance(data, word) and data.channel == "phone":
            newest[envelope.subject] = max(envelope.time, newest.get(envelope.subject, envelope.time))
    return newest


def closings(said: Iterable[Envelope]) -> list[Closing]:
    """What these words withdraw, in their order."""
    made = []
    for envelope in said:
        match envelope.data:
            case SubscriptionCancelled(subscription) | SubscriptionExpired(subscription):
                contract = (cart_of(envelope.subject), subscription)
                made.append(Closing("subscription_ended", contract=contract))
            case SubscriptionCancelRequested(subscription):
                contract = (cart_of(envelope.subject), subscription)
                made.append(Closing("cancel_requested", contract=contract))
            case ConsentWithdrawn(channel="phone"):
                made.append(Closing("phone_refused", customer=envelope.subject))
            case _:
                pass
    return made


def closed(closings: Sequence[Closing]) -> Touched:
    """The alerts that these may be about."""
    return Touched(
        [one.episode for one in closings if one.episode is not None],
        [one.customer for one in closings if one.customer is not None],
        [one.contract for one in closings if one.contract is not None],
    )


def causes(closings: Sequence[Closing], standing: Iterable[Standing]) -> list[tuple[Alert, Cause]]:
    """Each open alert with the first of these that is about it."""
    places: dict[_Key, int] = {}
    for place, closing in enumerate(closings):
        places.setdefault((closing.episode, closing.customer, closing.contract), place)
    found = []
    for one in standing:
        if about := [places[key] for key in _keys(one) if key in places]:
            found.append((one.alert, closings[min(about)].cause))
    return found


def _keys(one: Standing) -> tuple[_Key, ...]:
    alert = one.alert
    return (alert.episode, None, None), (None, alert.customer_ref, None), (None, None, one.contract)
