"""A way that failed for good stays shut until the address changes; a step to a program finds its endpoint."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.notifier import heard
from services.notifier.channels.scenario_webhook import Target
from services.notifier.endpoints import Endpoints, Made, target
from services.notifier.store import contacts, unreachable
from services.notifier.store.audit import Entry
from services.notifier.store.endpoints import Target as Wanted
from shared.clock import system_clock
from shared.events.customer import ContactChanged
from shared.events.engagement import MailBounced
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres.engine import transaction

if TYPE_CHECKING:
    from tests.integration.notifier.mail.conftest import Shop

CUSTOMER = "tea-shop/shopify/1001"
CONTACT = ContactChanged(mail="a@example.jp", phone="0312345678", postcode="1000001", address="東京都1-1")
ADMIN = Entry("misaki", "admin", "endpoint")


async def change(shop: "Shop", contact: ContactChanged, minutes: int) -> list[object]:
    """A contact arrives; what is still shut after it."""
    newest = {CUSTOMER: (contact, system_clock() + timedelta(minutes=minutes))}
    async with transaction(shop.engine) as connection:
        await unreachable.clear_changed(connection, newest)
        await contacts.keep(connection, newest)
    return [channel for (channel,) in await shop.rows("SELECT channel FROM unreachable ORDER BY channel")]


@pytest.mark.parametrize(
    ("later", "shut"),
    [
        (CONTACT, ["mail", "phone", "postal_dm"]),
        (
            ContactChanged(mail="b@example.jp", phone="0312345678", postcode="1000001", address="東京都1-1"),
            ["phone", "postal_dm"],
        ),
        (
            ContactChanged(mail="a@example.jp", phone="0399999999", postcode="1000001", address="東京都1-1"),
            ["mail", "postal_dm"],
        ),
        (
            ContactChanged(mail="a@example.jp", phone="0312345678", postcode="1000002", address="東京都1-1"),
            ["mail", "phone"],
        ),
    ],
)
async def test_only_the_address_that_changed_may_be_tried_again(
    shop: "Shop", later: ContactChanged, shut: list[str]
) -> None:
    await change(shop, CONTACT, 0)
    async with transaction(shop.engine) as connection:
        for channel in ("mail", "phone", "postal_dm"):
            await unreachable.keep(connection, CUSTOMER, channel, "hard_bounce", system_clock())
    assert await change(shop, later, 1) == shut


async def test_an_older_contact_that_comes_late_opens_nothing(shop: "Shop") -> None:
    await change(shop, CONTACT, 0)
    async with transaction(shop.engine) as connection:
        await unreachable.keep(connection, CUSTOMER, "mail", "hard_bounce", system_clock())
    assert await change(shop, ContactChanged(mail="old@example.jp"), -5) == ["mail"]


async def test_a_dead_address_that_a_cart_tells_of_counts_as_well(shop: "Shop") -> None:
    def told(permanent: bool) -> Envelope:
        event_id = derived_id("bounce", str(permanent))
        return Envelope(
            id=event_id,
            source="/shops/tea-shop/shopify",
            subject=CUSTOMER,
            time=system_clock(),
            shop="tea-shop",
            receivedat=system_clock(),
            correlationid=event_id,
            data=MailBounced(permanent),
        )

    for permanent, shut in ((False, []), (True, [("mail",)])):
        async with transaction(shop.engine) as connection:
            await heard.follow(connection, [told(permanent)])
        assert await shop.rows("SELECT channel FROM unreachable") == shut


async def test_a_step_to_a_program_goes_to_the_endpoint_while_it_is_on(shop: "Shop") -> None:
    endpoints = Endpoints(shop.engine, system_clock, private_hosts=True)
    made = await endpoints.make(Wanted("CRM", "http://crm.example/hooks", ("alert.raised",), False), ADMIN)
    assert isinstance(made, Made)
    found = await target(shop.engine, system_clock, made.endpoint.id)
    assert found == Target("http://crm.example/hooks", (made.secret,))
    await endpoints.switch(made.endpoint.id, False, ADMIN)
    assert await target(shop.engine, system_clock, made.endpoint.id) == "endpoint_off"
    for nothing in ("", "crm", "0b7c5f3e-0000-4000-8000-000000000001"):
        assert await target(shop.engine, system_clock, nothing) == "no_endpoint"
