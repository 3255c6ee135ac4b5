"""A month's messages by LINE: how many there are, how many went, and what is kept for the highest risks."""

from typing import Literal

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """LINE's word on the month, and what went out since; `most` None: as many as one pays for."""

    most: int | None
    used: int


# What only the highest risks may use, and what nobody may, for there is nothing left.
Short = Literal["quota", "quota_reserve"]


def short_of(limits: Limits, reserve_percent: float) -> Short | None:
    """Why the next message may not go out; None if it may, whoever it is for."""
    if limits.most is None:
        return None
    if limits.used >= limits.most:
        return "quota"
    return "quota_reserve" if limits.used >= limits.most * (1 - reserve_percent / 100) else None
