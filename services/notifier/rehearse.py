"""Rehearse: who would have got what from a scenario over the last days; reads, and writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier import look_back
from services.notifier.happening import Happening
from services.notifier.scenarios.admit import Been, admit
from services.notifier.scenarios.decide import Facts, Rules
from services.notifier.scenarios.holdout import in_holdout
from services.notifier.scenarios.occasion import Occasion
from services.notifier.scenarios.plan import Anchors
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.rehearsal import Part, Rehearsal, rehearsed
from services.notifier.scenarios.scenario import End, Scenario
from services.notifier.settings import NotifierSettings
from services.notifier.situation import Situation, is_so, situation
from services.notifier.store import enrolments, profiles, rehearsals
from services.notifier.store.rehearsals import Stand
from shared.events.action import Way
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncConnection

MOST_DAYS = 92
_AT_ONCE = 500
# As far as the longest frequency cap sees.
_LOOK_BACK = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every scenario of the shop, and the ways that it has set up."""

    rules: Rules
    open_ways: frozenset[Way]


def house_of(settings: NotifierSettings) -> House:
    quiet = QuietHours(settings.shop_zone(), settings.quiet_from, settings.quiet_until)
    ways: dict[Way, object] = {
        "mail": True,
        "webhook": True,
        "line": settings.line_access_token,
        "postal_dm": settings.print_folder,
        "insert": settings.insert_folder,
    }
    return House(Rules(quiet), frozenset(way for way, there in ways.items() if there))


async def rehearse(
    connection: AsyncConnection, scenario: Scenario, house: House, now: datetime, days: int
) -> Rehearsal:
    """As if it had run for so many days up to `now` (business time), with consents and addresses of today."""
    since, zone = now - timedelta(days=days), house.rules.quiet.zone
    occasions = await look_back.occasions(connection, scenario.trigger, since, now, zone)
    parts: list[Part] = []
    been: dict[str, list[Been]] = {}
    for place in range(0, len(occasions), _AT_ONCE):
        look = _Look(scenario, house, since - _LOOK_BACK, been)
        parts += await look.parts(connection, occasions[place : place + _AT_ONCE])
    return rehearsed(scenario, parts, house.rules, days, whole=len(occasions) < look_back.MOST)


@dataclass(frozen=True, slots=True)
class _Look:
    """`been` is by person, and grows with whoever comes in."""

    scenario: Scenario
    house: House
    since: datetime
    been: dict[str, list[Been]]

    async def parts(self, connection: AsyncConnection, occasions: Sequence[Occasion]) -> list[Part]:
        """Who would have come in, by the rules of entering and coming again."""
        refs = sorted({one.customer_ref for one in occasions})
        happened = await profiles.of_persons(connection, refs)
        prefectures = await profiles.prefectures_of(connection, refs)
        stands = await rehearsals.stands(connection, refs, self.scenario.key, self.since)
        left = await rehearsals.left(connection, refs, [one.episode for one in occasions])
        for ref, before in (await enrolments.been(connection, refs)).items():
            others = [one for one in before if one.scenario != self.scenario.key]
            self.been.setdefault(stands[ref].person, []).extend(others)
        found = []
        for one in occasions:
            told, stand = happened[one.customer_ref], stands[one.customer_ref]
            known = situation(one, told, prefectures[one.customer_ref])
            if not stand.erased and self._enters(one, known, stand.person):
                ends = _ends(self.scenario, one, known, told, left.get(one.episode))
                found.append(self._part(one, known, stand, told, ends))
        return found

    def _enters(self, occasion: Occasion, known: Situation, person: str) -> bool:
        if not (is_so(occasion, known) and self.scenario.segment.holds(known.profile)):
            return False
        before = [one for one in self.been[person] if one.enrolled_at <= occasion.at]
        if not admit([self.scenario], before, occasion.episode, occasion.at).scenarios:
            return False
        self.been[person].append(_been(self.scenario, occasion))
        return True

    def _part(
        self,
        occasion: Occasion,
        known: Situation,
        stand: Stand,
        told: Sequence[Happening],
        ends: dict[End, datetime],
    ) -> Part:
        facts = Facts(
            enrolled_at=occasion.at,
            ended=None,
            erased=False,
            do_not_contact=stand.do_not_contact,
            consents=stand.consents,
            reachable=stand.reachable,
            open_ways=self.house.open_ways,
            held=in_holdout(self.scenario, occasion.customer_ref),
            sends=stand.sends,
            purpose=self.scenario.purpose,
            failed=stand.failed,
            never=stand.never,
            do_not_wake=stand.do_not_wake,
            due=known.due,
            cutoff=known.cutoff,
        )
        orders = [one.at for one in told if one.what == "order.placed" and one.at > occasion.at]
        anchors = Anchors(occasion.at, known.due, known.cutoff)
        return Part(
            occasion.customer_ref, stand.person, occasion.episode, anchors, facts, ends, tuple(orders)
        )


def _been(scenario: Scenario, occasion: Occasion) -> Been:
    return Been(
        customer_ref=occasion.customer_ref,
        scenario=scenario.key,
        episode=occasion.episode,
        group=scenario.group,
        priority=scenario.priority,
        enrolled_at=occasion.at,
        open=True,
    )


def _ends(
    scenario: Scenario,
    occasion: Occasion,
    known: Situation,
    told: Sequence[Happening],
    left: datetime | None,
) -> dict[End, datetime]:
    """When what ends the scenario happened first; other contracts end nothing."""
    found: dict[End, datetime] = {}
    if isinstance(occasion.what, RiskAssessed) and left is not None and "episode_over" in scenario.ends:
        found["episode_over"] = left
    for one in sorted(told, key=lambda each: each.at):
        for end in _ending(one, known.subscription) if one.at > occasion.at else ():
            if end in scenario.ends:
                found.setdefault(end, one.at)
    return found


def _ending(one: Happening, subscription: str | None) -> Iterator[End]:
    named = one.facts.get("subscription")
    match one.what:
        case "order.placed":
            yield "ordered"
        case "survey.answered":
            yield "answered"
        case "subscription.cancelled" | "subscription.expired" if named == subscription:
            yield "cancelled"
        case "payment.recovered" if named in (None, subscription):
            yield "recovered"
        case "order.paid" if named is not None and named == subscription:
            yield "recovered"
