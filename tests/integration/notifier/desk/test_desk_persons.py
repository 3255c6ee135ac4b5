"""Several accounts of one person: reached by any of them, and a no for one is a no for all."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.notifier.resolution import Resolution
from services.notifier.store import cards, contacts, customers, persons
from services.notifier.store.audit import Entry
from services.notifier.store.cards import Card
from services.notifier.store.contacts import Reach
from services.notifier.store.persons import Whole
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.events.identity import CustomerMerged, CustomerSeparated
from shared.events.ids import derived_id
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
Risk = Callable[..., RiskAssessed]
RaiseAlert = Callable[..., Awaitable[str]]

SEVEN, EIGHT, NINE = (f"demo/shopify/{number}" for number in (7, 8, 9))
MISAKI = Entry("misaki", "agent", "contact.shown")
MERGED = CustomerMerged((SEVEN, EIGHT), ("phone",))


async def queue(engine: AsyncEngine) -> list[Card]:
    async with transaction(engine) as connection:
        return await cards.queue(connection, 100)


async def reach(engine: AsyncEngine, ref: str = SEVEN) -> Reach:
    async with transaction(engine) as connection:
        return await contacts.reach(connection, ref)


async def people(engine: AsyncEngine) -> dict[str, str]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT account, person FROM same_person ORDER BY account"))
        return {row.account[-1]: row.person[-1] for row in rows}


async def may_call(engine: AsyncEngine, made: RiskAssessed) -> set[str]:
    async with transaction(engine) as connection:
        return await customers.may_call(connection, {SEVEN: made})


async def test_the_newest_conclusion_by_event_time_says_who_is_one_person(
    follow: Follow, happened: Happened, engine: AsyncEngine
) -> None:
    await follow(happened(MERGED, 5))
    assert await people(engine) == {"7": "7", "8": "7"}
    await follow(happened(CustomerMerged((SEVEN, EIGHT, NINE), ("mail",)), 3))
    assert await people(engine) == {"7": "7", "8": "7"}
    await follow(happened(CustomerMerged((SEVEN, NINE), ("mail",)), 8))
    assert await people(engine) == {"7": "7", "8": "8", "9": "7"}
    await follow(happened(CustomerSeparated(SEVEN), 9, subject=NINE))
    assert await people(engine) == {"7": "7", "8": "8", "9": "9"}


async def test_a_person_who_is_absorbed_by_another_takes_the_accounts_along(
    follow: Follow, happened: Happened, engine: AsyncEngine
) -> None:
    everyone = CustomerMerged((SEVEN, EIGHT, NINE), ("line",))
    await follow(happened(MERGED, 5), happened(everyone, 6, subject=NINE))
    assert await people(engine) == {"7": "9", "8": "9", "9": "9"}
    await follow(happened(MERGED, 5))
    assert await people(engine) == {"7": "9", "8": "9", "9": "9"}


wholes = st.builds(
    lambda accounts, minute: Whole(
        sorted(accounts)[0], tuple(sorted(accounts)), ("mail",), datetime(2026, 6, 10, 3, minute, tzinfo=UTC)
    ),
    st.sets(st.sampled_from("abcd"), min_size=1),
    st.integers(0, 59),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(wholes, min_size=1, max_size=6, unique_by=lambda whole: whole.at), again=st.integers(0, 5)
)
async def test_conclusions_told_in_order_leave_the_same_one_by_one_together_and_twice(
    engine: AsyncEngine, said: list[Whole], again: int
) -> None:
    async def left_by(*batches: list[Whole]) -> list[tuple[Any, ...]]:
        async with transaction(engine) as connection:
            await connection.execute(text("DELETE FROM same_person"))
            for batch in batches:
                await persons.keep(connection, batch)
            rows = await connection.execute(text("SELECT account, person FROM same_person ORDER BY account"))
            return [tuple(row) for row in rows]

    ordered = sorted(said, key=lambda whole: whole.at)
    alone = await left_by(*([whole] for whole in ordered))
    assert await left_by(*([whole] for whole in ordered), ordered[again:]) == alone


async def test_what_the_own_account_lacks_comes_from_the_newest_other(
    follow: Follow, happened: Happened, engine: AsyncEngine
) -> None:
    await follow(
        happened(ContactChanged(name="山田 花子", mail="hanako@example.jp"), 1, subject=SEVEN),
        happened(ContactChanged(name="ヤマダ", mail="old@example.jp", phone="0311112222"), 2, subject=EIGHT),
        happened(ContactChanged(phone="0333334444"), 3, subject=NINE),
    )
    assert await reach(engine) == Reach("山田 花子", None, "hanako@example.jp")
    await follow(happened(CustomerMerged((SEVEN, EIGHT, NINE), ("mail",)), 4))
    assert await reach(engine) == Reach("山田 花子", "0333334444", "hanako@example.jp")
    assert await reach(engine, NINE) == Reach("ヤマダ", "0333334444", "old@example.jp")
    await follow(happened(CustomerSeparated(SEVEN), 5, subject=NINE))
    assert (await reach(engine)).phone == "0311112222"


async def test_the_card_shows_the_other_accounts_and_what_they_know(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine, office: Any
) -> None:
    alert_id = await raise_alert()
    await follow(happened(ContactChanged(name="山田 花子", phone="0333334444"), subject=EIGHT))
    await follow(happened(MERGED, 1))
    (card,) = await queue(engine)
    assert (card.name, card.phone, card.accounts) == ("山田 花子", "•••-••••-4444", (EIGHT,))
    await office.desk.claim(alert_id, "misaki")
    assert (await office.desk.contact(alert_id, MISAKI)).phone == "0333334444"
    async with transaction(engine) as connection:
        whats = await connection.execute(text("SELECT what FROM alert_change ORDER BY id"))
        assert whats.scalars().all() == ["raised", "contact_changed", "claimed"]


async def test_an_erased_account_stays_erased_and_the_others_live_on(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(
        happened(ContactChanged(name="花子", phone="0311112222"), subject=SEVEN),
        happened(ContactChanged(name="花", phone="0333334444"), subject=EIGHT),
        happened(MERGED, 1),
        happened(CustomerErased("7"), 2),
    )
    assert await reach(engine) == Reach(None, None, None)
    assert await reach(engine, EIGHT) == Reach("花", "0333334444", None)
    await follow(happened(risk("e7")), happened(risk("e8"), subject=EIGHT))
    assert [one.customer_ref for one in await queue(engine)] == [EIGHT]


async def test_an_erasure_takes_along_what_the_person_s_other_alerts_say(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine, office: Any
) -> None:
    await follow(happened(ContactChanged(name="花", phone="0333334444"), subject=EIGHT), happened(MERGED, 1))
    await raise_alert("e0")
    await office.desk.claim(derived_id("alert", "e0"), "misaki")
    await office.desk.resolve(derived_id("alert", "e0"), "misaki", Resolution("kept", note="花様は元気"))
    await raise_alert("e1")
    assert (await queue(engine))[0].name == "花"
    await follow(happened(CustomerErased("8"), 2, subject=EIGHT))
    assert (await queue(engine))[0].name is None
    async with transaction(engine) as connection:
        noted = await connection.execute(text("SELECT count(*) FROM alert WHERE note IS NOT NULL"))
        assert noted.scalar_one() == 0


async def test_who_refuses_calls_for_one_account_is_called_for_none_until_he_allows_them_for_any(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(MERGED), happened(ConsentWithdrawn("phone"), 5, subject=EIGHT))
    await follow(happened(ConsentGranted("phone"), 3))
    assert await may_call(engine, risk()) == set()
    await follow(happened(ConsentGranted("phone"), 6))
    assert await may_call(engine, risk()) == {SEVEN}


async def test_a_refusal_takes_the_alerts_of_all_accounts_out_of_the_queue(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine, office: Any
) -> None:
    await follow(happened(MERGED))
    alert_id = await raise_alert()
    await raise_alert("other", NINE)
    await office.desk.claim(alert_id, "misaki")
    await follow(happened(ConsentWithdrawn("phone"), 5, subject=EIGHT))
    assert [one.customer_ref for one in await queue(engine)] == [NINE]


async def test_who_turns_out_to_be_somebody_who_refused_leaves_the_queue(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await follow(happened(ConsentWithdrawn("phone"), 5, subject=EIGHT))
    await raise_alert()
    assert len(await queue(engine)) == 1
    await follow(happened(MERGED, 6))
    assert await queue(engine) == []
    async with transaction(engine) as connection:
        detail = text("SELECT detail FROM alert_change WHERE what = 'withdrawn'")
        assert (await connection.execute(detail)).scalars().all() == ["phone_refused"]


async def test_the_absorbed_accounts_alert_goes_with_its_risk_even_from_under_an_agent(
    follow: Follow, happened: Happened, risk: Risk, raise_alert: RaiseAlert, engine: AsyncEngine, office: Any
) -> None:
    await raise_alert("e7")
    absorbed = await raise_alert("e8", EIGHT)
    await office.desk.claim(absorbed, "misaki")
    await follow(
        happened(MERGED, 1), happened(risk("e8", minutes=1, phase="left", band="low"), 1, subject=EIGHT)
    )
    assert [one.customer_ref for one in await queue(engine)] == [SEVEN]
    ended = await office.desk.resolve(derived_id("alert", "e8"), "misaki", Resolution("kept"))
    assert ended.alert.state == "resolved"


@pytest.mark.parametrize("customers_before", [0, 3000])
async def test_a_person_is_found_by_index_however_many_there_are(
    engine: AsyncEngine, customers_before: int
) -> None:
    fill = text(
        "INSERT INTO same_person (account, person, told_at)"
        " SELECT 'demo/x/' || n, 'demo/x/' || n / 2, now() FROM generate_series(1, :many) AS n"
    )
    async with transaction(engine) as connection:
        await connection.execute(fill, {"many": customers_before})
        await connection.execute(text("ANALYZE same_person"))
        found = await persons.accounts(connection, ["demo/x/10"])
        plan = "\n".join(
            (await connection.execute(text("EXPLAIN SELECT accounts_of('demo/x/10')"))).scalars()
        )
    assert len(found) == (2 if customers_before else 1)
    assert "Seq Scan on same_person" not in plan
