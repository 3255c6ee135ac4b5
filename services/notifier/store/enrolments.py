"""Enrolments (対象者): which customer is in which scenario for which episode, and what ended it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import TextClause, text

from services.notifier.scenarios.admit import Been
from services.notifier.scenarios.scenario import ALWAYS, End
from services.notifier.store.given import arrays, given
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`cart` and `subscription` name the contract in question, if there is one; `reason` is a risk's first.

    `kind` is a risk's kind or what happened; `held`: in the holdout (比較群). `due` and `cutoff` are of the
    next shipment, `facts` what the words may tell.
    """

    customer_ref: str
    scenario: str
    episode: str
    version: int
    kind: str
    reason: str | None
    cart: str
    subscription: str | None
    enrolled_at: datetime
    held: bool
    scenario_group: str
    priority: int
    due: datetime | None = None
    cutoff: datetime | None = None
    delivery_number: int | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.customer_ref, self.scenario, self.episode


_ENROLMENT = {
    "customer_ref": "text",
    "scenario": "text",
    "episode": "text",
    "version": "int",
    "kind": "text",
    "reason": "text",
    "cart": "text",
    "subscription": "text",
    "enrolled_at": "timestamptz",
    "held": "boolean",
    "scenario_group": "text",
    "priority": "int",
    "due": "timestamptz",
    "cutoff": "timestamptz",
    "delivery_number": "int",
    "facts": "jsonb",
}
_ENROL = text(
    f"INSERT INTO enrolment ({', '.join(_ENROLMENT)}) SELECT * FROM {given(_ENROLMENT)}"  # noqa: S608
    " WHERE NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = given.customer_ref"
    " AND m.erased_at IS NOT NULL) ON CONFLICT DO NOTHING RETURNING customer_ref, scenario, episode"
)
_BEEN = text(
    "SELECT told.ref, e.customer_ref, e.scenario, e.episode, e.scenario_group AS group, e.priority,"
    " e.enrolled_at, e.ended_at IS NULL AS open FROM unnest(CAST(:refs AS text[])) AS told (ref),"
    " accounts_of(told.ref) AS own (account) JOIN enrolment AS e ON e.customer_ref = own.account"
)
_EPISODES = {"customer_ref": "text", "episode": "text"}
_HELD = text(
    "SELECT DISTINCT ON (e.customer_ref, e.episode) e.customer_ref, e.episode, e.scenario"  # noqa: S608
    f" FROM {given(_EPISODES)} JOIN enrolment AS e USING (customer_ref, episode) WHERE e.held"
    " ORDER BY e.customer_ref, e.episode, e.priority DESC, e.scenario"
)
# Of a scenario that is off as well, for it may be on again before its steps are due.
_ENDS = (
    " e.scenario IN (SELECT s.key FROM scenario AS s JOIN scenario_version AS v USING (key, version)"
    " WHERE v.body->'ends' ? {end})"
)
# Locked in one order, so that two batches never wait for each other in a circle.
_LOCKED = (
    " ORDER BY e.customer_ref, e.scenario, e.episode FOR NO KEY UPDATE OF e)"
    " UPDATE enrolment AS e SET ended = over.ended, ended_at = over.at FROM over"
    " WHERE e.customer_ref = over.customer_ref AND e.scenario = over.scenario AND e.episode = over.episode"
    " RETURNING e.customer_ref, e.scenario, e.episode, over.at, over.place, over.ended"
)
_OVER = (
    "WITH over AS MATERIALIZED"
    " (SELECT e.customer_ref, e.scenario, e.episode, given.at, given.place, given.ended"
)
_EPISODE = {"customer_ref": "text", "episode": "text", "at": "timestamptz", "place": "int", "ended": "text"}
_END_EPISODES = text(
    f"{_OVER} FROM {given(_EPISODE)} JOIN enrolment AS e USING (customer_ref, episode)"
    f" WHERE e.ended_at IS NULL AND {_ENDS.format(end='given.ended')}" + _LOCKED
)
_CONTRACT = {"cart": "text", "subscription": "text", "at": "timestamptz", "place": "int", "ended": "text"}
_END_CONTRACTS = text(
    f"{_OVER} FROM {given(_CONTRACT)} JOIN enrolment AS e USING (cart, subscription)"
    f" WHERE e.ended_at IS NULL AND {_ENDS.format(end='given.ended')}" + _LOCKED
)
# What a customer does ends what began before, on any account; about a contract only what is about it, and a
# payment also what is about none.
_DEED = {
    "customer_ref": "text",
    "subscription": "text",
    "at": "timestamptz",
    "place": "int",
    "ended": "text",
}
_END_BY_DEEDS = text(
    f"{_OVER} FROM {given(_DEED)} CROSS JOIN LATERAL accounts_of(given.customer_ref) AS own (account)"
    " JOIN enrolment AS e ON e.customer_ref = own.account"
    " WHERE e.ended_at IS NULL AND e.enrolled_at < given.at"
    " AND (given.subscription IS NULL OR e.subscription = given.subscription"
    " OR (e.subscription IS NULL AND given.ended <> 'cancelled'))"
    f" AND {_ENDS.format(end='given.ended')}" + _LOCKED
)
_ONE = {
    "customer_ref": "text",
    "scenario": "text",
    "episode": "text",
    "at": "timestamptz",
    "place": "int",
    "ended": "text",
}
_END_ONES = text(
    f"{_OVER} FROM {given(_ONE)} JOIN enrolment AS e USING (customer_ref, scenario, episode)"
    " WHERE e.ended_at IS NULL" + _LOCKED
)
_END_CUSTOMER = (
    "UPDATE enrolment AS e SET ended = :ended, ended_at = :at WHERE e.ended_at IS NULL"
    " AND e.customer_ref = :customer_ref{which}"
    " RETURNING e.customer_ref, e.scenario, e.episode, e.ended_at AS at, 0 AS place, e.ended"
)
_END_ALL_OF = text(_END_CUSTOMER.format(which=""))
_END_SOME_OF = text(_END_CUSTOMER.format(which=f" AND {_ENDS.format(end=':ended')}"))

_UNSENT = text(
    "SELECT DISTINCT customer_ref, scenario, episode FROM action WHERE scenario = :scenario"
    " AND state IN ('planned', 'claimed', 'retry_at', 'batched') ORDER BY customer_ref, episode"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """An enrolment of which nothing more is sent, why, and since when in business time."""

    customer_ref: str
    scenario: str
    episode: str
    at: datetime
    why: End | Literal["recalled"]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a customer did at `at`, as an ending of what it ends; about one contract, or about none."""

    customer_ref: str
    at: datetime
    end: End
    subscription: str | None = None


async def enrol(connection: AsyncConnection, enrolled: Sequence[Enrolment]) -> set[tuple[str, str, str]]:
    """The keys of those that are new; who is erased comes into nothing. Sorted, against deadlocks."""
    if not enrolled:
        return set()
    rows = [
        asdict(one) | {"facts": msgspec.json.encode(one.facts).decode()}
        for one in sorted(enrolled, key=lambda each: each.key)
    ]
    found = await connection.execute(_ENROL, arrays(_ENROLMENT, rows))
    return {(row.customer_ref, row.scenario, row.episode) for row in found}


async def been(connection: AsyncConnection, refs: Iterable[str]) -> dict[str, list[Been]]:
    """Every enrolment of these persons, on whatever account."""
    known: dict[str, list[Been]] = {ref: [] for ref in refs}
    if known:
        for row in await connection.execute(_BEEN, {"refs": sorted(known)}):
            values = dict(row._mapping)
            known[values.pop("ref")].append(Been(**values))
    return known


async def held(
    connection: AsyncConnection, episodes: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """By customer and episode: the scenario in whose holdout the customer is, of several the highest."""
    rows = [{"customer_ref": ref, "episode": episode} for ref, episode in sorted(episodes)]
    if not rows:
        return {}
    found = await connection.execute(_HELD, arrays(_EPISODES, rows))
    return {(row.customer_ref, row.episode): row.scenario for row in found}


async def end_episodes(
    connection: AsyncConnection, over: Mapping[tuple[str, str], datetime], end: End
) -> list[Ended]:
    """`over` has the customer, the episode and the time; what is ended comes in its order."""
    rows = [
        {"customer_ref": ref, "episode": episode, "at": at, "place": place, "ended": end}
        for place, ((ref, episode), at) in enumerate(over.items())
    ]
    return await _end(connection, _END_EPISODES, arrays(_EPISODE, rows)) if rows else []


async def end_contracts(
    connection: AsyncConnection, over: Mapping[tuple[str, str], datetime], end: End
) -> list[Ended]:
    """`over` has the cart, the contract and the time; what is ended comes in its order."""
    rows = [
        {"cart": cart, "subscription": subscription, "at": at, "place": place, "ended": end}
        for place, ((cart, subscription), at) in enumerate(over.items())
    ]
    return await _end(connection, _END_CONTRACTS, arrays(_CONTRACT, rows)) if rows else []


async def end_by_deeds(connection: AsyncConnection, deeds: Sequence[Deed]) -> list[Ended]:
    """Of each customer at most one deed; what is ended comes in their order."""
    rows = [
        {
            "customer_ref": one.customer_ref,
            "subscription": one.subscription,
            "at": one.at,
            "place": place,
            "ended": one.end,
        }
        for place, one in enumerate(deeds)
    ]
    return await _end(connection, _END_BY_DEEDS, arrays(_DEED, rows)) if rows else []


async def outrank(connection: AsyncConnection, over: Sequence[tuple[Been, datetime]]) -> list[Ended]:
    """End these, for a scenario of the same group that comes before them."""
    rows = [
        {
            "customer_ref": one.customer_ref,
            "scenario": one.scenario,
            "episode": one.episode,
            "at": at,
            "place": place,
            "ended": "outranked",
        }
        for place, (one, at) in enumerate(over)
    ]
    return await _end(connection, _END_ONES, arrays(_ONE, rows)) if rows else []


async def end_customer(connection: AsyncConnection, customer_ref: str, at: datetime, end: End) -> list[Ended]:
    """All of this account that it ends."""
    values = {"ended": end, "customer_ref": customer_ref, "at": at}
    return await _end(connection, _END_ALL_OF if end in ALWAYS else _END_SOME_OF, values)


async def unsent(connection: AsyncConnection, scenario: str, at: datetime) -> list[Ended]:
    """Those of which something has not left, to be recalled; they go on."""
    rows = await connection.execute(_UNSENT, {"scenario": scenario})
    return [Ended(row.customer_ref, row.scenario, row.episode, at, "recalled") for row in rows]


async def _end(
    connection: AsyncConnection, statement: TextClause, values: Mapping[str, object]
) -> list[Ended]:
    rows = (await connection.execute(statement, values)).all()
    ordered = sorted(rows, key=lambda row: (row.place, row.scenario))
    return [Ended(row.customer_ref, row.scenario, row.episode, row.at, row.ended) for row in ordered]
