"""Customers' marks: erased for ever, wants no calls; and contracts that are over."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import TextClause, text

from services.notifier.store.alerts import cart_of
from services.notifier.store.given import arrays, given
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Over:
    """A contract that is over, and since when."""

    cart: str
    subscription: str
    at: datetime


_ERASE = text(
    "INSERT INTO customer_mark (customer_ref, erased_at) VALUES (:customer_ref, :at)"
    " ON CONFLICT (customer_ref)"
    " DO UPDATE SET erased_at = COALESCE(customer_mark.erased_at, excluded.erased_at)"
)
# GREATEST ignores nulls, so the newest word wins in whatever order the words arrive.
_SAID = {"customer_ref": "text", "at": "timestamptz"}
_REFUSE_CALLS = text(
    "INSERT INTO customer_mark (customer_ref, phone_refused_at)"  # noqa: S608 - our own list of columns
    f" SELECT * FROM {given(_SAID)} ON CONFLICT (customer_ref) DO UPDATE"
    " SET phone_refused_at = GREATEST(customer_mark.phone_refused_at, excluded.phone_refused_at)"
)
_ALLOW_CALLS = text(
    "INSERT INTO customer_mark (customer_ref, phone_allowed_at)"  # noqa: S608
    f" SELECT * FROM {given(_SAID)} ON CONFLICT (customer_ref) DO UPDATE"
    " SET phone_allowed_at = GREATEST(customer_mark.phone_allowed_at, excluded.phone_allowed_at)"
)
_OVER = {"cart": "text", "subscription": "text", "at": "timestamptz"}
_END = text(
    "INSERT INTO ended_subscription (cart, subscription, ended_at)"  # noqa: S608
    " SELECT cart, subscription, max(at)"
    f" FROM {given(_OVER)} GROUP BY cart, subscription ORDER BY cart, subscription"
    " ON CONFLICT (cart, subscription) DO UPDATE"
    " SET ended_at = GREATEST(ended_subscription.ended_at, excluded.ended_at)"
)
_CALL = {"customer_ref": "text", "cart": "text", "subscription": "text", "assessed_at": "timestamptz"}
# A person's no to calls, said for any account, holds for all of them until a later yes for any; who wants to
# hear nothing at all, or whose telephone is on the never-contact list, is not called whatever else was said.
_REFUSES = (
    "((SELECT max(m.phone_refused_at) > COALESCE(max(m.phone_allowed_at), '-infinity')"
    " FROM accounts_of(given.customer_ref) AS a (account)"
    " JOIN customer_mark AS m ON m.customer_ref = a.account) IS TRUE"
    " OR EXISTS (SELECT FROM accounts_of(given.customer_ref) AS a (account)"
    " JOIN do_not_contact AS d ON d.customer_ref = a.account)"
    " OR EXISTS (SELECT FROM accounts_of(given.customer_ref) AS a (account)"
    " JOIN contact_hash AS h ON h.customer_ref = a.account AND h.channel = 'phone'"
    " JOIN never_contact AS n ON n.hash = h.hash AND n.channel = h.channel))"
)
_MAY_CALL = text(
    f"SELECT customer_ref FROM {given(_CALL)}"  # noqa: S608
    " WHERE NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = given.customer_ref"
    f" AND m.erased_at IS NOT NULL) AND NOT {_REFUSES}"
    " AND NOT EXISTS (SELECT FROM ended_subscription AS s"
    " WHERE s.cart = given.cart AND s.subscription = given.subscription AND s.ended_at >= given.assessed_at)"
    " AND NOT EXISTS (SELECT FROM cancellation AS k WHERE k.cart = given.cart"
    " AND k.subscription = given.subscription AND k.state IN ('requested', 'done'))"
)

_CONTRACT = {"cart": "text", "subscription": "text"}
_LEAVING = text(
    "SELECT DISTINCT k.cart, k.subscription FROM cancellation AS k"  # noqa: S608
    f" JOIN {given(_CONTRACT)} USING (cart, subscription) WHERE k.state <> 'taken_back'"
)
_REF = {"customer_ref": "text"}
_REFUSING = text(f"SELECT customer_ref FROM {given(_REF)} WHERE {_REFUSES}")  # noqa: S608


async def erase(connection: AsyncConnection, customer_ref: str, at: datetime) -> None:
    """From now on nothing personal of this customer is kept again, whatever arrives late."""
    await connection.execute(_ERASE, {"customer_ref": customer_ref, "at": at})


async def refuse_calls(connection: AsyncConnection, said: Mapping[str, datetime]) -> None:
    await _mark(connection, _REFUSE_CALLS, said)


async def allow_calls(connection: AsyncConnection, said: Mapping[str, datetime]) -> None:
    await _mark(connection, _ALLOW_CALLS, said)


async def _mark(connection: AsyncConnection, statement: TextClause, said: Mapping[str, datetime]) -> None:
    """Sorted, against deadlocks."""
    if said:
        rows = [{"customer_ref": ref, "at": at} for ref, at in sorted(said.items())]
        await connection.execute(statement, arrays(_SAID, rows))


async def end_subscriptions(connection: AsyncConnection, over: Sequence[Over]) -> None:
    if over:
        await connection.execute(_END, arrays(_OVER, [asdict(one) for one in over]))


async def may_call(connection: AsyncConnection, risks: Mapping[str, RiskAssessed]) -> set[str]:
    """Of these customers who is not erased, has not refused, and has neither ended the contract at risk nor
    asked to leave it.

    What was refused for one account of a person was refused for all.
    """
    if not risks:
        return set()
    rows = [
        {
            "customer_ref": ref,
            "cart": cart_of(ref),
            "subscription": risk.subscription,
            "assessed_at": risk.assessed_at,
        }
        for ref, risk in risks.items()
    ]
    return set((await connection.execute(_MAY_CALL, arrays(_CALL, rows))).scalars())


async def leaving(
    connection: AsyncConnection, contracts: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Of these contracts (cart, subscription) whose customers have asked to leave, done or not."""
    if not contracts:
        return set()
    rows = [{"cart": cart, "subscription": subscription} for cart, subscription in sorted(contracts)]
    found = await connection.execute(_LEAVING, arrays(_CONTRACT, rows))
    return {(row.cart, row.subscription) for row in found}


async def refusing_calls(connection: AsyncConnection, refs: Sequence[str]) -> list[str]:
    """Of these customers who wants no calls, by whatever account it was said."""
    rows = [{"customer_ref": ref} for ref in sorted(refs)]
    return list((await connection.execute(_REFUSING, arrays(_REF, rows))).scalars())
