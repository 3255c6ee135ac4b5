"""Contacts: how to reach a customer. The only table of the system with personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from sqlalchemy import text

from shared.events.customer import ContactChanged
from shared.postgres.engine import AsyncConnection

_KEEP = text(
    "INSERT INTO contact (customer_ref, name, kana, mail, phone, postcode, prefecture, address, line,"
    " birthday, changed_at) SELECT :customer_ref, :name, :kana, :mail, :phone, :postcode, :prefecture,"
    " :address, :line, :birthday, :changed_at"
    " WHERE NOT EXISTS"
    " (SELECT FROM customer_mark WHERE customer_ref = :customer_ref AND erased_at IS NOT NULL)"
    " ON CONFLICT (customer_ref) DO UPDATE SET name = excluded.name, kana = excluded.kana,"
    " mail = excluded.mail, phone = excluded.phone, postcode = excluded.postcode,"
    " prefecture = excluded.prefecture, address = excluded.address,"
    " line = COALESCE(excluded.line, contact.line),"
    " birthday = COALESCE(excluded.birthday, contact.birthday), changed_at = excluded.changed_at"
    " WHERE contact.changed_at <= excluded.changed_at"
)
_FILL = text(
    "UPDATE contact SET line = COALESCE(line, :line), birthday = COALESCE(birthday, :birthday)"
    " WHERE customer_ref = :customer_ref AND changed_at > :changed_at"
)
_FIND = text(
    "SELECT name, kana, mail, phone, postcode, prefecture, address, line, birthday FROM contact"
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
    """Keep these unless a newer one stands there, or the customer is erased; sorted, against deadlocks.

    A cart that knows of no LINE id or birthday does not take away what another told of.
    """
    if newest:
        rows = [
            {"customer_ref": ref, **_columns(contact), "changed_at": at}
            for ref, (contact, at) in sorted(newest.items())
        ]
        await connection.execute(_KEEP, rows)
        late = [row for row in rows if row["line"] or row["birthday"]]
        if late:
            await connection.execute(_FILL, late)


def _columns(contact: ContactChanged) -> dict[str, str | None]:
    """A birthday that is no day of a leap year is none: whatever a shop tells, the rest of it counts."""
    return msgspec.structs.asdict(contact) | {"birthday": _birthday(contact.birthday)}


def _birthday(text: str | None) -> str | None:
    try:
        return f"{date.fromisoformat(f'2000-{text}'):%m-%d}"
    except ValueError:
        return None


def combined(older: ContactChanged, newer: ContactChanged) -> ContactChanged:
    """The newer, with the LINE id and the birthday of the older where it tells of none."""
    return msgspec.structs.replace(
        newer,
        line=newer.line if newer.line is not None else older.line,
        birthday=newer.birthday if newer.birthday is not None else older.birthday,
    )


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
