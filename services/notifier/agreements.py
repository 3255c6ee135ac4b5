"""Agreements: how a contract stands, put together from what happened to it and from what its risk told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notifier import contract as fold
from services.notifier.happening import Happening
from services.notifier.offers.effect import Contract
from services.notifier.store import cancellations, deadlines, happenings, persons
from services.notifier.store.alerts import cart_of
from services.notifier.store.deadlines import Deadline
from shared.events.refs import subscription_ref
from shared.events.subscription import Cycle
from shared.postgres.engine import AsyncConnection

_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract and whose it is; `is_known` is false where nobody ever told us of it."""

    customer_ref: str
    contract: Contract
    is_known: bool = True

    @property
    def cart(self) -> str:
        return cart_of(self.customer_ref)


async def find(connection: AsyncConnection, customer_ref: str, subscription: str) -> Agreement:
    """A contract of this person, on whichever account; what is not known of it is left open."""
    refs = await persons.accounts(connection, [customer_ref])
    objects = sorted({_named_alone(ref, subscription) for ref in refs})
    happened = await happenings.of(connection, [*refs, *objects], _MOST)
    told = [one for one in happened if one.facts.get("subscription") == subscription]
    known = await deadlines.of(connection, refs, subscription)
    found = [each for each in fold.contracts(told) if each.subscription == subscription]
    if not found:
        return await _by_risk_alone(connection, customer_ref, subscription, known)
    here = next((each for each in found if each.cart == cart_of(customer_ref)), found[0])
    owner = _owner(told, refs, here.cart) or (known.customer_ref if known else customer_ref)
    mine = known if known is not None and cart_of(known.customer_ref) == here.cart else None
    requested = await cancellations.requested_at(connection, here.cart, subscription)
    return Agreement(owner, _contract(here, mine, told, requested))


async def _by_risk_alone(
    connection: AsyncConnection, customer_ref: str, subscription: str, known: Deadline | None
) -> Agreement:
    owner = known.customer_ref if known is not None else customer_ref
    requested = await cancellations.requested_at(connection, cart_of(owner), subscription)
    if known is None:
        return Agreement(owner, Contract(subscription, requested_at=requested), is_known=False)
    contract = Contract(
        subscription,
        deliveries=known.delivery_number,
        min_deliveries=known.min_deliveries,
        due=known.due,
        cutoff=known.cutoff,
        requested_at=requested,
    )
    return Agreement(owner, contract)


def _named_alone(customer_ref: str, subscription: str) -> str:
    """How events name a contract of this account whose customer they do not know."""
    shop, cart, _ = customer_ref.split("/", 2)
    return subscription_ref(shop, cart, subscription)


def _owner(told: Sequence[Happening], refs: Sequence[str], cart: str) -> str | None:
    """The account that the contract's events name; some name only the contract."""
    return next((one.customer_ref for one in told if one.cart == cart and one.customer_ref in refs), None)


def _contract(
    known: fold.Contract, risk: Deadline | None, told: Sequence[Happening], requested: datetime | None
) -> Contract:
    """What was told of the next parcel holds until the contract moves."""
    moves = [one.at for one in told if not one.what.startswith(fold.UNMOVED)]
    stale = risk is None or any(risk.assessed_at < at for at in moves)
    standing = known.ended[0] if known.ended is not None else fold.going_on(known)[0]
    numbered = risk.delivery_number if risk is not None else None
    return Contract(
        known.subscription,
        state=standing,
        deliveries=max(known.deliveries, numbered or 0) or None,
        min_deliveries=known.min_deliveries or (risk.min_deliveries if risk is not None else None),
        cycle_days=None if known.cycle is None else Cycle(**known.cycle).days(),
        due=None if stale or risk is None else risk.due,
        cutoff=None if stale or risk is None else risk.cutoff,
        skips_in_a_row=len(known.in_a_row),
        paused_at=max((one.at for one in told if one.what == "subscription.paused"), default=None),
        requested_at=requested or known.requested,
        ended_at=known.ended[1] if known.ended is not None else None,
    )
