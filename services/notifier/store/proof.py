"""Proof: every yes and no to a channel as it was said, what holds now, and who can be reached.

The law wants the proof for three years (特定商取引法 12条の3): here from the last word or the last message
on that channel, whichever came later.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.store.reading import Place
from shared.events.customer import Channel
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Asked:
    """Which words; None is any. `since` and `until` are business time, the latter not included."""

    customer: str | None = None
    channel: Channel | None = None
    granted: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class Said(msgspec.Struct, frozen=True):
    """A word as it was said at `at`, business time, and recorded at `recorded_at`, real time.

    `holds` is what the person's newest word on this channel says; `keep_until` when the proof may go.
    """

    event_id: str
    customer_ref: str
    name: str | None
    channel: str
    granted: bool
    wording: str | None
    source: str
    at: datetime
    recorded_at: datetime
    holds: bool | None
    keep_until: datetime


class Way(msgspec.Struct, frozen=True):
    """How one channel stands for a person: what was said, and what bars it whatever was said."""

    channel: str
    granted: bool | None
    changed_at: datetime | None
    address: bool
    unreachable: str | None
    never: bool


class Standing(msgspec.Struct, frozen=True):
    """How a person stands to being contacted; `accounts` are all of the person's."""

    customer_ref: str
    name: str | None
    accounts: tuple[str, ...]
    erased: bool
    do_not_contact: datetime | None
    do_not_wake: str | None
    ways: tuple[Way, ...]


class Valid(msgspec.Struct, frozen=True):
    """Persons who agreed to a channel, and why some of them can't be written to; `valid` are the others.

    Somebody for whom several things hold counts under each.
    """

    channel: str
    agreed: int
    no_address: int
    unreachable: int
    never: int
    valid: int


class Month(msgspec.Struct, frozen=True):
    """Persons who agreed to a channel at the end of a month of the shop's; `month` is YYYY-MM."""

    month: str
    channel: str
    agreed: int


_SAID = (
    "SELECT h.event_id::text AS event_id, h.customer_ref, c.name, h.channel, h.granted, h.wording, h.source,"
    " h.at, h.recorded_at,"
    " (SELECT k.granted FROM consent_of(h.customer_ref) AS k WHERE k.channel = h.channel) AS holds,"
    " GREATEST((SELECT max(w.at) FROM consent_history AS w"
    " JOIN accounts_of(h.customer_ref) AS own (account) ON w.customer_ref = own.account"
    " WHERE w.channel = h.channel),"
    " (SELECT max(m.began_at) FROM action AS m"
    " JOIN accounts_of(h.customer_ref) AS own (account) ON m.customer_ref = own.account"
    " WHERE m.channel = h.channel AND m.state IN ('sending', 'retry_at', 'sent', 'unknown')))"
    " + interval '3 years' AS keep_until"
)
_IF = {
    "customer": "w.customer_ref IN (SELECT accounts_of(:customer))",
    "channel": "w.channel = :channel",
    "granted": "w.granted = :granted",
    "since": "w.at >= :since",
    "until": "w.at < :until",
}
_STANDING = text(
    "SELECT c.name, own.accounts, c.mail, c.phone, c.line, c.address,"
    " EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = :ref AND m.erased_at IS NOT NULL)"
    " AS erased,"
    " (SELECT min(d.since) FROM do_not_contact AS d WHERE d.customer_ref = ANY(own.accounts))"
    " AS do_not_contact,"
    " (SELECT w.because FROM do_not_wake AS w WHERE w.customer_ref = ANY(own.accounts)"
    " ORDER BY w.since LIMIT 1) AS do_not_wake"
    " FROM (SELECT array_agg(o.account ORDER BY o.account <> :ref, o.account) AS accounts"
    " FROM accounts_of(:ref) AS o (account)) AS own, contact_of(:ref) AS c"
)
_WAYS = text(
    "SELECT w.channel, k.granted, (SELECT max(l.changed_at) FROM consent AS l"
    " WHERE l.channel = w.channel AND l.customer_ref = ANY(CAST(:accounts AS text[]))) AS changed_at,"
    " (SELECT u.reason FROM unreachable AS u WHERE u.channel = w.channel"
    " AND u.customer_ref = ANY(CAST(:accounts AS text[])) LIMIT 1) AS unreachable,"
    " EXISTS (SELECT FROM contact_hash AS h JOIN never_contact AS n USING (hash, channel)"
    " WHERE h.channel = w.channel AND h.customer_ref = ANY(CAST(:accounts AS text[]))) AS never"
    " FROM unnest(ARRAY['mail', 'line', 'postal_dm', 'phone']) WITH ORDINALITY AS w (channel, place)"
    " LEFT JOIN consent_of(:ref) AS k USING (channel) ORDER BY w.place"
)
# For all at once: what consent_of and contact_of say of one person, in sets.
_VALID = text(
    "WITH whose AS (SELECT account, person FROM same_person),"
    " word AS (SELECT DISTINCT ON (person, channel) COALESCE(w.person, k.customer_ref) AS person, k.channel,"
    " k.granted FROM consent AS k LEFT JOIN whose AS w ON w.account = k.customer_ref"
    " ORDER BY person, channel, k.changed_at DESC, k.granted),"
    " gone AS (SELECT COALESCE(w.person, d.customer_ref) AS person FROM do_not_contact AS d"
    " LEFT JOIN whose AS w ON w.account = d.customer_ref),"
    " told AS (SELECT COALESCE(w.person, c.customer_ref) AS person, bool_or(c.mail <> '') AS mail,"
    " bool_or(c.line <> '') AS line, bool_or(c.address <> '') AS postal_dm, bool_or(c.phone <> '') AS phone"
    " FROM contact AS c LEFT JOIN whose AS w ON w.account = c.customer_ref GROUP BY 1),"
    " failed AS (SELECT DISTINCT COALESCE(w.person, u.customer_ref) AS person, u.channel"
    " FROM unreachable AS u LEFT JOIN whose AS w ON w.account = u.customer_ref),"
    " banned AS (SELECT DISTINCT COALESCE(w.person, h.customer_ref) AS person, h.channel"
    " FROM contact_hash AS h JOIN never_contact AS n USING (hash, channel)"
    " LEFT JOIN whose AS w ON w.account = h.customer_ref),"
    " each AS (SELECT word.channel, f.person IS NOT NULL AS failed,"
    " b.person IS NOT NULL OR word.person IN (SELECT person FROM gone) AS banned,"
    " COALESCE(CASE word.channel WHEN 'mail' THEN t.mail WHEN 'line' THEN t.line"
    " WHEN 'phone' THEN t.phone ELSE t.postal_dm END, false) AS addressed"
    " FROM word LEFT JOIN told AS t USING (person) LEFT JOIN failed AS f USING (person, channel)"
    " LEFT JOIN banned AS b USING (person, channel) WHERE word.granted)"
    " SELECT w.channel, count(e.channel) AS agreed, count(*) FILTER (WHERE NOT addressed) AS no_address,"
    " count(*) FILTER (WHERE failed) AS unreachable, count(*) FILTER (WHERE banned) AS never,"
    " count(*) FILTER (WHERE addressed AND NOT failed AND NOT banned) AS valid"
    " FROM unnest(ARRAY['mail', 'line', 'postal_dm', 'phone']) WITH ORDINALITY AS w (channel, place)"
    " LEFT JOIN each AS e USING (channel) GROUP BY w.channel, w.place ORDER BY w.place"
)
_MONTHS = text(
    "WITH month AS (SELECT g AS starts, (g + interval '1 month') AT TIME ZONE :zone AS ends"
    " FROM generate_series(date_trunc('month', CAST(:now AS timestamptz) AT TIME ZONE :zone)"
    " - make_interval(months => :months - 1),"
    " date_trunc('month', CAST(:now AS timestamptz) AT TIME ZONE :zone), interval '1 month') AS g),"
    " word AS (SELECT COALESCE(s.person, h.customer_ref) AS person, h.channel, h.granted, h.at,"
    " lead(h.at) OVER (PARTITION BY COALESCE(s.person, h.customer_ref), h.channel"
    " ORDER BY h.at, NOT h.granted) AS next"
    " FROM consent_history AS h LEFT JOIN same_person AS s ON s.account = h.customer_ref)"
    " SELECT to_char(m.starts, 'YYYY-MM') AS month, w.channel, count(*) AS agreed FROM month AS m"
    " JOIN word AS w ON w.granted AND w.at < m.ends AND (w.next IS NULL OR w.next >= m.ends)"
    " GROUP BY 1, 2 ORDER BY 1, 2"
)


async def search(connection: AsyncConnection, asked: Asked, after: Place | None, most: int) -> list[Said]:
    """The newest first."""
    values: dict[str, object] = {"most": most}
    conditions = []
    for name, condition in _IF.items():
        if (wanted := getattr(asked, name)) is not None:
            conditions.append(condition)
            values[name] = wanted
    if after is not None:
        conditions.append("(w.at, w.event_id) < (:at, CAST(:id AS uuid))")
        values |= {"at": after.at, "id": after.id}
    chosen = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = " ORDER BY {0}.at DESC, {0}.event_id DESC"
    found = f"(SELECT w.* FROM consent_history AS w{chosen}{order.format('w')} LIMIT :most) AS h"  # noqa: S608
    whole = f"{_SAID} FROM {found} CROSS JOIN LATERAL contact_of(h.customer_ref) AS c{order.format('h')}"
    return [Said(**row._mapping) for row in await connection.execute(text(whole), values)]


async def standing(connection: AsyncConnection, customer_ref: str) -> Standing:
    """Also of somebody of whom nothing is known: then nothing was said."""
    row = (await connection.execute(_STANDING, {"ref": customer_ref})).one()
    return Standing(
        customer_ref=customer_ref,
        name=row.name,
        accounts=tuple(row.accounts),
        erased=row.erased,
        do_not_contact=row.do_not_contact,
        do_not_wake=row.do_not_wake,
        ways=await _ways(connection, customer_ref, row),
    )


async def _ways(connection: AsyncConnection, ref: str, row: Row[tuple[object, ...]]) -> tuple[Way, ...]:
    known = {"mail": row.mail, "line": row.line, "postal_dm": row.address, "phone": row.phone}
    rows = await connection.execute(_WAYS, {"ref": ref, "accounts": row.accounts})
    return tuple(Way(**each._mapping, address=bool(known[each.channel])) for each in rows)


async def valid(connection: AsyncConnection) -> list[Valid]:
    """有効アドレス件数: each person once for each channel."""
    return [Valid(**row._mapping) for row in await connection.execute(_VALID)]


async def months(connection: AsyncConnection, now: datetime, zone: str, many: int) -> list[Month]:
    """The last so many months of the shop's, this one so far; a month without anybody is left out."""
    values = {"now": now, "zone": zone, "months": many}
    return [Month(**row._mapping) for row in await connection.execute(_MONTHS, values)]
