"""Customer: what is remembered of each, what a card tells of one, and what is forgotten."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.notifier import timeline
from services.notifier.contract import Contract, contracts
from services.notifier.happening import Happening
from services.notifier.portrait import (
    CHANNELS,
    MOST_SCORES,
    Customer,
    Key,
    Leaving,
    Parcel,
    Score,
    agreed,
    bought,
)
from services.notifier.purchases import purchases
from services.notifier.store import alerts, assessments, audit, happenings, notes, past, persons, standing
from services.notifier.store.alerts import cart_of
from services.notifier.store.assessments import Assessment
from services.notifier.store.audit import Entry
from services.notifier.store.happenings import contracts_named, objects_of
from services.notifier.store.past import Cancellation, Raised
from services.notifier.store.standing import Standing
from services.notifier.timeline import Line, Step, Told
from shared.clock import Now
from shared.events.catalogue import topic_of
from shared.events.envelope import Envelope
from shared.events.refs import is_customer_ref
from shared.events.topics import CHURN_RISK
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction

# Some years of somebody who opens every mail; and of whatever else is listed.
_MOST_HAPPENINGS = 3_000
_MOST = 300


async def remember(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Keep what cards tell of customers; before erasures are followed, which take it along."""
    await happenings.keep(connection, envelopes)
    await assessments.keep(connection, envelopes)


async def hear(connection: AsyncConnection, envelopes: Iterable[Envelope]) -> None:
    """Keep when carts were heard of; scoring is no cart. Last in its transaction."""
    await happenings.hear(connection, [each for each in envelopes if topic_of(each.data) is not CHURN_RISK])


async def forget(connection: AsyncConnection, customer_ref: str, at: datetime) -> None:
    """Delete what cards told of a customer, and the words that agents wrote; `at` is business time."""
    named = {(customer_ref, number) for number in await assessments.forget(connection, customer_ref)}
    gone = await happenings.forget(connection, customer_ref)
    accounts = await persons.accounts(connection, [customer_ref])
    # A cart that makes two accounts one hands on the contracts: what is another's now stands.
    still = await happenings.of(connection, accounts, _MOST_HAPPENINGS)
    objects = objects_of(gone) | contracts_named(named)
    await happenings.forget_objects(connection, objects - objects_of(still), at)
    await notes.forget(connection, customer_ref)


@dataclass(frozen=True, slots=True)
class Customers:
    """What cards tell. Business runs `speed` times as fast as real time; `zone` is where its days begin."""

    engine: AsyncEngine
    business_now: Now
    now: Now
    speed: float
    zone: ZoneInfo

    async def of_alert(self, alert_id: str) -> Customer | None:
        """None if there is no such alert."""
        async with transaction(self.engine) as connection:
            alert = await alerts.find(connection, alert_id)
            return None if alert is None else await self._portrait(connection, alert.customer_ref)

    async def look(self, customer_ref: str, entry: Entry) -> Customer | None:
        """Of whoever calls; it is written down. None for somebody of whom nothing was ever told."""
        if not is_customer_ref(customer_ref):
            return None
        async with transaction(self.engine) as connection:
            found = await self._portrait(connection, customer_ref)
            if found is not None:
                await audit.append(connection, entry, self.now())
            return found

    async def _portrait(self, connection: AsyncConnection, customer_ref: str) -> Customer | None:
        who = await standing.find(connection, customer_ref)
        if who is None:
            return None
        if who.erased:
            return Customer(customer_ref, erased=True)
        past_ = await _past(connection, who.accounts)
        return _painted(who, past_, tuple(timeline.newest(self._lines(past_), self.zone)))

    def _lines(self, known: "_Past") -> list[Line]:
        told = [
            Told(one.at, one.phase, one.band, one.probability, one.kind, one.subscription)
            for one in known.assessed
        ]
        return [
            *timeline.of_happenings(known.happened),
            *timeline.of_messages(known.steps, self._in_business),
            *timeline.of_risks(told),
            *known.calls,
            *_of_alerts(known),
            *_of_cancellations(known.cancellations),
        ]

    def _in_business(self, moment: datetime) -> datetime:
        """Business time at a real moment, as if it had always run as fast as it does now."""
        return self.business_now() - (self.now() - moment) * self.speed


@dataclass(frozen=True, slots=True)
class _Past:
    """All that was kept of a person."""

    happened: list[Happening]
    assessed: list[Assessment]
    raised: list[Raised]
    steps: list[Step]
    calls: list[Line]
    cancellations: list[Cancellation]


async def _past(connection: AsyncConnection, accounts: Sequence[str]) -> _Past:
    assessed = await assessments.of(connection, accounts, _MOST)
    return _Past(
        happened=await _happened(connection, accounts, assessed),
        assessed=assessed,
        raised=await past.raised(connection, accounts, _MOST),
        steps=await past.steps(connection, accounts, _MOST),
        calls=await past.calls(connection, accounts, _MOST),
        cancellations=await past.cancellations(connection, accounts, _MOST),
    )


async def _happened(
    connection: AsyncConnection, accounts: Sequence[str], assessed: Iterable[Assessment]
) -> list[Happening]:
    """With what carts told of the person's contracts and orders without naming the customer."""
    own = await happenings.of(connection, accounts, _MOST_HAPPENINGS)
    named = {(one.customer_ref, one.subscription) for one in assessed if one.subscription}
    objects = objects_of(own) | contracts_named(named)
    return own + await happenings.of(connection, sorted(objects), _MOST_HAPPENINGS)


def _painted(who: Standing, known: _Past, lines: tuple[Line, ...]) -> Customer:
    signed, orders = contracts(known.happened), purchases(known.happened)
    parcels, leavings = _parcels(known), _leavings(known.cancellations)
    return Customer(
        customer_ref=who.customer_ref,
        name=who.name,
        kana=who.kana,
        mail=who.mail,
        phone=who.phone,
        prefecture=who.prefecture,
        accounts=who.accounts,
        do_not_contact=who.do_not_contact,
        consents={channel: who.consents.get(channel) for channel in CHANNELS},
        alert=who.alert,
        contracts=tuple(
            agreed(one, orders, parcels[one.key], leavings.get(one.key))
            for one in [*signed, *_unheard(known, signed)]
        ),
        scores=_scores(known.assessed),
        timeline=lines,
        **bought(orders, signed),
    )


def _unheard(known: _Past, signed: Sequence[Contract]) -> list[Contract]:
    """Contracts at risk of which no event was kept, for they began before we kept any."""
    heard, unheard = {one.key for one in signed}, dict[Key, Contract]()
    for one in known.raised:
        key = (one.cart, one.subscription or "")
        if one.subscription is not None and one.state in ("raised", "claimed") and key not in heard:
            at = one.assessed_at
            unheard.setdefault(key, Contract(*key, at, at, at, at))
    return list(unheard.values())


def _parcels(known: _Past) -> defaultdict[Key, list[Parcel]]:
    parcels: defaultdict[Key, list[Parcel]] = defaultdict(list)
    for risk in known.assessed:
        if risk.subscription is not None:
            parcel = Parcel(risk.at, risk.delivery_number, risk.min_deliveries, risk.due, risk.cutoff)
            parcels[cart_of(risk.customer_ref), risk.subscription].append(parcel)
    for alert in known.raised:
        if alert.subscription is not None:
            told = (alert.assessed_at, alert.delivery_number, alert.min_deliveries, alert.due, alert.cutoff)
            parcels[alert.cart, alert.subscription].append(Parcel(*told))
    return parcels


def _leavings(cancellations: Iterable[Cancellation]) -> dict[Key, Leaving]:
    """The newest of each contract; they come newest first."""
    leavings: dict[Key, Leaving] = {}
    for one in cancellations:
        leaving = Leaving(one.number, one.requested_at, one.next_parcel, one.state, one.done_at)
        leavings.setdefault((one.cart, one.subscription), leaving)
    return leavings


def _scores(assessed: Iterable[Assessment]) -> tuple[Score, ...]:
    latest = sorted(assessed, key=lambda one: one.at)[-MOST_SCORES:]
    return tuple(Score(one.at, one.probability, one.band, one.kind, one.subscription) for one in latest)


def _of_alerts(known: _Past) -> list[Line]:
    """An alert is raised by the first risk of its episode."""
    began: dict[str, datetime] = {}
    for risk in known.assessed:
        began[risk.episode] = min(risk.at, began.get(risk.episode, risk.at))
    return [
        Line(
            began.get(one.episode, one.assessed_at),
            "alert.raised",
            facts={"kind": one.kind, "band": one.band, "subscription": one.subscription},
        )
        for one in known.raised
    ]


def _of_cancellations(cancellations: Iterable[Cancellation]) -> list[Line]:
    lines = []
    for one in cancellations:
        facts = {
            "number": one.number,
            "subscription": one.subscription,
            "source": one.source,
            "reason": one.reason,
            "reason_detail": one.reason_detail,
            "next_parcel": one.next_parcel,
        }
        lines.append(Line(one.requested_at, "cancellation.requested", None, one.by, facts))
        if one.state == "done" and one.done_at is not None:
            done = {"number": one.number, "subscription": one.subscription}
            lines.append(Line(one.done_at, "cancellation.done", None, one.done_by, done))
    return lines
