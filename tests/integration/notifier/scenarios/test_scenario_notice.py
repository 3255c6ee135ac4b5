"""Silence and birthdays, which no event tells: noticed once, in time, by however many look."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.notifier.notice import Notice
from services.notifier.scenarios.trigger import OnBirthday, OnSilence
from shared.events.customer import ContactChanged
from shared.events.identity import CustomerMerged
from shared.events.subscription import Cycle, SubscriptionCancelled, SubscriptionStarted
from tests.integration.notifier.scenarios.stage import HANAKO, TOKYO, Stage, like, order

SILENT = like("silent", trigger=OnSilence(90), again_after_days=0)
BIRTHDAY = like("birthday", trigger=OnBirthday(7), again_after_days=0)


def customer(number: int) -> str:
    return f"tea-shop/shopify/{number}"


async def look(stage: Stage, notice: Notice | None = None) -> None:
    looking = notice or Notice(stage.engine, stage.shop)
    while await looking.turn():
        pass


async def test_who_falls_silent_is_noticed_on_the_day_and_once(stage: Stage) -> None:
    await stage.keep(SILENT)
    await stage.tell(order())
    notice = Notice(stage.engine, stage.shop)
    stage.later(days=89, hours=23)
    await look(stage, notice)
    assert await stage.enrolled() == []
    stage.later(hours=2)
    await look(stage, notice)
    await look(stage, notice)
    await look(stage)
    assert await stage.enrolled() == [("silent", None)]
    [(days,)] = await stage.rows("SELECT CAST(facts->>'days_silent' AS int) FROM enrolment")
    assert days == 90


async def test_who_fell_silent_long_ago_is_left_alone(stage: Stage) -> None:
    await stage.keep(SILENT)
    await stage.tell(order())
    stage.later(days=93)
    await look(stage)
    assert await stage.enrolled() == []


async def test_who_ordered_since_or_has_a_contract_is_not_silent(stage: Stage) -> None:
    await stage.keep(SILENT)
    for number in (1, 2, 3, 4):
        await stage.tell(order(f"o{number}"), subject=customer(number))
    await stage.tell(order("o9"), subject=customer(2), days=5)
    await stage.tell(SubscriptionStarted("s3", Cycle("month", 6)), subject=customer(3))
    await stage.tell(SubscriptionStarted("s4", Cycle("month", 6)), subject=customer(4))
    await stage.tell(SubscriptionCancelled("s4"), subject=customer(4), days=1)
    stage.later(days=90, minutes=1)
    await look(stage)
    silent = await stage.rows("SELECT customer_ref FROM enrolment ORDER BY customer_ref")
    assert silent == [(customer(1),), (customer(4),)]


async def test_who_ordered_on_another_account_is_not_silent(stage: Stage) -> None:
    await stage.keep(SILENT)
    await stage.tell(CustomerMerged(accounts=(HANAKO, customer(2)), because=("mail",)))
    await stage.tell(order("o1"))
    await stage.tell(order("o2"), subject=customer(2), days=5)
    stage.later(days=90, minutes=1)
    await look(stage)
    assert await stage.enrolled() == []


async def test_a_crowd_is_noticed_a_few_at_a_time_and_two_who_look_notice_nobody_twice(stage: Stage) -> None:
    await stage.keep(SILENT)
    events = [stage.event(order(f"o{number}"), customer(number)) for number in range(11)]
    await stage.hear(*events)
    stage.later(days=90, minutes=1)
    both = [Notice(stage.engine, stage.shop, most=4) for _ in range(2)]
    assert await both[0].turn()
    assert len(await stage.enrolled()) == 4
    await asyncio.gather(*(look(stage, one) for one in both))
    assert len(await stage.enrolled()) == 11
    assert len(await stage.steps()) == 22


@pytest.mark.parametrize(("birthday", "noticed"), [("03-17", True), ("03-16", True), ("03-18", False)])
async def test_a_birthday_is_noticed_so_many_days_before(stage: Stage, birthday: str, noticed: bool) -> None:
    await stage.keep(BIRTHDAY)
    await stage.tell(ContactChanged(name="山田 花子", birthday=birthday))
    await look(stage)
    await look(stage)
    assert bool(await stage.enrolled()) == noticed


async def test_a_birthday_comes_every_year_and_to_a_person_once(stage: Stage) -> None:
    await stage.keep(BIRTHDAY)
    await stage.tell(CustomerMerged(accounts=(HANAKO, customer(2)), because=("mail",)))
    for ref in (HANAKO, customer(2)):
        await stage.tell(ContactChanged(name="山田 花子", birthday="03-17"), subject=ref)
    await look(stage)
    stage.later(days=365)
    await look(stage)
    assert len(await stage.enrolled()) == 2


async def test_a_loop_that_runs_on_notices_the_next_day(stage: Stage) -> None:
    await stage.keep(BIRTHDAY)
    await stage.tell(ContactChanged(name="山田 花子", birthday="03-18"))
    notice = Notice(stage.engine, stage.shop)
    await look(stage, notice)
    stage.now = datetime(2026, 3, 11, 0, 30, tzinfo=TOKYO).astimezone(UTC)
    await look(stage, notice)
    [(at,)] = await stage.rows("SELECT enrolled_at FROM enrolment")
    assert at == datetime(2026, 3, 11, tzinfo=TOKYO)
