"""Standing: how a customer stands with us: who it is, by which accounts, and what was agreed to."""

from dataclasses import dataclass

from sqlalchemy import text

from services.notifier.store.cards import mask_mail, mask_phone
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Standing:
    """Mail and phone are masked; `accounts` are all of the person's, this one among them."""

    customer_ref: str
    name: str | None
    kana: str | None
    mail: str | None
    phone: str | None
    prefecture: str | None
    accounts: tuple[str, ...]
    erased: bool
    do_not_contact: bool
    consents: dict[str, bool]
    alert: str | None


_STANDING = text(
    "SELECT c.name, c.kana, c.mail, c.phone, c.prefecture, own.accounts,"
    " EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = :ref AND m.erased_at IS NOT NULL)"
    " AS erased,"
    " EXISTS (SELECT FROM do_not_contact AS d WHERE d.customer_ref = ANY(own.accounts)) AS do_not_contact,"
    " ARRAY(SELECT k.channel FROM consent_of(:ref) AS k WHERE k.granted) AS granted,"
    " ARRAY(SELECT k.channel FROM consent_of(:ref) AS k WHERE NOT k.granted) AS refused,"
    " (SELECT CAST(a.id AS text) FROM alert AS a WHERE a.customer_ref = ANY(own.accounts)"
    " AND a.state IN ('raised', 'claimed') ORDER BY a.customer_ref <> :ref, a.priority DESC LIMIT 1)"
    " AS alert,"
    " EXISTS (SELECT FROM contact AS k WHERE k.customer_ref = ANY(own.accounts))"
    " OR EXISTS (SELECT FROM happening AS h WHERE h.customer_ref = ANY(own.accounts))"
    " OR EXISTS (SELECT FROM alert AS a WHERE a.customer_ref = ANY(own.accounts))"
    " OR EXISTS (SELECT FROM consent AS k WHERE k.customer_ref = ANY(own.accounts))"
    " OR EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = :ref) AS known"
    " FROM (SELECT array_agg(o.account ORDER BY o.account <> :ref, o.account) AS accounts"
    " FROM accounts_of(:ref) AS o (account)) AS own, contact_of(:ref) AS c"
)


async def find(connection: AsyncConnection, customer_ref: str) -> Standing | None:
    """None for somebody of whom nothing was ever told."""
    row = (await connection.execute(_STANDING, {"ref": customer_ref})).one()
    if not row.known:
        return None
    return Standing(
        customer_ref=customer_ref,
        name=row.name,
        kana=row.kana,
        mail=mask_mail(row.mail),
        phone=mask_phone(row.phone),
        prefecture=row.prefecture,
        accounts=tuple(row.accounts),
        erased=row.erased,
        do_not_contact=row.do_not_contact,
        consents={channel: True for channel in row.granted} | {channel: False for channel in row.refused},
        alert=row.alert,
    )
