"""Creative (クリエイティブ): which words a customer gets where a step has several for one way (A/B)."""

import hashlib

from services.notifier.scenarios.scenario import Creative, Step
from shared.events.action import Way


def draw(step: Step, way: Way, customer_ref: str, salt: str) -> Creative | None:
    """A hash decides, by the shares: the same customer always gets the same. None: no words for this way."""
    those = [one for one in step.creatives if one.way == way]
    total = sum(one.share for one in those)
    place = _place(f"{salt}\x1f{step.key}\x1f{way}\x1f{customer_ref}") * total
    for one in those:
        if place < one.share:
            return one
        place -= one.share
    return None


def _place(drawn_for: str) -> float:
    """In [0, 1), even over all customers."""
    return int.from_bytes(hashlib.sha256(drawn_for.encode()).digest()[:6], "big") / 2**48
