"""Cards: an alert as the desk shows it. Mail and phone leave this module masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from services.notifier.alert import KEPT
from services.notifier.store.duplicates import COUNT_OPEN
from shared.events.money import Money
from shared.events.risk import Reason
from shared.postgres.engine import AsyncConnection


class Contacted(msgspec.Struct, frozen=True):
    """The last time we turned to a customer: a message that left, or may have, or a call that ended.

    `at` is business time; `what` is the message's state or the call's disposition.
    """

    at: datetime
    channel: str
    what: str


class Card(msgspec.Struct, frozen=True):
    """`assessed_at`, `band_changed_at`, `due` and `cutoff` are business time; the other times are real.

    `accounts` are the person's others, whose name, mail or phone is shown where the customer's own has none.
    `refused` are the channels on which the person wants to hear nothing. `call_from` is when to call at the
    earliest, `promised_by` who said so.
    """

    id: str
    state: str
    version: int
    customer_ref: str
    name: str | None
    kana: str | None
    mail: str | None
    phone: str | None
    prefecture: str | None
    kind: str
    band: str
    probability: float
    priority: float
    value: Money
    reasons: tuple[Reason, ...]
    strengths: tuple[Reason, ...]
    rung: str
    accounts: tuple[str, ...]
    model: str
    horizon_days: float
    subscription: str | None
    delivery_number: int | None
    min_deliveries: int | None
    due: datetime | None
    cutoff: datetime | None
    assessed_at: datetime
    noticed_at: datetime
    raised_at: datetime
    agent: str | None
    agent_name: str | None
    lease_until: datetime | None
    disposition: str | None
    note: str | None
    closed_at: datetime | None
    previous_band: str | None = None
    band_changed_at: datetime | None = None
    attempts: int = 0
    call_from: datetime | None = None
    call_because: str | None = None
    promised_by: str | None = None
    parked: bool = False
    refused: tuple[str, ...] = ()
    last_contact: Contacted | None = None


class Told(msgspec.Struct, frozen=True):
    """One numbered change, and the card as it stands now."""

    seq: int
    what: str
    card: Card


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers above the queue; `kept` and what they were worth are of those resolved since a moment.

    `duplicates` are the pairs of accounts that wait for a judgement.
    """

    raised: int
    claimed: int
    resolved: int
    kept: int
    value_open: int
    value_kept: int
    duplicates: int


_CARD = (
    "a.id, a.state, a.version, a.customer_ref, c.name, c.kana, c.mail, c.phone, c.prefecture, a.kind, a.band,"
    " a.probability, a.priority, a.value_amount, a.value_currency, a.reasons::text AS reasons,"
    " a.strengths::text AS strengths, a.rung, a.model,"
    " array_remove(own.accounts, a.customer_ref) AS accounts,"
    " a.horizon_days, a.subscription, a.delivery_number, a.min_deliveries, a.due, a.cutoff, a.assessed_at,"
    " a.noticed_at, a.raised_at, a.agent, g.name AS agent_name, a.lease_until, a.disposition, a.note,"
    " a.closed_at, a.previous_band, a.band_changed_at, a.attempts, a.call_from, a.call_because,"
    " a.promised_by, a.parked, r.refused, l.at AS contacted_at, l.channel AS contacted_on,"
    " l.what AS contacted_with"
)
_ACCOUNTS = (
    "(SELECT array_agg(o.account ORDER BY o.account) AS accounts"
    " FROM accounts_of(a.customer_ref) AS o (account))"
)
# Who wants to hear nothing at all has refused each channel.
_REFUSED = (
    "(SELECT CASE WHEN EXISTS (SELECT FROM do_not_contact AS d WHERE d.customer_ref = ANY(own.accounts))"
    " THEN ARRAY['line', 'mail', 'phone', 'postal_dm'] ELSE ARRAY("
    "SELECT k.channel FROM consent_of(a.customer_ref) AS k WHERE NOT k.granted ORDER BY k.channel)"
    " END AS refused)"
)
_LAST_CONTACT = (
    "(SELECT * FROM ((SELECT s.began_at AS at, s.channel, s.state AS what FROM action AS s"
    " WHERE s.customer_ref = ANY(own.accounts) AND s.state IN ('sent', 'unknown')"
    " ORDER BY s.began_at DESC LIMIT 1) UNION ALL"
    " (SELECT d.business_at, 'phone', d.disposition FROM disposition AS d"
    " WHERE d.customer_ref = ANY(own.accounts) ORDER BY d.at DESC LIMIT 1)) AS said ORDER BY at DESC LIMIT 1)"
)
_OF = (
    "alert AS a CROSS JOIN LATERAL contact_of(a.customer_ref) AS c LEFT JOIN agent AS g ON g.login = a.agent"
    f" CROSS JOIN LATERAL {_ACCOUNTS} AS own CROSS JOIN LATERAL {_REFUSED} AS r"
    f" LEFT JOIN LATERAL {_LAST_CONTACT} AS l ON true"
)
_QUEUE = text(
    "WITH most AS MATERIALIZED (SELECT id FROM alert WHERE state IN ('raised', 'claimed')"  # noqa: S608
    " ORDER BY COALESCE(agent = :login, false) OR COALESCE(call_because = 'callback', false) DESC,"
    " priority DESC, id LIMIT :most)"
    f" SELECT {_CARD} FROM most JOIN ({_OF}) USING (id) ORDER BY a.priority DESC, a.id"
)
_FIND = text(f"SELECT {_CARD} FROM {_OF} WHERE a.id = CAST(:id AS uuid)")  # noqa: S608
_MANY = text(f"SELECT {_CARD} FROM {_OF} WHERE a.id = ANY(CAST(:ids AS uuid[])) ORDER BY a.id")  # noqa: S608
_AFTER = text(
    f"SELECT h.seq, h.what, {_CARD} FROM alert_change AS h JOIN ({_OF}) ON a.id = h.alert"  # noqa: S608
    " WHERE h.seq > :after AND (CAST(:until AS bigint) IS NULL OR h.seq <= :until) ORDER BY h.seq LIMIT :most"
)
_OPEN_COUNTS = (
    "SELECT count(*) FILTER (WHERE state = 'raised') AS raised,"
    " count(*) FILTER (WHERE state = 'claimed') AS claimed,"
    " COALESCE(sum(value_amount), 0)::bigint AS value_open FROM alert WHERE state IN ('raised', 'claimed')"
)
_DONE_COUNTS = (
    "SELECT count(*) AS resolved, count(*) FILTER (WHERE disposition = ANY(:kept)) AS kept,"
    " COALESCE(sum(value_amount) FILTER (WHERE disposition = ANY(:kept)), 0)::bigint AS value_kept"
    " FROM alert WHERE state = 'resolved' AND closed_at >= :since"
)
_COUNTS = text(
    f"SELECT * FROM ({_OPEN_COUNTS}) AS waiting, ({_DONE_COUNTS}) AS done, ({COUNT_OPEN}) AS pairs"  # noqa: S608
)


async def queue(connection: AsyncConnection, most: int, login: str | None = None) -> list[Card]:
    """Open alerts, the most urgent first; what this agent holds and who was promised a call is among them."""
    rows = await connection.execute(_QUEUE, {"most": most, "login": login})
    return [_card(row._mapping) for row in rows]


async def find(connection: AsyncConnection, alert_id: str) -> Card | None:
    row = (await connection.execute(_FIND, {"id": alert_id})).one_or_none()
    return None if row is None else _card(row._mapping)


async def many(connection: AsyncConnection, ids: Sequence[str]) -> list[Card]:
    """Those that there are, by id."""
    return [_card(row._mapping) for row in await connection.execute(_MANY, {"ids": list(ids)})]


async def after(connection: AsyncConnection, seq: int, until: int | None, most: int) -> Sequence[Told]:
    """The changes with a number above `seq`, up to `until` if it is given, in order."""
    rows = await connection.execute(_AFTER, {"after": seq, "until": until, "most": most})
    return [Told(row.seq, row.what, _card(row._mapping)) for row in rows]


async def counts(connection: AsyncConnection, since: datetime) -> Counts:
    row = (await connection.execute(_COUNTS, {"since": since, "kept": sorted(KEPT)})).one()
    return Counts(**row._mapping)


def anonymous(card: Card) -> Card:
    """Without what tells who it is: only how the name begins."""
    return msgspec.structs.replace(
        card, name=initial_of(card.name), kana=None, mail=None, phone=None, note=None
    )


def initial_of(name: str | None) -> str | None:
    """How a name begins, for whom may not read it."""
    return f"{name[0]}•••" if name else None


def mask_mail(mail: str | None) -> str | None:
    return None if not mail else f"{mail[0]}•••@•••"


def mask_phone(phone: str | None) -> str | None:
    """The last four digits are enough to make sure that one speaks of the same number."""
    digits = "".join(filter(str.isdecimal, phone or ""))
    return f"•••-••••-{digits[-4:]}" if len(digits) > 4 else None


def _card(row: Any) -> Card:
    shown = {name: row[name] for name in Card.__struct_fields__ if name in row}
    return Card(
        **{
            **shown,
            "id": str(row["id"]),
            "mail": mask_mail(row["mail"]),
            "phone": mask_phone(row["phone"]),
            "value": Money(row["value_amount"], row["value_currency"]),
            "reasons": msgspec.json.decode(row["reasons"], type=tuple[Reason, ...]),
            "strengths": msgspec.json.decode(row["strengths"], type=tuple[Reason, ...]),
            "accounts": tuple(row["accounts"]),
            "refused": tuple(row["refused"]),
            "last_contact": _last_contact(row),
        }
    )


def _last_contact(row: Any) -> Contacted | None:
    if row["contacted_at"] is None:
        return None
    return Contacted(row["contacted_at"], row["contacted_on"], row["contacted_with"])
