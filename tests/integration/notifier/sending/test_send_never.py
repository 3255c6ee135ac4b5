"""Nobody writes to whom is never to be contacted, nor advertises to whom is better left asleep."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from services.notifier import never
from services.notifier.enrol import Shop
from services.notifier.follow import observe
from services.notifier.never import Reason
from services.notifier.store import do_not_wake
from shared.events.catalogue import Event
from shared.events.customer import Channel, ConsentGranted, ConsentWithdrawn, ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.risk import RiskAssessed
from shared.postgres.engine import transaction
from tests.integration.notifier.sending.conftest import CUSTOMER, TOKYO

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

Risk = Callable[..., RiskAssessed]
KEY = b"k" * 32
ANEW = "tea-shop/ecforce/77"
CONTACT = ContactChanged(name="山田 花子", mail="hanako@example.jp")
SHOUTED = ContactChanged(name="山田 花子", mail="ＨＡＮＡＫＯ@Example.JP")


async def hear(desk: "Desk", customer: str, *facts: Event) -> None:
    """In one batch of the stream, as the process follows it."""
    follow = partial(observe, Shop(TOKYO, desk.clock))
    told = [
        Envelope(
            id=derived_id(customer, repr(fact), str(desk.clock.now)),
            source="/shops/tea-shop/shopify",
            subject=customer,
            time=desk.clock.now,
            shop="tea-shop",
            receivedat=desk.clock.now,
            correlationid="webhook-1",
            data=fact,
        )
        for fact in facts
    ]
    async with transaction(desk.engine) as connection:
        await never.observe(KEY, follow, connection, told)
    desk.later(minutes=1)


async def test_who_said_no_and_was_erased_gets_nothing_after_the_next_import_either(
    desk: "Desk", at_risk: Risk
) -> None:
    await hear(desk, CUSTOMER, CONTACT, ConsentGranted("mail"))
    await hear(desk, CUSTOMER, ConsentWithdrawn("mail"))
    await hear(desk, CUSTOMER, CustomerErased("1001"))
    await hear(desk, ANEW, SHOUTED, ConsentGranted("mail", "お得な情報を受け取る"))
    await hear(desk, ANEW, at_risk())
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "never_contact")]
    assert desk.post.kept == []


async def test_an_entry_holds_for_what_is_planned_already(desk: "Desk", at_risk: Risk) -> None:
    await hear(desk, CUSTOMER, CONTACT, ConsentGranted("mail"))
    await hear(desk, CUSTOMER, at_risk())
    async with transaction(desk.engine) as connection:
        put: list[tuple[Channel, str]] = [("mail", "hanako@example.jp")]
        await never.ban(connection, KEY, put, Reason("complaint", desk.clock.now))
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "never_contact")]


async def test_who_is_let_sleep_gets_no_advertising(desk: "Desk", at_risk: Risk) -> None:
    await hear(desk, CUSTOMER, CONTACT, ConsentGranted("mail"))
    await hear(desk, CUSTOMER, at_risk())
    async with transaction(desk.engine) as connection:
        await do_not_wake.add(connection, [CUSTOMER], "judged", desk.clock.now, "mari")
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "do_not_wake")]


async def test_everybody_else_gets_the_message(desk: "Desk", at_risk: Risk) -> None:
    await hear(desk, CUSTOMER, CONTACT, ConsentGranted("mail"))
    await hear(desk, CUSTOMER, CustomerErased("1001"))
    await hear(desk, ANEW, CONTACT, ConsentGranted("mail"))
    await hear(desk, ANEW, at_risk())
    await desk.dispatcher().turn()
    assert await desk.states() == [("sent", None)]
