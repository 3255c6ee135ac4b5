"""What other services say, as alerts: raised once, refreshed, withdrawn; and what must be forgotten is."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text

from services.notifier.resolution import Resolution
from services.notifier.store import cards, contacts
from services.notifier.store.cards import Card
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.risk import Reason, RiskAssessed
from shared.events.subscription import SubscriptionCancelled, SubscriptionExpired
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
Risk = Callable[..., RiskAssessed]

REF = "demo/shopify/7"
CONTRACT = "demo/shopify/~subscription/88"
HANAKO = ContactChanged(
    name="山田 花子", kana="ヤマダ ハナコ", mail="hanako@example.jp", phone="090-1234-5678"
)


async def queue(engine: AsyncEngine) -> list[Card]:
    async with transaction(engine) as connection:
        return await cards.queue(connection, 100)


async def card(engine: AsyncEngine, episode: str = "e1") -> Card:
    async with transaction(engine) as connection:
        found = await cards.find(connection, derived_id("alert", episode))
    assert found is not None
    return found


async def contact(engine: AsyncEngine) -> ContactChanged | None:
    async with transaction(engine) as connection:
        return await contacts.find(connection, REF)


async def test_an_episode_raises_one_alert_however_often_it_is_told(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk()), happened(risk()))
    await follow(happened(risk()), happened(risk("e2"), subject="demo/shopify/8"))
    assert sorted(one.customer_ref for one in await queue(engine)) == [REF, "demo/shopify/8"]


async def test_a_payment_that_will_fail_raises_an_alert_and_sends_no_mail(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk(kind="payment")), happened(risk("e2", kind="subscription")))
    assert {one.kind for one in await queue(engine)} == {"payment", "subscription"}
    async with transaction(engine) as connection:
        enrolled = await connection.execute(text("SELECT kind FROM enrolment"))
        assert enrolled.scalars().all() == ["subscription"]


async def test_the_card_says_what_speaks_for_staying_and_how_much_was_learned(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    strength = Reason("tenure", "1年以上ご継続", {"y": 1}, -0.4)
    await follow(happened(risk(strengths=(strength,), rung="rfm")))
    assert ((await card(engine)).strengths, (await card(engine)).rung) == ((strength,), "rfm")
    await follow(happened(risk(minutes=1, phase="changed")))
    assert ((await card(engine)).strengths, (await card(engine)).rung) == ((), "full")


async def test_the_queue_is_sorted_by_priority(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    for episode, priority in (("a", 5.0), ("b", 50.0), ("c", 20.0)):
        await follow(happened(risk(episode, priority=priority)))
    assert [one.priority for one in await queue(engine)] == [50.0, 20.0, 5.0]


async def test_a_newer_assessment_refreshes_the_alert_and_an_older_one_does_not(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk()))
    await follow(happened(risk(minutes=10, phase="changed", probability=0.9)))
    await follow(happened(risk(minutes=5, phase="changed", probability=0.1)))
    assert (await card(engine)).probability == 0.9


async def test_a_change_of_an_unknown_episode_raises_its_alert(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk(phase="changed")))
    assert len(await queue(engine)) == 1


async def test_a_risk_that_is_over_leaves_the_queue_and_does_not_come_back(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk()), happened(risk(phase="left", band="low")))
    await follow(happened(risk(phase="changed")))
    assert await queue(engine) == []
    assert (await card(engine)).state == "withdrawn"


async def test_the_end_of_a_contract_withdraws_its_alert_even_from_under_an_agent(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine, office: object
) -> None:
    await follow(happened(risk()), happened(risk("other", subscription="99")))
    await office.desk.claim(derived_id("alert", "e1"), "misaki")  # type: ignore[attr-defined]
    await follow(happened(SubscriptionCancelled("88"), 1, subject=CONTRACT))
    assert [one.subscription for one in await queue(engine)] == ["99"]
    await follow(happened(SubscriptionExpired("99"), 1))
    assert await queue(engine) == []


async def test_the_same_contract_number_in_another_cart_is_another_contract(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk()), happened(SubscriptionCancelled("88"), 1, subject="demo/woo/7"))
    assert len(await queue(engine)) == 1


async def test_a_risk_assessed_before_the_contract_ended_raises_nothing_after_it(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(SubscriptionCancelled("88"), 10, subject=CONTRACT))
    await follow(happened(risk("before", minutes=9)), happened(risk("after", minutes=11)))
    assert [one.id for one in await queue(engine)] == [derived_id("alert", "after")]


async def test_the_newest_contact_by_event_time_is_kept(
    follow: Follow, happened: Happened, engine: AsyncEngine
) -> None:
    newer = ContactChanged(name="佐藤 花子")
    await follow(happened(newer, 10), happened(HANAKO, 5))
    await follow(happened(HANAKO, 9))
    assert await contact(engine) == newer


async def test_an_open_alert_shows_a_name_that_comes_later(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk()))
    assert (await card(engine)).name is None
    await follow(happened(HANAKO))
    shown = await card(engine)
    assert (shown.name, shown.mail, shown.phone) == ("山田 花子", "h•••@•••", "•••-••••-5678")
    async with transaction(engine) as connection:
        whats = await connection.execute(text("SELECT what FROM alert_change ORDER BY id"))
        assert whats.scalars().all() == ["raised", "contact_changed"]


async def test_an_erased_customer_is_gone_and_no_late_event_brings_anything_back(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine, office: object
) -> None:
    await follow(happened(HANAKO), happened(risk()), happened(risk("old")))
    await office.desk.claim(derived_id("alert", "old"), "misaki")  # type: ignore[attr-defined]
    await office.desk.resolve(derived_id("alert", "old"), "misaki", Resolution("kept", note="花子様は元気"))  # type: ignore[attr-defined]
    await follow(happened(CustomerErased("7"), 5))
    assert await queue(engine) == []
    assert (await card(engine)).name is None
    assert (await card(engine, "old")).note is None
    await follow(happened(HANAKO, 4), happened(HANAKO, 6), happened(risk("e2", minutes=7)))
    assert await contact(engine) is None
    assert await queue(engine) == []


async def test_who_wants_no_calls_is_not_called_until_he_wants_them_again(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk()), happened(ConsentWithdrawn("phone"), 5))
    assert await queue(engine) == []
    await follow(happened(ConsentGranted("phone"), 3), happened(risk("e2")))
    assert await queue(engine) == []
    await follow(happened(ConsentGranted("phone"), 6), happened(risk("e3")))
    assert len(await queue(engine)) == 1


async def test_a_refusal_of_mail_does_not_concern_the_desk(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(risk()), happened(ConsentWithdrawn("mail")))
    assert len(await queue(engine)) == 1
