"""Owned offsets: where each partition goes on, fenced by the epoch of its assignment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Claim:
    """One assignment of one partition; `epoch` grows with each, so that an older owner can be told apart."""

    group: str
    topic: str
    partition: int
    epoch: int
    next_offset: int


_SEED = text(
    "INSERT INTO consumer_partition (grp, topic, part) VALUES (:grp, :topic, :part) ON CONFLICT DO NOTHING"
)
# Blocks on the old owner's row lock, so that the offset read here is final.
_CLAIM = text(
    "UPDATE consumer_partition SET owner_epoch = owner_epoch + 1, owner = :owner, claimed_at = now()"
    " WHERE grp = :grp AND topic = :topic AND part = :part RETURNING owner_epoch, next_offset"
)
# Sorted, so that two transactions never wait for each other in a circle.
_FENCE = text(
    "SELECT own.topic, own.part, own.next_offset FROM consumer_partition AS own"
    " JOIN unnest(CAST(:topics AS text[]), CAST(:parts AS int[]), CAST(:epochs AS bigint[]))"
    " AS claimed (topic, part, epoch)"
    " ON own.topic = claimed.topic AND own.part = claimed.part AND own.owner_epoch = claimed.epoch"
    " WHERE own.grp = :grp ORDER BY own.topic, own.part FOR UPDATE OF own"
)
_MOVE = text(
    "UPDATE consumer_partition AS own SET next_offset = moved.next_offset"
    " FROM unnest(CAST(:topics AS text[]), CAST(:parts AS int[]), CAST(:epochs AS bigint[]),"
    " CAST(:offsets AS bigint[])) AS moved (topic, part, epoch, next_offset)"
    " WHERE own.grp = :grp AND own.topic = moved.topic AND own.part = moved.part"
    " AND own.owner_epoch = moved.epoch"
)


def _places(claims: Sequence[Claim]) -> dict[str, object]:
    return {
        "grp": claims[0].group,
        "topics": [claim.topic for claim in claims],
        "parts": [claim.partition for claim in claims],
        "epochs": [claim.epoch for claim in claims],
    }


async def claim(connection: AsyncConnection, group: str, topic: str, partition: int, owner: str) -> Claim:
    """Become the owner; from now on every earlier owner is fenced."""
    place = {"grp": group, "topic": topic, "part": partition}
    await connection.execute(_SEED, place)
    row = (await connection.execute(_CLAIM, {**place, "owner": owner})).one()
    return Claim(group, topic, partition, row.owner_epoch, row.next_offset)


async def fence(connection: AsyncConnection, claims: Sequence[Claim]) -> dict[Claim, int]:
    """Lock the offsets of one group's claims for this transaction, and give them.

    A claim that is missing in the answer is fenced: a newer owner has the partition, and nothing may be
    written for it.
    """
    by_place = {(claim.topic, claim.partition): claim for claim in claims}
    rows = await connection.execute(_FENCE, _places(claims))
    return {by_place[row.topic, row.part]: row.next_offset for row in rows}


async def move(connection: AsyncConnection, offsets: Mapping[Claim, int]) -> None:
    """The offsets move in the same transaction as everything that the batch did."""
    if offsets:
        await connection.execute(_MOVE, {**_places(list(offsets)), "offsets": list(offsets.values())})
