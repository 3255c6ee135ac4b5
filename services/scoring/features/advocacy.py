"""Advocacy: whether a customer speaks for the shop: friends brought along, reviews.

Source: referral.made, review.posted.
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.days import days_since, seconds
from shared.events.engagement import ReferralMade, ReviewPosted
from shared.events.envelope import Envelope


class Advocacy(msgspec.Struct, frozen=True, array_like=True):
    """`rating` is of the newest review that had stars."""

    referrals: int = 0
    reviews: int = 0
    rating: int | None = None
    last_referral: float | None = None
    last_review: float | None = None


_with = msgspec.structs.replace


def update(state: Advocacy, envelope: Envelope) -> Advocacy:
    match envelope.data:
        case ReferralMade():
            return _with(state, referrals=state.referrals + 1, last_referral=seconds(envelope.time))
        case ReviewPosted(rating=rating):
            return _with(
                state,
                reviews=state.reviews + 1,
                rating=state.rating if rating is None else rating,
                last_review=seconds(envelope.time),
            )
        case _:
            return state


def read(state: Advocacy, cutoff: datetime) -> dict[str, float]:
    """Counts ever, 0 if none; review_rating: 1 to 5 stars; days since the newest; nan if there was none."""
    now = seconds(cutoff)
    return {
        "referrals": float(state.referrals),
        "days_since_referral": days_since(state.last_referral, now),
        "reviews": float(state.reviews),
        "review_rating": nan if state.rating is None else float(state.rating),
        "days_since_review": days_since(state.last_review, now),
    }
