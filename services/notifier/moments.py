"""Moments: one moment on both clocks."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moments:
    """`now` is real time, `business_now` dates the facts."""

    now: datetime
    business_now: datetime
