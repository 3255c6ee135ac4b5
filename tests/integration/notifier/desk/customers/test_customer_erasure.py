"""After an erasure nothing of the person is left: in no table and on no card; and what is old goes too."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from services.notifier.history import History
from shared.events.commerce import OrderPaid, OrderPlaced, OrderRefunded
from shared.events.customer import ConsentGranted, ContactChanged, CustomerErased
from shared.events.engagement import PageViewed, SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.identity import CustomerMerged
from shared.events.money import Money
from shared.events.risk import RiskAssessed
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelRequested,
    SubscriptionChanged,
    SubscriptionSkipped,
    SubscriptionStarted,
)
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
Risk = Callable[..., RiskAssessed]
RaiseAlert = Callable[..., Awaitable[str]]

REF = "demo/shopify/7"
CONTRACT = "demo/shopify/~subscription/88"
ORDER = "demo/shopify/~order/o1"
HANAKO = ContactChanged(
    name="山田 花子",
    kana="ヤマダ ハナコ",
    mail="hanako@example.jp",
    phone="090-1234-5678",
    postcode="123-4567",
    prefecture="東京都",
    address="千代田区霞が関1丁目3番2号",
    line="Uf00d8a9c",
    birthday="05-14",
)
SAID_OF_HER = (
    *("山田", "花子", "ヤマダ", "やまだ", "はなこ", "hanako", "1234-5678", "09012345678", "霞が関"),
    *("Uf00d8a9c", "05-14,"),
)


async def rows_that_name(engine: AsyncEngine, words: tuple[str, ...]) -> dict[str, int]:
    """How many rows of each table of the schema hold one of these words in any column, bytes included."""
    async with transaction(engine) as connection:
        tables = await connection.execute(
            text(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
                " AND table_type = 'BASE TABLE'"
            )
        )
        counts = {}
        for table in tables.scalars().all():
            found = await connection.execute(
                text(
                    f"SELECT count(*) FROM {table} AS one WHERE EXISTS (SELECT FROM"  # noqa: S608 - our own tables
                    " unnest(CAST(:words AS text[])) AS word"
                    " WHERE position(lower(word) IN lower(one::text)) > 0"
                    " OR position(encode(convert_to(word, 'UTF8'), 'hex') IN one::text) > 0)"
                ),
                {"words": list(words)},
            )
            counts[table] = found.scalar_one()
    return {table: count for table, count in counts.items() if count}


async def work_with_her(agent: httpx.AsyncClient, alert: str) -> None:
    """A call with a note, a wish to leave with a reference, and everything else that takes words."""
    assert (await agent.post(f"/api/alerts/{alert}/claim")).status_code == 200
    assert (await agent.post(f"/api/alerts/{alert}/contact")).status_code == 200
    asked = await agent.post(
        f"/api/alerts/{alert}/cancel", json={"subscription": "88", "note": "山田様、お電話にて"}
    )
    assert asked.status_code == 201, asked.text
    resolution = {"disposition": "no_answer", "note": "花子様は留守。hanako@example.jp へ"}
    resolved = await agent.post(f"/api/alerts/{alert}/resolve", json=resolution)
    assert resolved.status_code == 200, resolved.text
    await agent.post("/api/search", json={"q": "山田"})
    await agent.post("/api/customers/look", json={"customer_ref": REF, "why": "complaint"})


async def put_words_everywhere(engine: AsyncEngine, alert: str) -> None:
    """What machines and agents may write while it lasts."""
    async with transaction(engine) as connection:
        for statement in (
            "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, cart, enrolled_at)"
            " VALUES ('demo/shopify/7', 'letters', 'e1', 1, 'subscription', 'demo/shopify', now())",
            "INSERT INTO batch (id, way, form, cut_off, state) SELECT gen_random_uuid(), 'postal_dm',"
            " 'postcard', now() + n * interval '1 day', state FROM unnest(ARRAY['closed', 'handed_over',"
            " 'accepted', 'unknown', 'recalled']) WITH ORDINALITY AS b (state, n)",
            "INSERT INTO batch_file (batch, name, sha256, content)"
            " SELECT id, 'pieces.csv', '', convert_to('山田 花子,千代田区霞が関', 'UTF8') FROM batch",
            "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, shop, correlation_id,"
            " causation_id, due_at, state, batch, began_at) SELECT gen_random_uuid(), 'demo/shopify/7',"
            " 'letters', 'e1', state, 'postal_dm', 'demo', 'c', 'c', now(), 'batched', id, now() FROM batch",
            "INSERT INTO action_message (action_id, address, subject, body, payload)"
            " SELECT id, 'hanako@example.jp', '山田様', '山田様へ', '{\"to\": \"Uf00d8a9c\"}' FROM action",
            "UPDATE alert SET note = '山田様は午後がよい'",
            "INSERT INTO cancellation (id, number, customer_ref, cart, subscription, source, agent,"
            " requested_at, recorded_at, next_parcel, state, done_at, done_by, reference)"
            " VALUES (gen_random_uuid(), 'K-1', 'demo/shopify/7', 'demo/shopify', '89', 'desk', 'misaki',"
            " now(), now(), 'unknown', 'done', now(), 'misaki', '山田様の件')",
            "INSERT INTO disposition (id, alert, attempt, customer_ref, cart, kind, band, value_amount,"
            " value_currency, agent, claimed_at, at, business_at, disposition)"
            " SELECT gen_random_uuid(), id, 9, customer_ref, cart, kind, band, 1, 'JPY', 'misaki', now(),"
            " now(), now(), 'kept' FROM alert",
            "INSERT INTO disposition_note (disposition, customer_ref, note) SELECT id, customer_ref,"
            " '山田様' FROM disposition WHERE attempt = 9",
        ):
            await connection.execute(text(statement))


async def test_no_table_names_an_erased_person_any_more(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await follow(
        happened(HANAKO),
        happened(SubscriptionStarted("88", Cycle("month", 1), order="o1")),
        happened(SurveyAnswered("first", reason="山田です")),
        happened(SubscriptionCancelRequested("89", "山田花子 090-1234-5678")),
        happened(ConsentGranted("mail", "お知らせを受け取る")),
    )
    alert = await raise_alert()
    await put_words_everywhere(engine, alert)
    await work_with_her(agent, alert)
    worded = {"contact", "alert", "disposition_note", "cancellation", "cancellation_note"}
    worded |= {"action_message", "batch_file"}
    assert worded <= (await rows_that_name(engine, SAID_OF_HER)).keys()
    await follow(happened(CustomerErased("7"), 1))
    assert await rows_that_name(engine, SAID_OF_HER) == {}


async def test_what_an_agent_writes_of_a_call_that_the_erasure_overtook_is_not_kept(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    alert = await raise_alert()
    await agent.post(f"/api/alerts/{alert}/claim")
    await follow(happened(CustomerErased("7"), 1))
    resolution = {"disposition": "kept", "note": "山田様は続ける"}
    resolved = await agent.post(f"/api/alerts/{alert}/resolve", json=resolution)
    assert resolved.status_code in (200, 422), resolved.text
    assert await rows_that_name(engine, SAID_OF_HER) == {}


async def test_an_erased_customers_card_and_look_are_empty(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    await follow(happened(HANAKO), happened(OrderPlaced("o1", Money(1_980, "JPY"))))
    alert = await raise_alert()
    await follow(happened(CustomerErased("7"), 1))
    nothing = {
        **dict.fromkeys(
            ("name", "kana", "mail", "phone", "prefecture", "since", "spent", "last_order", "alert")
        ),
        **{"customer_ref": REF, "erased": True, "do_not_contact": False, "consents": {}, "orders": 0},
        **{"accounts": [], "contracts": [], "scores": [], "timeline": []},
    }
    assert (await agent.get(f"/api/alerts/{alert}/customer")).json() == {"customer": nothing}
    looked = await agent.post("/api/customers/look", json={"customer_ref": REF, "why": "check"})
    assert looked.json() == {"customer": nothing}


async def left(engine: AsyncEngine) -> dict[str, list[str]]:
    async with transaction(engine) as connection:
        happenings = await connection.execute(text("SELECT customer_ref FROM happening ORDER BY 1"))
        assessments = await connection.execute(text("SELECT customer_ref FROM assessment ORDER BY 1"))
        return {"happening": list(happenings.scalars()), "assessment": list(assessments.scalars())}


async def test_what_happened_to_an_erased_customer_goes_with_all_that_named_only_the_contract_or_the_order(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(
        happened(OrderPlaced("o1", Money(1_980, "JPY"))),
        happened(OrderRefunded("o1"), subject=ORDER),
        happened(SubscriptionSkipped("88"), subject=CONTRACT),
        happened(OrderPaid("o2", subscription="99"), subject="demo/shopify/~subscription/99"),
        happened(PageViewed("faq"), subject="demo/shopify/8"),
        happened(risk()),
    )
    await follow(happened(CustomerErased("7"), 1), happened(PageViewed("faq"), 2))
    await follow(
        happened(SubscriptionSkipped("88", 3), 3, subject=CONTRACT),
        happened(OrderRefunded("o1"), 3, subject=ORDER),
        happened(PageViewed("faq"), 3),
        happened(risk(minutes=4)),
    )
    assert await left(engine) == {
        "happening": ["demo/shopify/8", "demo/shopify/~subscription/99"],
        "assessment": [],
    }


async def test_a_contract_that_began_in_the_batch_of_the_erasure_is_forgotten_too(
    follow: Follow, happened: Happened, engine: AsyncEngine
) -> None:
    await follow(
        happened(SubscriptionStarted("88", Cycle("month", 1))),
        happened(CustomerErased("7"), 1),
        happened(SubscriptionSkipped("88"), 2, subject=CONTRACT),
    )
    await follow(happened(SubscriptionSkipped("88", 2), 3, subject=CONTRACT))
    assert (await left(engine))["happening"] == []


async def test_a_contract_that_was_handed_on_to_another_account_of_the_person_stands(
    follow: Follow, happened: Happened, engine: AsyncEngine
) -> None:
    other = "demo/shopify/8"
    await follow(
        happened(CustomerMerged((REF, other), ("cart",))),
        happened(SubscriptionStarted("88", Cycle("month", 1))),
        happened(SubscriptionSkipped("88"), subject=CONTRACT),
        happened(SubscriptionChanged("88", Cycle("month", 2)), subject=other),
    )
    await follow(
        happened(CustomerErased("7"), 1), happened(SubscriptionSkipped("88", 2), 2, subject=CONTRACT)
    )
    assert (await left(engine))["happening"] == [other, CONTRACT, CONTRACT]


async def test_the_other_account_of_the_person_stands_but_tells_nothing_of_the_erased_one(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    await follow(
        happened(HANAKO),
        happened(OrderPlaced("o1", Money(1_980, "JPY"))),
        happened(CustomerMerged((REF, "demo/shopify/8"), ("mail",))),
    )
    alert = await raise_alert("e2", "demo/shopify/8", subscription="99")
    await follow(happened(CustomerErased("7"), 1))
    found = (await agent.get(f"/api/alerts/{alert}/customer")).json()["customer"]
    assert (found["name"], found["orders"], found["erased"]) == (None, 0, False)
    assert [contract["subscription"] for contract in found["contracts"]] == ["99"]


async def test_what_is_too_old_goes_in_small_pieces(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    day = 24 * 60
    old: list[Any] = [happened(PageViewed("faq"), -day * (20 + number)) for number in range(5)]
    await follow(*old, happened(PageViewed("faq"), -day * 9), happened(risk("old", minutes=-day * 30)))
    await follow(happened(risk("new")))
    moment = happened(PageViewed("faq")).time
    history = History(engine, lambda: moment, timedelta(days=10), batch=2)
    assert [await history.turn() for _ in range(4)] == [True, True, False, False]
    assert {table: len(refs) for table, refs in (await left(engine)).items()} == {
        "happening": 1,
        "assessment": 1,
    }
