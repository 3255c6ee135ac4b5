"""LINE ids and birthdays: told by one cart, kept when another, which knows of neither, tells its contact."""

from collections.abc import Awaitable, Callable

import pytest

from services.notifier.store import contacts
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction

REF = "demo/shopify/7"
Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
WHOLE = ContactChanged(name="山田 花子", mail="a@example.jp", line="U1", birthday="05-21")
OTHER = ContactChanged(name="山田 花子", mail="b@example.jp")


async def known(engine: AsyncEngine) -> ContactChanged | None:
    async with transaction(engine) as connection:
        return await contacts.find(connection, REF)


@pytest.mark.parametrize(
    "told",
    [
        [[(WHOLE, 0)], [(OTHER, 1)]],
        [[(WHOLE, 0), (OTHER, 1)]],
        [[(OTHER, 1), (WHOLE, 0)]],
        [[(OTHER, 1)], [(WHOLE, 0)]],
    ],
    ids=["after it", "in one batch", "in one batch, the wrong way round", "late"],
)
async def test_a_cart_that_knows_of_neither_takes_neither_away(
    engine: AsyncEngine, follow: Follow, happened: Happened, told: list[list[tuple[ContactChanged, float]]]
) -> None:
    for batch in told:
        await follow(*[happened(contact, minutes=minutes) for contact, minutes in batch])
    assert await known(engine) == ContactChanged(
        name="山田 花子", mail="b@example.jp", line="U1", birthday="05-21"
    )


async def test_an_empty_line_id_takes_it_away(
    engine: AsyncEngine, follow: Follow, happened: Happened
) -> None:
    await follow(happened(WHOLE))
    await follow(happened(ContactChanged(line=""), minutes=1))
    found = await known(engine)
    assert found is not None
    assert found.line == ""


@pytest.mark.parametrize("birthday", ["13-01", "02-30", "5/21", "", "昨日", "1980-05-21"])
async def test_a_birthday_that_is_none_spoils_nothing_else(
    engine: AsyncEngine, follow: Follow, happened: Happened, birthday: str
) -> None:
    await follow(happened(ContactChanged(name="山田 花子", birthday=birthday)))
    assert await known(engine) == ContactChanged(name="山田 花子")


async def test_the_29th_of_february_is_a_birthday(
    engine: AsyncEngine, follow: Follow, happened: Happened
) -> None:
    await follow(happened(ContactChanged(birthday="02-29")))
    assert await known(engine) == ContactChanged(birthday="02-29")


async def test_an_erasure_takes_both(engine: AsyncEngine, follow: Follow, happened: Happened) -> None:
    await follow(happened(WHOLE))
    await follow(happened(CustomerErased("7"), minutes=1))
    await follow(happened(WHOLE, minutes=-5))
    assert await known(engine) is None
