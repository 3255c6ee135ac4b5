"""Duplicates: pairs of accounts that may be one customer, what scoring says of them, what people judged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.store.given import arrays, given
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncConnection

Verdict = Literal["confirmed", "denied"]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Scoring's word about two accounts: it suspects that they are one customer, or does so no longer."""

    refs: tuple[str, str]
    because: tuple[str, ...]
    suspected: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """Two accounts are one customer (`confirmed`) or two (`denied`); `agent` is None where a cart said so."""

    refs: tuple[str, str]
    verdict: Verdict
    because: str
    at: datetime
    agent: str | None = None


class Pair(msgspec.Struct, frozen=True):
    """As the page lists it; `since` and `judged_at` are business time, `judged_by` is the person's name."""

    id: str
    one: str
    other: str
    one_name: str | None
    other_name: str | None
    because: tuple[str, ...]
    since: datetime
    state: str
    judged_by: str | None
    judged_at: datetime | None


_TOLD = {
    "id": "uuid",
    "one": "text",
    "other": "text",
    "because": "text",
    "at": "timestamptz",
    "state": "text",
}
_STATES = {True: "open", False: "withdrawn"}
# What a person judged stays judged, whatever scoring comes to suspect.
_SUSPECT = text(
    "INSERT INTO duplicate_suspicion AS kept (id, one, other, because, since, told_at, state)"  # noqa: S608
    f" SELECT id, one, other, string_to_array(because, ','), at, at, state FROM {given(_TOLD)}"
    " ON CONFLICT (one, other) DO UPDATE SET told_at = excluded.told_at,"
    " since = LEAST(kept.since, excluded.since),"
    " because = CASE WHEN excluded.state = 'open' THEN excluded.because ELSE kept.because END,"
    " state = CASE WHEN kept.judged_at IS NULL THEN excluded.state ELSE kept.state END"
    " WHERE kept.told_at IS NULL OR kept.told_at <= excluded.told_at"
)
_JUDGED = _TOLD | {"agent": "text"}
# Our own judgement comes back from the stream: at the same moment what stands here knows who it was.
_JUDGE = text(
    "INSERT INTO duplicate_suspicion AS kept"  # noqa: S608 - our own list of columns
    " (id, one, other, because, since, state, judged_by, judged_at)"
    f" SELECT id, one, other, string_to_array(because, ','), at, state, agent, at FROM {given(_JUDGED)}"
    " ON CONFLICT (one, other) DO UPDATE"
    " SET state = excluded.state, judged_by = excluded.judged_by, judged_at = excluded.judged_at,"
    " since = LEAST(kept.since, excluded.since)"
    " WHERE kept.judged_at IS NULL OR kept.judged_at < excluded.judged_at"
)
_PROVE = text(
    "INSERT INTO duplicate_judgement (pair, state, agent, at)"
    " SELECT unnest(CAST(:pairs AS uuid[])), :state, :agent, :at"
)
_PAIR = (
    "SELECT d.id, d.one, d.other, d.because, d.since, d.state, d.judged_at, g.name AS judged_by,"
    " a.name AS one_name, b.name AS other_name FROM duplicate_suspicion AS d"
    " LEFT JOIN agent AS g ON g.login = d.judged_by"
    " LEFT JOIN contact AS a ON a.customer_ref = d.one LEFT JOIN contact AS b ON b.customer_ref = d.other"
)
# Nobody needs to judge of whom one is erased, nor accounts that are one customer by now.
_ALIVE = (
    "NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = d.one AND m.erased_at IS NOT NULL)"
    " AND NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = d.other"
    " AND m.erased_at IS NOT NULL)"
)
# Two look-ups a pair: a join would put every person together first.
_ASKED = (
    f"d.state = 'open' AND {_ALIVE} AND ((SELECT person FROM same_person WHERE account = d.one)"  # noqa: S608
    " = (SELECT person FROM same_person WHERE account = d.other)) IS NOT TRUE"
)
_LAST_JUDGED = text(
    "SELECT judged_at FROM duplicate_suspicion WHERE id = ANY(CAST(:pairs AS uuid[])) ORDER BY id FOR UPDATE"
)
_FIND = text(f"{_PAIR} WHERE d.id = CAST(:id AS uuid) AND {_ALIVE} FOR UPDATE OF d")
_OPEN = text(f"{_PAIR} WHERE {_ASKED} ORDER BY d.since, d.id LIMIT :most")
# In a shop's slow time two judgements may fall on one moment; then the trail knows which came later.
_DONE = text(
    f"{_PAIR} WHERE d.judged_at IS NOT NULL AND {_ALIVE} ORDER BY d.judged_at DESC, (SELECT max(j.id)"  # noqa: S608
    " FROM duplicate_judgement AS j WHERE j.pair = d.id) DESC NULLS LAST, d.id LIMIT :most"
)
COUNT_OPEN = f"SELECT count(*) AS duplicates FROM duplicate_suspicion AS d WHERE {_ASKED}"  # noqa: S608


def pair_id(one: str, other: str) -> str:
    """The same whichever comes first; it says nothing of whom it is about."""
    return derived_id("duplicate", *sorted((one, other)))


async def suspect(connection: AsyncConnection, said: Sequence[Suspicion]) -> None:
    """The newest word about each pair holds."""
    rows = [_row(word.refs, word.because, word.at, _STATES[word.suspected]) for word in said]
    for turn in _turns(rows):
        await connection.execute(_SUSPECT, arrays(_TOLD, turn))


async def judge(connection: AsyncConnection, said: Sequence[Judgement]) -> None:
    """The newest judgement of each pair holds, of pairs too that nobody suspected."""
    rows = [_row(word.refs, (word.because,), word.at, word.verdict) | {"agent": word.agent} for word in said]
    for turn in _turns(rows):
        await connection.execute(_JUDGE, arrays(_JUDGED, turn))


async def prove(
    connection: AsyncConnection, pairs: Iterable[str], verdict: Verdict, agent: str, at: datetime
) -> None:
    """Write down who judged, in real time; these lines are never changed."""
    await connection.execute(_PROVE, {"pairs": list(pairs), "state": verdict, "agent": agent, "at": at})


async def last_judged(connection: AsyncConnection, pairs: Sequence[str]) -> datetime | None:
    """When one of these was judged last; until the transaction ends nobody else judges them."""
    rows = (await connection.execute(_LAST_JUDGED, {"pairs": list(pairs)})).scalars()
    return max((at for at in rows if at is not None), default=None)


async def lock(connection: AsyncConnection, pair: str) -> Pair | None:
    """As it stands, and until the transaction ends it stays so."""
    row = (await connection.execute(_FIND, {"id": pair})).one_or_none()
    return None if row is None else _pair(row)


async def waiting(connection: AsyncConnection, most: int) -> list[Pair]:
    """Pairs to be judged, the oldest suspicion first."""
    return [_pair(row) for row in await connection.execute(_OPEN, {"most": most})]


async def judged(connection: AsyncConnection, most: int) -> list[Pair]:
    """The newest judgement first."""
    return [_pair(row) for row in await connection.execute(_DONE, {"most": most})]


def _turns(rows: Iterable[dict[str, object]]) -> list[list[dict[str, object]]]:
    """Each pair once a turn, in the order of what was said; sorted, against deadlocks."""
    turns: list[list[dict[str, object]]] = []
    told: Counter[object] = Counter()
    for row in sorted(rows, key=itemgetter("id")):
        place = told[row["id"]]
        told[row["id"]] += 1
        if place == len(turns):
            turns.append([])
        turns[place].append(row)
    return turns


def _row(refs: tuple[str, str], because: Sequence[str], at: datetime, state: str) -> dict[str, object]:
    one, other = sorted(refs)
    return {
        "id": pair_id(one, other),
        "one": one,
        "other": other,
        "because": ",".join(because),
        "at": at,
        "state": state,
    }


def _pair(row: Row[tuple[object, ...]]) -> Pair:
    return Pair(**{**row._mapping, "id": str(row.id), "because": tuple(row.because)})
