"""Enrolments (対象者): which customer is in which scenario for which episode, and what ended it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import TextClause, text

from services.notifier.scenarios.scenario import End
from services.notifier.store.given import arrays, given
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`cart` and `subscription` name the contract at risk, if it is one; `reason` is the risk's first."""

    customer_ref: str
    scenario: str
    episode: str
    version: int
    kind: str
    reason: str | None
    cart: str
    subscription: str | None
    enrolled_at: datetime


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
}
_ENROL = text(
    f"INSERT INTO enrolment ({', '.join(_ENROLMENT)}) SELECT * FROM {given(_ENROLMENT)}"  # noqa: S608
    " ON CONFLICT DO NOTHING"
)
# Locked in one order, so that two batches never wait for each other in a circle.
_LOCKED = (
    " WHERE e.ended_at IS NULL AND e.scenario = ANY(CAST(:scenarios AS text[]))"
    " ORDER BY e.customer_ref, e.scenario, e.episode FOR NO KEY UPDATE OF e)"
    " UPDATE enrolment AS e SET ended = :ended, ended_at = over.at FROM over"
    " WHERE e.customer_ref = over.customer_ref AND e.scenario = over.scenario AND e.episode = over.episode"
    " RETURNING e.customer_ref, e.scenario, e.episode, over.at, over.place"
)
_EPISODE = {"customer_ref": "text", "episode": "text", "at": "timestamptz", "place": "int"}
_END_EPISODES = text(
    "WITH over AS MATERIALIZED (SELECT e.customer_ref, e.scenario, e.episode, given.at, given.place"  # noqa: S608
    f" FROM {given(_EPISODE)} JOIN enrolment AS e USING (customer_ref, episode)" + _LOCKED
)
_CONTRACT = {"cart": "text", "subscription": "text", "at": "timestamptz", "place": "int"}
_END_CONTRACTS = text(
    "WITH over AS MATERIALIZED (SELECT e.customer_ref, e.scenario, e.episode, given.at, given.place"  # noqa: S608
    f" FROM {given(_CONTRACT)} JOIN enrolment AS e USING (cart, subscription)" + _LOCKED
)
_END_CUSTOMER = text(
    "UPDATE enrolment SET ended = :ended, ended_at = :at WHERE ended_at IS NULL"
    " AND scenario = ANY(CAST(:scenarios AS text[])) AND customer_ref = :customer_ref"
    " RETURNING customer_ref, scenario, episode, ended_at AS at, 0 AS place"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """An enrolment that was ended now, and since when it is over in business time."""

    customer_ref: str
    scenario: str
    episode: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends, and which scenarios it ends."""

    end: End
    scenarios: tuple[str, ...]

    def values(self) -> dict[str, object]:
        return {"ended": self.end, "scenarios": list(self.scenarios)}


async def enrol(connection: AsyncConnection, enrolled: Sequence[Enrolment]) -> None:
    """Once: who is in, or was in, this scenario for this episode stays as it stands."""
    if enrolled:
        ordered = sorted(enrolled, key=lambda one: (one.customer_ref, one.scenario, one.episode))
        await connection.execute(_ENROL, arrays(_ENROLMENT, [asdict(one) for one in ordered]))


async def end_episodes(
    connection: AsyncConnection, over: Mapping[tuple[str, str], datetime], ending: Ending
) -> list[Ended]:
    """`over` has the customer, the episode and the time; what is ended comes in its order."""
    rows = [
        {"customer_ref": ref, "episode": episode, "at": at, "place": place}
        for place, ((ref, episode), at) in enumerate(over.items())
    ]
    return (
        await _end(connection, _END_EPISODES, {**ending.values(), **arrays(_EPISODE, rows)}) if rows else []
    )


async def end_contracts(
    connection: AsyncConnection, over: Mapping[tuple[str, str], datetime], ending: Ending
) -> list[Ended]:
    """`over` has the cart, the contract and the time; what is ended comes in its order."""
    rows = [
        {"cart": cart, "subscription": subscription, "at": at, "place": place}
        for place, ((cart, subscription), at) in enumerate(over.items())
    ]
    return (
        await _end(connection, _END_CONTRACTS, {**ending.values(), **arrays(_CONTRACT, rows)}) if rows else []
    )


async def end_customer(
    connection: AsyncConnection, customer_ref: str, at: datetime, ending: Ending
) -> list[Ended]:
    values = {**ending.values(), "customer_ref": customer_ref, "at": at}
    return await _end(connection, _END_CUSTOMER, values)


async def _end(
    connection: AsyncConnection, statement: TextClause, values: Mapping[str, object]
) -> list[Ended]:
    rows = (await connection.execute(statement, values)).all()
    ordered = sorted(rows, key=lambda row: row.place)
    return [Ended(row.customer_ref, row.scenario, row.episode, row.at) for row in ordered]
