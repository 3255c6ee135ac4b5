"""Rehearsals: what happened lately that would have set a scenario off, and how the customers stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.happening import Happening
from services.notifier.store.noticed import LastOrder
from shared.events.action import Way
from shared.events.customer import Channel
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Entered:
    """A risk that entered a high band; its reasons are known where it raised an alert."""

    customer_ref: str
    event_id: str
    risk: RiskAssessed


@dataclass(frozen=True, slots=True)
class Stand:
    """How a customer stands today; `sends` are what left of late, of all accounts of the `person`."""

    person: str
    consents: frozenset[Channel]
    reachable: frozenset[Way]
    failed: frozenset[Way]
    never: frozenset[Way]
    erased: bool
    do_not_contact: bool
    do_not_wake: bool
    sends: tuple[datetime, ...]


_ENTERED = text(
    "SELECT s.event_id::text AS event_id, s.customer_ref, s.kind, s.subscription, s.episode, s.probability,"
    " s.band, s.priority, s.at, s.delivery_number, s.min_deliveries, s.due, s.cutoff,"
    " COALESCE(a.reasons, '[]')::text AS reasons FROM assessment AS s LEFT JOIN alert AS a USING (episode)"
    " WHERE s.phase = 'entered' AND s.at >= :since AND s.at <= :until ORDER BY s.at, s.event_id LIMIT :most"
)
_LEFT = text(
    "SELECT episode, min(at) AS at FROM assessment WHERE phase = 'left'"
    " AND episode = ANY(CAST(:episodes AS text[])) AND customer_ref = ANY(CAST(:refs AS text[]))"
    " GROUP BY episode"
)
_DID = text(
    "SELECT event_id::text AS event_id, customer_ref, what, at, facts::text AS facts FROM happening"
    " WHERE at >= :since AND at <= :until AND what = :what ORDER BY at, event_id LIMIT :most"
)
_FELL_SILENT = text(
    "SELECT h.customer_ref, h.at, h.event_id::text AS event_id FROM happening AS h"
    " WHERE h.what = 'order.placed' AND h.at >= :since AND h.at <= :until AND h.customer_ref NOT LIKE '%/~%'"
    " AND NOT EXISTS (SELECT FROM happening AS later WHERE later.customer_ref = h.customer_ref"
    " AND later.what = 'order.placed' AND later.at > h.at AND later.at <= h.at + CAST(:silence AS interval))"
    " ORDER BY h.at, h.event_id LIMIT :most"
)
_STANDS = text(
    "SELECT told.ref, own.accounts[1] AS person, c.mail, c.line, c.address,"
    " EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = told.ref AND m.erased_at IS NOT NULL)"
    " AS erased,"
    " EXISTS (SELECT FROM do_not_contact AS d WHERE d.customer_ref = ANY(own.accounts)) AS do_not_contact,"
    " EXISTS (SELECT FROM do_not_wake AS d WHERE d.customer_ref = ANY(own.accounts)) AS do_not_wake,"
    " ARRAY(SELECT k.channel FROM consent_of(told.ref) AS k WHERE k.granted) AS consents,"
    " ARRAY(SELECT u.channel FROM unreachable AS u WHERE u.customer_ref = ANY(own.accounts)) AS failed,"
    " ARRAY(SELECT n.channel FROM contact_hash AS h JOIN never_contact AS n USING (hash, channel)"
    " WHERE h.customer_ref = ANY(own.accounts)) AS never,"
    " ARRAY(SELECT a.began_at FROM action AS a WHERE a.customer_ref = ANY(own.accounts)"
    " AND a.began_at >= :since AND a.scenario <> :scenario AND a.channel NOT IN ('insert', 'webhook')"
    " AND a.state IN ('batched', 'sending', 'sent', 'unknown')) AS sends"
    " FROM unnest(CAST(:refs AS text[])) AS told (ref), contact_of(told.ref) AS c,"
    " LATERAL (SELECT ARRAY(SELECT a FROM accounts_of(told.ref) AS a ORDER BY a) AS accounts) AS own"
)


async def entered(connection: AsyncConnection, since: datetime, until: datetime, most: int) -> list[Entered]:
    """Risks that entered a high band, by time."""
    rows = await connection.execute(_ENTERED, {"since": since, "until": until, "most": most})
    return [Entered(row.customer_ref, row.event_id, _risk(row)) for row in rows]


async def left(
    connection: AsyncConnection, refs: Sequence[str], episodes: Sequence[str]
) -> dict[str, datetime]:
    """When these episodes were over, of those that are."""
    rows = await connection.execute(_LEFT, {"refs": list(refs), "episodes": list(episodes)})
    return {row.episode: row.at for row in rows}


async def did(
    connection: AsyncConnection, what: str, since: datetime, until: datetime, most: int
) -> list[Happening]:
    """All that happened of this name, by time."""
    rows = await connection.execute(_DID, {"what": what, "since": since, "until": until, "most": most})
    return [
        Happening(row.event_id, row.customer_ref, row.what, row.at, msgspec.json.decode(row.facts))
        for row in rows
    ]


async def fell_silent(
    connection: AsyncConnection, since: datetime, until: datetime, silence: timedelta, most: int
) -> list[LastOrder]:
    """Orders after which nothing came for so long, by time."""
    values = {"since": since, "until": until, "silence": silence, "most": most}
    return [LastOrder(**row._mapping) for row in await connection.execute(_FELL_SILENT, values)]


async def stands(
    connection: AsyncConnection, refs: Sequence[str], scenario: str, since: datetime
) -> dict[str, Stand]:
    """By customer; what this scenario itself has sent is left out, for it is rehearsed anew."""
    values = {"refs": list(refs), "scenario": scenario, "since": since}
    return {row.ref: _stand(row) for row in await connection.execute(_STANDS, values)}


def _stand(row: Row[tuple[object, ...]]) -> Stand:
    known: dict[Way, object] = {"mail": row.mail, "line": row.line, "postal_dm": row.address}
    ways = frozenset(way for way, address in known.items() if address)
    return Stand(
        person=row.person,
        consents=frozenset(row.consents),
        reachable=ways | {"insert", "webhook"},
        failed=frozenset(row.failed),
        never=frozenset(row.never),
        erased=row.erased,
        do_not_contact=row.do_not_contact,
        do_not_wake=row.do_not_wake,
        sends=tuple(row.sends),
    )


def _risk(row: Row[tuple[object, ...]]) -> RiskAssessed:
    return RiskAssessed(
        kind=row.kind,
        probability=row.probability,
        band=row.band,
        previous_band="medium",
        phase="entered",
        episode=row.episode,
        priority=row.priority,
        value_at_risk=Money(0, "JPY"),
        reasons=tuple(msgspec.json.decode(row.reasons, type=tuple[Reason, ...])),
        model="",
        horizon_days=0.0,
        assessed_at=row.at,
        noticed_at=row.at,
        subscription=row.subscription,
        delivery_number=row.delivery_number,
        min_deliveries=row.min_deliveries,
        due=row.due,
        cutoff=row.cutoff,
    )
