"""Contacts: how to reach a customer. The only table of the system with personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

from shared.events.customer import ContactChanged
from shared.postgres.engine import AsyncConnection

_KEEP = text(
    "INSERT INTO contact (customer_ref, name, kana, mail, phone, postcode, prefecture, address, changed_at)"
    " SELECT :customer_ref, :name, :kana, :mail, :phone, :postcode, :prefecture, :address, :changed_at"
    " WHERE NOT EXISTS"
    " (SELECT FROM customer_mark WHERE customer_ref = :customer_ref AND erased_at IS NOT NULL)"
    " ON CONFLICT (customer_ref) DO UPDATE SET name = excluded.name, kana = excluded.kana,"
    " mail = excluded.mail, phone = excluded.phone, postcode = excluded.postcode,"
    " prefecture = excluded.prefecture, address = excluded.address, changed_at = excluded.changed_at"
    " WHERE contact.changed_at <= excluded.changed_at"
)
_FIND = text(
    "SELECT name, kana, mail, phone, postcode, prefecture, address FROM contact"
    " WHERE customer_ref = :customer_ref"
)
_REACH = text("SELECT name, phone, mail FROM contact_of(:customer_ref)")
_DELETE = text("DELETE FROM contact WHERE customer_ref = :customer_ref")


@dataclass(frozen=True, slots=True)
class Reach:
    """How to reach a customer, by this account or by another of the same person."""

    name: str | None
    phone: str | None
    mail: str | None


async def keep(connection: AsyncConnection, newest: Mapping[str, tuple[ContactChanged, datetime]]) -> None:
    """Keep these unless a newer one stands there, or the customer is erased; sorted, against deadlocks."""
    if newest:
        rows = [
            {"customer_ref": ref, **msgspec.structs.asdict(contact), "changed_at": at}
            for ref, (contact, at) in sorted(newest.items())
        ]
        await connection.execute(_KEEP, rows)


async def find(connection: AsyncConnection, customer_ref: str) -> ContactChanged | None:
    """What is known of this one account."""
    row = (await connection.execute(_FIND, {"customer_ref": customer_ref})).one_or_none()
    return None if row is None else ContactChanged(**row._mapping)


async def reach(connection: AsyncConnection, customer_ref: str) -> Reach:
    """What this account lacks comes from the newest of the person's others; of who is erased, nothing."""
    row = (await connection.execute(_REACH, {"customer_ref": customer_ref})).one()
    return Reach(row.name, row.phone, row.mail)


async def delete(connection: AsyncConnection, customer_ref: str) -> None:
    await connection.execute(_DELETE, {"customer_ref": customer_ref})
