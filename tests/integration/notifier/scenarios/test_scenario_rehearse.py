"""A dry run: who would have got what over the last days, decided by the very rules, and nothing written."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.notifier.rehearse import House, rehearse
from services.notifier.scenarios.decide import Rules
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.rehearsal import Rehearsal
from services.notifier.scenarios.scenario import Scenario
from services.notifier.scenarios.segment import Range, Segment
from services.notifier.scenarios.trigger import OnBirthday, OnRisk, OnSilence, OnSurvey
from shared.events.customer import ConsentGranted, ContactChanged
from shared.events.engagement import SurveyAnswered
from shared.postgres.engine import transaction
from tests.integration.notifier.scenarios.stage import HANAKO, PLAIN, Stage, like, order, risk

HOUSE = House(Rules(QuietHours(ZoneInfo("Asia/Tokyo"))), frozenset({"mail"}))


def customer(number: int) -> str:
    return f"tea-shop/shopify/{number}"


async def meet(stage: Stage, *refs: str) -> None:
    for ref in refs:
        await stage.tell(ContactChanged(name="山田 花子", mail="h@example.jp", birthday="03-20"), subject=ref)
        await stage.tell(ConsentGranted("mail", "はい"), subject=ref)


async def run(stage: Stage, scenario: Scenario, days: int = 30) -> Rehearsal:
    async with transaction(stage.engine) as connection:
        return await rehearse(connection, scenario, HOUSE, stage.now, days)


async def test_who_would_have_got_what_is_told_and_nothing_written(stage: Stage) -> None:
    await meet(stage, HANAKO)
    await stage.tell(order("o1"))
    await stage.tell(order("o1"), subject=customer(2), days=0.1)
    stage.later(days=20)
    told = await run(stage, PLAIN)
    assert (told.enrolled, told.held, told.messages) == (2, 0, {"mail": 2})
    assert told.suppressed == {"no_consent": 2}
    assert [(one.customer_ref, one.step, one.outcome, one.reason) for one in told.examples] == [
        (HANAKO, "now", "sent", None),
        (customer(2), "now", "suppressed", "no_consent"),
        (HANAKO, "later", "sent", None),
        (customer(2), "later", "suppressed", "no_consent"),
    ]
    assert await stage.enrolled() == await stage.steps() == []


async def test_the_holdout_is_counted(stage: Stage) -> None:
    await meet(stage, HANAKO)
    await stage.tell(order("o1"))
    told = await run(stage, like("held", holdout_percent=100.0))
    assert (told.enrolled, told.held, told.messages, told.suppressed) == (1, 1, {}, {"holdout": 2})


async def test_quiet_hours_and_caps_put_messages_off(stage: Stage) -> None:
    await meet(stage, HANAKO)
    stage.later(hours=10)
    await stage.tell(order("o1"))
    close = like(
        "close", steps=(PLAIN.steps[0], PLAIN.steps[0].__class__("soon", ("mail",), PLAIN.steps[0].creatives))
    )
    told = await run(stage, close)
    first, second = told.examples
    assert [first.at.hour, (second.at - first.at).days] == [23, 3]
    assert told.messages == {"mail": 2}


async def test_most_in_an_hour_is_found(stage: Stage) -> None:
    refs = [customer(number) for number in range(5)]
    await meet(stage, *refs)
    for place, ref in enumerate(refs):
        await stage.tell(order("o1"), subject=ref, days=place / 48)
    stage.later(days=10)
    assert (await run(stage, PLAIN)).per_hour_peak == 2


async def test_the_rules_of_entering_hold(stage: Stage) -> None:
    await meet(stage, HANAKO)
    for number in range(3):
        await stage.tell(order(f"o{number}"), days=number)
    stage.later(days=10)
    assert (await run(stage, like("each", again_after_days=0))).enrolled == 3
    assert (await run(stage, like("once", again_after_days=None))).enrolled == 1
    assert (await run(stage, like("third", segment=Segment(orders=Range(3, 3))))).enrolled == 1


async def test_what_happened_since_ends_it(stage: Stage) -> None:
    await meet(stage, HANAKO)
    await stage.tell(order("o1"))
    await stage.tell(order("o2"), days=1)
    stage.later(days=10)
    told = await run(stage, like("one", ends=frozenset({"ordered"}), again_after_days=None))
    assert (told.messages, told.suppressed) == ({"mail": 1}, {"ordered": 1})


@pytest.mark.parametrize(
    "trigger",
    [
        OnRisk(frozenset({"high"}), frozenset({"subscription"})),
        OnSurvey("nps", Range(9, 10)),
        OnSilence(5),
        OnBirthday(7),
    ],
)
async def test_every_kind_of_occasion_is_found_again(stage: Stage, trigger: Any) -> None:
    await meet(stage, HANAKO)
    await stage.tell(risk())
    await stage.tell(SurveyAnswered("nps", nps=10))
    await stage.tell(order())
    stage.later(days=10)
    told = await run(stage, like("any", trigger=trigger))
    assert (told.enrolled, told.whole) == (1, True)
    assert told.messages == {"mail": 2}
