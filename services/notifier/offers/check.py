"""Check: whether what an agent records of a call holds together."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from services.notifier.alert import KEPT, Disposition
from services.notifier.offers.allow import Allowed, Barred
from services.notifier.offers.offer import Catalogue, Kind
from services.notifier.resolution import Resolution
from services.notifier.web.call_reasons import BY_CODE

Problem = Literal[
    "needs_reason",
    "unknown_reason",
    "unknown_detail",
    "needs_callback",
    "unexpected_callback",
    "callback_past",
    "callback_far",
    "needs_offer",
    "needs_answer",
    "unknown_offer",
    "offer_barred",
    "answer_disagrees",
    "nobody_spoken_to",
]

FURTHEST_CALLBACK = timedelta(days=60)
UNSPOKEN: frozenset[Disposition] = frozenset({"no_answer", "wrong_number"})
"""Nobody was there to give a reason or to be offered anything."""

# What a contract has become when the customer said yes.
_BECOMES: dict[Kind, frozenset[Disposition]] = {
    "skip": frozenset({"kept_modified"}),
    "cycle": frozenset({"kept_modified"}),
    "product": frozenset({"kept_modified"}),
    "pause": frozenset({"paused"}),
    "gift": frozenset({"kept", "kept_modified"}),
    "discount": frozenset({"kept", "kept_modified"}),
}


def check(
    resolution: Resolution, catalogue: Catalogue, judged: Sequence[Allowed | Barred], now: datetime
) -> Problem | None:
    """None where it holds together; `judged` is about the reason recorded, `now` is real time."""
    return (
        _of_reason(resolution)
        or _of_callback(resolution, now)
        or _of_offer(resolution, judged)
        or _of_answer(resolution, catalogue)
    )


def _of_reason(resolution: Resolution) -> Problem | None:
    reason, detail = resolution.reason, resolution.reason_detail
    if reason is None:
        return "needs_reason" if resolution.disposition == "cancelled" or detail is not None else None
    if resolution.disposition in UNSPOKEN:
        return "nobody_spoken_to"
    known = BY_CODE.get(reason)
    if known is None:
        return "unknown_reason"
    details = {each.code for each in known.details}
    return None if detail is None or detail in details else "unknown_detail"


def _of_callback(resolution: Resolution, now: datetime) -> Problem | None:
    at, promised = resolution.callback_at, resolution.disposition == "callback"
    if at is None:
        return "needs_callback" if promised else None
    if not promised:
        return "unexpected_callback"
    if at <= now:
        return "callback_past"
    return "callback_far" if at > now + FURTHEST_CALLBACK else None


def _of_offer(resolution: Resolution, judged: Sequence[Allowed | Barred]) -> Problem | None:
    key = resolution.offer
    if key is None:
        return "needs_offer" if resolution.answer is not None or resolution.offer_detail else None
    if resolution.answer is None:
        return "needs_answer"
    if resolution.disposition in UNSPOKEN:
        return "nobody_spoken_to"
    match next((one for one in judged if one.offer.key == key), None):
        case Allowed():
            return None
        case Barred():
            return "offer_barred"
        case None:
            return "unknown_offer"


def _of_answer(resolution: Resolution, catalogue: Catalogue) -> Problem | None:
    if resolution.offer is None or resolution.answer != "accepted":
        return None
    fitting = _BECOMES[catalogue[resolution.offer].kind]
    return None if resolution.disposition in fitting & KEPT else "answer_disagrees"
