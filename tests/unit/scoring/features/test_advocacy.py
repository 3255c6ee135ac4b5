"""Advocacy: friends brought along, reviews and their stars."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

from services.scoring.features.advocacy import Advocacy, read, update
from shared.events.engagement import ReferralMade, ReviewPosted
from shared.events.envelope import Envelope

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def test_friends_and_reviews_are_counted(fact: Fact, day: Day) -> None:
    state = Advocacy()
    for event in (
        fact(ReferralMade(), 1),
        fact(ReviewPosted(5), 2),
        fact(ReferralMade(), 3),
        fact(ReviewPosted(), 4),
    ):
        state = update(state, event)
    seen = read(state, day(10))
    assert (seen["referrals"], seen["reviews"], seen["review_rating"]) == (2, 2, 5)
    assert (seen["days_since_referral"], seen["days_since_review"]) == (7, 6)


def test_who_never_spoke_has_no_stars(day: Day) -> None:
    seen = read(Advocacy(), day(0))
    assert (seen["referrals"], seen["reviews"]) == (0, 0)
    assert isnan(seen["review_rating"])
