"""Search: customers by what they say of themselves. Mail and phone leave this module masked."""

from dataclasses import asdict, dataclass

from sqlalchemy import text

from services.notifier.store.cards import mask_mail, mask_phone
from services.notifier.terms import Terms
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Found:
    """A customer; `alert` is the open one's id."""

    customer_ref: str
    name: str | None
    kana: str | None
    phone: str | None
    mail: str | None
    prefecture: str | None
    alert: str | None


# What begins alike lies together, in an index that compares bytes; nothing begins with the last character.
_BEGINS = (
    "(SELECT customer_ref FROM contact WHERE {key} >= {term} AND {key} < {term} || chr(1114111)"
    " ORDER BY {key} LIMIT :most)"
)
_ALIKE = " UNION ALL ".join(
    _BEGINS.format(key=key, term=term)
    for key, term in (
        ("name_key", "folded(:name)"),
        ("given_key", "folded(:name)"),
        ("kana_key", "folded(:name)"),
        ("kana_given_key", "folded(:name)"),
        ("mail_key", "CAST(:mail AS text)"),
        ("phone_key", "CAST(:phone AS text)"),
        ("phone_end", "CAST(:tail AS text)"),
    )
)
# A number alone is looked for in every cart that was heard of, among all who are known by anything.
_NUMBERED = (
    "SELECT n.ref FROM (SELECT cart || '/' || CAST(:number AS text) AS ref FROM cart_heard"
    " UNION SELECT CAST(:ref AS text)) AS n WHERE n.ref NOT LIKE '%/~%' AND"
    " (EXISTS (SELECT FROM contact AS c WHERE c.customer_ref = n.ref)"
    " OR EXISTS (SELECT FROM happening AS h WHERE h.customer_ref = n.ref)"
    " OR EXISTS (SELECT FROM alert AS a WHERE a.customer_ref = n.ref))"
)
_SEARCH = text(
    "SELECT f.customer_ref, c.name, c.kana, c.phone, c.mail, c.prefecture,"  # noqa: S608 - our own words
    " (SELECT CAST(a.id AS text) FROM alert AS a WHERE a.customer_ref IN (SELECT accounts_of(f.customer_ref))"
    " AND a.state IN ('raised', 'claimed') ORDER BY a.customer_ref <> f.customer_ref, a.priority DESC"
    " LIMIT 1) AS alert"
    f" FROM (SELECT customer_ref FROM ({_ALIKE}) AS alike UNION {_NUMBERED}) AS f (customer_ref)"
    " CROSS JOIN LATERAL contact_of(f.customer_ref) AS c"
    " WHERE NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = f.customer_ref"
    " AND m.erased_at IS NOT NULL)"
    " ORDER BY f.customer_ref <> COALESCE(CAST(:ref AS text), ''), c.kana, c.name, f.customer_ref LIMIT :most"
)


async def find(connection: AsyncConnection, terms: Terms, most: int) -> list[Found]:
    """At most so many; of several ways to be found each customer is named once."""
    rows = await connection.execute(_SEARCH, {**asdict(terms), "most": most})
    return [
        Found(
            customer_ref=row.customer_ref,
            name=row.name,
            kana=row.kana,
            phone=mask_phone(row.phone),
            mail=mask_mail(row.mail),
            prefecture=row.prefecture,
            alert=row.alert,
        )
        for row in rows
    ]
