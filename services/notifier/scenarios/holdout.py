"""Holdout (比較群): who is left alone, so that an effect can be measured; the same answer for ever."""

import hashlib

from services.notifier.scenarios.scenario import Scenario


def in_holdout(scenario: Scenario, customer_ref: str) -> bool:
    """A hash decides, so nothing has to be remembered; a greater share only adds customers."""
    return _place(scenario.salt, customer_ref) * 100 < scenario.holdout_percent


def _place(salt: str, customer_ref: str) -> float:
    """The customer's place in [0, 1), even over all customers and apart for every salt."""
    digest = hashlib.sha256(f"{salt}\x1f{customer_ref}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
