"""Enrolments (対象者): which customer is in which scenario for which episode, and what ended it."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import CursorResult

from services.notifier.scenarios.scenario import End
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


_ENROL = text(
    "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, reason, cart, subscription,"
    " enrolled_at) VALUES (:customer_ref, :scenario, :episode, :version, :kind, :reason, :cart,"
    " :subscription, :enrolled_at) ON CONFLICT DO NOTHING"
)
_END_EPISODE = text(
    "UPDATE enrolment SET ended = :ended, ended_at = :at WHERE ended_at IS NULL"
    " AND scenario = ANY(CAST(:scenarios AS text[])) AND customer_ref = :customer_ref AND episode = :episode"
    " RETURNING customer_ref, scenario, episode"
)
_END_CUSTOMER = text(
    "UPDATE enrolment SET ended = :ended, ended_at = :at WHERE ended_at IS NULL"
    " AND scenario = ANY(CAST(:scenarios AS text[])) AND customer_ref = :customer_ref"
    " RETURNING customer_ref, scenario, episode"
)
_END_SUBSCRIPTION = text(
    "UPDATE enrolment SET ended = :ended, ended_at = :at WHERE ended_at IS NULL"
    " AND scenario = ANY(CAST(:scenarios AS text[])) AND cart = :cart AND subscription = :subscription"
    " RETURNING customer_ref, scenario, episode"
)


@dataclass(frozen=True, slots=True)
class Ended:
    customer_ref: str
    scenario: str
    episode: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends which scenarios, and when."""

    end: End
    scenarios: tuple[str, ...]
    at: datetime

    def values(self) -> dict[str, object]:
        return {"ended": self.end, "scenarios": list(self.scenarios), "at": self.at}


async def enrol(connection: AsyncConnection, enrolment: Enrolment) -> None:
    """Once: who is in, or was in, this scenario for this episode stays as it stands."""
    await connection.execute(_ENROL, asdict(enrolment))


async def end_episode(
    connection: AsyncConnection, customer_ref: str, episode: str, ending: Ending
) -> list[Ended]:
    values = {**ending.values(), "customer_ref": customer_ref, "episode": episode}
    return _ended(await connection.execute(_END_EPISODE, values))


async def end_customer(connection: AsyncConnection, customer_ref: str, ending: Ending) -> list[Ended]:
    return _ended(await connection.execute(_END_CUSTOMER, {**ending.values(), "customer_ref": customer_ref}))


async def end_subscription(
    connection: AsyncConnection, cart: str, subscription: str, ending: Ending
) -> list[Ended]:
    values = {**ending.values(), "cart": cart, "subscription": subscription}
    return _ended(await connection.execute(_END_SUBSCRIPTION, values))


def _ended(rows: CursorResult[tuple[object, ...]]) -> list[Ended]:
    return [Ended(row.customer_ref, row.scenario, row.episode) for row in rows]
