"""Owned offsets: where each partition goes on, fenced by the epoch of its assignment."""

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


class Fenced(Exception):
    """A newer owner has claimed the partition; this one must drop it and write nothing more."""


_SEED = text(
    "INSERT INTO consumer_partition (grp, topic, part) VALUES (:grp, :topic, :part) ON CONFLICT DO NOTHING"
)
# Blocks on the old owner's row lock, so that the offset read here is final.
_CLAIM = text(
    "UPDATE consumer_partition SET owner_epoch = owner_epoch + 1, owner = :owner, claimed_at = now()"
    " WHERE grp = :grp AND topic = :topic AND part = :part RETURNING owner_epoch, next_offset"
)
_FENCE = text(
    "SELECT next_offset FROM consumer_partition"
    " WHERE grp = :grp AND topic = :topic AND part = :part AND owner_epoch = :epoch FOR UPDATE"
)
_MOVE = text(
    "UPDATE consumer_partition SET next_offset = :next_offset"
    " WHERE grp = :grp AND topic = :topic AND part = :part AND owner_epoch = :epoch"
)


def _place(claim: Claim) -> dict[str, object]:
    return {"grp": claim.group, "topic": claim.topic, "part": claim.partition, "epoch": claim.epoch}


async def claim(connection: AsyncConnection, group: str, topic: str, partition: int, owner: str) -> Claim:
    """Become the owner; from now on every earlier owner is fenced."""
    place = {"grp": group, "topic": topic, "part": partition}
    await connection.execute(_SEED, place)
    row = (await connection.execute(_CLAIM, {**place, "owner": owner})).one()
    return Claim(group, topic, partition, row.owner_epoch, row.next_offset)


async def fence(connection: AsyncConnection, claim: Claim) -> int:
    """Lock the offset for this transaction and give it.

    :raises Fenced: if a newer owner has the partition.
    """
    row = (await connection.execute(_FENCE, _place(claim))).one_or_none()
    if row is None:
        raise Fenced(f"{claim.topic}/{claim.partition} epoch {claim.epoch}")
    return int(row.next_offset)


async def move(connection: AsyncConnection, claim: Claim, next_offset: int) -> None:
    """The offset moves in the same transaction as everything that the batch did."""
    await connection.execute(_MOVE, {**_place(claim), "next_offset": next_offset})
