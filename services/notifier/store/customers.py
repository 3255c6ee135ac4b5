"""Customers' marks: erased for ever, wants no calls; and contracts that are over."""

from datetime import datetime

from sqlalchemy import text

from services.notifier.store.alerts import cart_of
from shared.postgres.engine import AsyncConnection

_ERASE = text(
    "INSERT INTO customer_mark (customer_ref, erased_at) VALUES (:customer_ref, :at)"
    " ON CONFLICT (customer_ref)"
    " DO UPDATE SET erased_at = COALESCE(customer_mark.erased_at, excluded.erased_at)"
)
# GREATEST ignores nulls, so the newest word wins in whatever order the words arrive.
_REFUSE_CALLS = text(
    "INSERT INTO customer_mark (customer_ref, phone_refused_at) VALUES (:customer_ref, :at)"
    " ON CONFLICT (customer_ref) DO UPDATE"
    " SET phone_refused_at = GREATEST(customer_mark.phone_refused_at, excluded.phone_refused_at)"
)
_ALLOW_CALLS = text(
    "INSERT INTO customer_mark (customer_ref, phone_allowed_at) VALUES (:customer_ref, :at)"
    " ON CONFLICT (customer_ref) DO UPDATE"
    " SET phone_allowed_at = GREATEST(customer_mark.phone_allowed_at, excluded.phone_allowed_at)"
)
_END = text(
    "INSERT INTO ended_subscription (cart, subscription, ended_at) VALUES (:cart, :subscription, :at)"
    " ON CONFLICT (cart, subscription) DO UPDATE"
    " SET ended_at = GREATEST(ended_subscription.ended_at, excluded.ended_at)"
)
_MAY_CALL = text(
    "SELECT NOT EXISTS (SELECT FROM customer_mark WHERE customer_ref = :customer_ref"
    " AND (erased_at IS NOT NULL OR phone_refused_at > COALESCE(phone_allowed_at, '-infinity')))"
    " AND NOT EXISTS (SELECT FROM ended_subscription"
    " WHERE cart = :cart AND subscription = :subscription AND ended_at >= :assessed_at)"
)


async def erase(connection: AsyncConnection, customer_ref: str, at: datetime) -> None:
    """From now on nothing personal of this customer is kept again, whatever arrives late."""
    await connection.execute(_ERASE, {"customer_ref": customer_ref, "at": at})


async def refuse_calls(connection: AsyncConnection, customer_ref: str, at: datetime) -> None:
    await connection.execute(_REFUSE_CALLS, {"customer_ref": customer_ref, "at": at})


async def allow_calls(connection: AsyncConnection, customer_ref: str, at: datetime) -> None:
    await connection.execute(_ALLOW_CALLS, {"customer_ref": customer_ref, "at": at})


async def end_subscription(connection: AsyncConnection, ref: str, subscription: str, at: datetime) -> None:
    """`ref` is the event's subject, which may name the contract rather than the customer."""
    await connection.execute(_END, {"cart": cart_of(ref), "subscription": subscription, "at": at})


async def may_call(
    connection: AsyncConnection, customer_ref: str, subscription: str | None, assessed_at: datetime
) -> bool:
    """Not erased, not refused, and the contract was not over when the risk was assessed."""
    row = await connection.execute(
        _MAY_CALL,
        {
            "customer_ref": customer_ref,
            "cart": cart_of(customer_ref),
            "subscription": subscription,
            "assessed_at": assessed_at,
        },
    )
    return bool(row.scalar_one())
