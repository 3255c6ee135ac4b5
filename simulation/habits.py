"""PURE. What a customer does besides ordering: it follows from how they are and stand, and leads to nothing.

Nothing here changes a contract or a hazard, so the truth stays the exact sum that it is. Who buys without a
contract shows nothing of having stopped: what they do depends on the day of their last order alone.
"""

import math
from collections.abc import Iterator
from random import Random

import msgspec

from simulation import hazard
from simulation.contract import Contract, Media, Profile
from simulation.course import REMINDER_DAYS, RETRY_DAYS
from simulation.customer import Customer, Repeater
from simulation.payloads.parts import Body

SHOP_MAIL_DAYS = 7
# Log-odds that a weekly mail is read, and what each standard deviation of frailty takes from them.
READS, READS_LESS = 0.2, 2.0
CLICKS = 0.2
READS_WITHOUT_CONTRACT = (-0.5, 1.0)
FORGETS_AFTER_DAYS, FORGOTTEN_AFTER_DAYS = 60, 120

# So many times as often as the contract is given up that day, its 解約 page is looked at.
CANCEL_VIEWS_PER_CANCELLATION = 8.0
ACCOUNT_VIEWS = 0.02
SKIP_VIEWS_AT_REMINDER = 0.1

FOLLOWS_LINE: dict[Media, float] = {
    "search": 0.2,
    "sns": 0.35,
    "affiliate": 0.15,
    "line": 0.95,
    "magazine": 0.1,
}
BLOCKS_LINE, BLOCKS_SOONER = 0.0015, 0.8

COMPLAINS, COMPLAINS_MORE = 0.0012, 0.8
ASKS = 0.003
ASKS_ABOUT_LATE_PARCEL = (5, 0.4)
ASKS_ABOUT_PAYMENT = 0.15

SURVEY_DAYS = 7
ANSWERS = 0.8
NPS, NPS_LESS, NPS_SD = 7.0, 2.0, 1.0
SATISFACTION, SATISFACTION_LESS, SATISFACTION_SD = 3.6, 0.9, 0.5
REVIEWS, REVIEWS_LESS, REVIEW_DAYS = 0.06, 0.4, 12
REFERS, REFERS_LESS = 0.0008, 0.8
BOUNCES = 0.001


class Act(msgspec.Struct, frozen=True):
    """One event of ours, as a Standard Webhook names and describes it."""

    type: str
    data: Body


Visit = tuple[Act, ...]
"""What a customer does within a few minutes."""


class Leanings(msgspec.Struct, frozen=True):
    """Drawn once: whether the customer follows on LINE, and how gladly one without a contract reads."""

    follows_line: bool
    reads: float


def leanings(profile: Profile, rng: Random) -> Leanings:
    return Leanings(rng.random() < FOLLOWS_LINE[profile.media], rng.gauss(*READS_WITHOUT_CONTRACT))


def viewed(page: str) -> Act:
    return Act("page.viewed", {"page": page})


def visits(customer: Customer, leaning: Leanings, day: int, rng: Random) -> Iterator[Visit]:
    """A day of a customer who stands as it does at the day's end, at most a few."""
    match customer.state:
        case Contract() as contract:
            yield from _subscriber(customer, contract, leaning, day, rng)
        case Repeater() as repeater:
            silent = day - repeater.last_order_on
            yield from _mail(customer, _fading(silent) * _logistic(leaning.reads), day, rng)
            if rng.random() < ACCOUNT_VIEWS * _fading(silent):
                yield (viewed("product"),)


def _subscriber(
    customer: Customer, contract: Contract, leaning: Leanings, day: int, rng: Random
) -> Iterator[Visit]:
    profile, z = customer.profile, frailty_score(customer.profile)
    yield from _mail(customer, _logistic(READS - READS_LESS * z), day, rng)
    yield from _pages(profile, contract, day, rng)
    yield from _line(leaning, z, day - customer.joined_on, rng)
    yield from _support(contract, z, day, rng)
    yield from _opinions(customer, contract, z, day, rng)


def frailty_score(profile: Profile) -> float:
    """Frailty in its standard deviations."""
    return profile.frailty / hazard.FRAILTY_SD


def _mail(customer: Customer, reads: float, day: int, rng: Random) -> Iterator[Visit]:
    """The shop writes every week, to each on the weekday of joining."""
    if (day - customer.joined_on) % SHOP_MAIL_DAYS != 0 or day == customer.joined_on:
        return
    message = {"message": f"weekly-{day // SHOP_MAIL_DAYS}"}
    if rng.random() < BOUNCES:
        yield (Act("mail.bounced", {"permanent": False, **message}),)
    elif rng.random() < reads:
        opened = Act("mail.opened", message)
        yield (
            (opened, Act("mail.clicked", message), viewed("product")) if rng.random() < CLICKS else (opened,)
        )


def _pages(profile: Profile, contract: Contract, day: int, rng: Random) -> Iterator[Visit]:
    wavering = CANCEL_VIEWS_PER_CANCELLATION * hazard.daily_hazard(profile, contract, day)
    if rng.random() < -math.expm1(-wavering):
        yield viewed("account"), viewed("cancel")
    elif rng.random() < ACCOUNT_VIEWS:
        yield (viewed("account"),)
    if day == contract.charge_on - REMINDER_DAYS and rng.random() < SKIP_VIEWS_AT_REMINDER:
        yield viewed("account"), viewed("skip")


def _line(leaning: Leanings, z: float, age: int, rng: Random) -> Iterator[Visit]:
    if leaning.follows_line and age == 1:
        yield (Act("line.followed", {}),)
    if leaning.follows_line and age > 1 and rng.random() < BLOCKS_LINE * math.exp(BLOCKS_SOONER * z):
        yield (Act("line.blocked", {}),)


def _support(contract: Contract, z: float, day: int, rng: Random) -> Iterator[Visit]:
    days, share = ASKS_ABOUT_LATE_PARCEL
    chances = {
        "delivery": share if day - contract.late_order_on == days else 0.0,
        "payment": ASKS_ABOUT_PAYMENT
        if contract.failures and day == contract.charge_on - RETRY_DAYS + 1
        else 0.0,
        "complaint": COMPLAINS * math.exp(COMPLAINS_MORE * z),
        "question": ASKS,
    }
    for topic, chance in chances.items():
        if rng.random() < chance:
            yield (Act("support.contacted", {"topic": topic}),)


def _opinions(customer: Customer, contract: Contract, z: float, day: int, rng: Random) -> Iterator[Visit]:
    """Surveys a week after the first and the third parcel, now and then a review, a friend brought along."""
    survey = _survey_due(customer, contract, day)
    if survey and rng.random() < ANSWERS:
        yield (Act("survey.answered", {"survey": survey, **_answers(z, rng)}),)
    since_parcel = day - (contract.charge_on - contract.cycle_days)
    if since_parcel == REVIEW_DAYS and rng.random() < REVIEWS * math.exp(-REVIEWS_LESS * z):
        yield (Act("review.posted", {"rating": _mark(4.2 - 0.7 * z, 0.7, 1, 5, rng)}),)
    if rng.random() < REFERS * math.exp(-REFERS_LESS * z):
        yield (Act("referral.made", {}),)


def _survey_due(customer: Customer, contract: Contract, day: int) -> str | None:
    if contract.deliveries == 1 and day == customer.joined_on + SURVEY_DAYS:
        return "first-delivery"
    charged_on = contract.charge_on - contract.cycle_days
    if contract.deliveries == 3 and not contract.skips and day == charged_on + SURVEY_DAYS:
        return "third-delivery"
    return None


def _answers(z: float, rng: Random) -> Body:
    satisfaction = _mark(SATISFACTION - SATISFACTION_LESS * z, SATISFACTION_SD, 1, 5, rng)
    return {
        "nps": _mark(NPS - NPS_LESS * z, NPS_SD, 0, 10, rng),
        "satisfaction": satisfaction,
        "again": satisfaction >= 3,
    }


def _mark(mean: float, sd: float, least: int, most: int, rng: Random) -> int:
    return min(most, max(least, round(rng.gauss(mean, sd))))


def _fading(silent_days: int) -> float:
    """From 1 to 0 while a customer without a contract, stopped or not, forgets the shop."""
    left = (FORGOTTEN_AFTER_DAYS - silent_days) / (FORGOTTEN_AFTER_DAYS - FORGETS_AFTER_DAYS)
    return max(0.0, min(1.0, left))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
