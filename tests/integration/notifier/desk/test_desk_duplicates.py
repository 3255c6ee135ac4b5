"""Suspected duplicates: kept by event time, judged by supervisors, told to scoring, and never forgotten."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.notifier.store.duplicates import pair_id
from shared.events import envelope as wire
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.events.identity import (
    CustomerMerged,
    CustomerSeparated,
    DuplicateConfirmed,
    DuplicateDenied,
    DuplicateSuspected,
)
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]

SEVEN, EIGHT, NINE = (f"demo/shopify/{number}" for number in (7, 8, 9))
PAIR = f"/api/duplicates/{pair_id(SEVEN, EIGHT)}"
SUSPECTED = DuplicateSuspected(EIGHT, ("phone",))
HANAKO = ContactChanged(
    name="山田 花子", kana="ヤマダ ハナコ", mail="hanako@example.jp", phone="+81 90-1234-5678",
    postcode="100-0001", prefecture="東京都", address="千代田区千代田1-1",
)  # fmt: skip
ALSO_HANAKO = ContactChanged(
    name="山田花子", kana="ﾔﾏﾀﾞ ﾊﾅｺ", mail="hana@example.jp", phone="09012345678",
    address="東京都千代田区千代田１－１",
)  # fmt: skip


@pytest.fixture
async def supervisor(office: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client logged in as ken, who may judge."""
    transport = httpx.ASGITransport(app=office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        await client.post("/api/session", data={"login": "ken", "password": "hikitome-desk"})
        client.headers["x-csrf-token"] = (await client.get("/api/session")).json()["csrf"]
        yield client


async def waiting(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    return [(one["one"], one["other"]) for one in (await client.get("/api/duplicates")).json()["waiting"]]


async def judge(client: httpx.AsyncClient, verdict: str, seen: str = "open") -> httpx.Response:
    return await client.post(f"{PAIR}/judge", json={"verdict": verdict, "seen": seen})


async def told(engine: AsyncEngine) -> list[Envelope]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        return [wire.decode(row.value) for row in rows]


async def test_a_suspicion_waits_until_it_is_taken_back_in_whatever_order_the_words_arrive(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient
) -> None:
    await follow(happened(SUSPECTED, 5))
    await follow(happened(DuplicateSuspected(SEVEN, ("mail",), False), 4, subject=EIGHT))
    assert await waiting(supervisor) == [(SEVEN, EIGHT)]
    await follow(happened(DuplicateSuspected(SEVEN, ("phone",), False), 6, subject=EIGHT))
    await follow(happened(SUSPECTED, 5))
    assert await waiting(supervisor) == []
    await follow(happened(SUSPECTED, 7), happened(SUSPECTED, 7))
    assert await waiting(supervisor) == [(SEVEN, EIGHT)]


async def test_the_desk_counts_the_pairs_and_only_supervisors_see_the_page(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, agent: httpx.AsyncClient
) -> None:
    await follow(happened(SUSPECTED), happened(DuplicateSuspected(NINE, ("mail",))))
    assert (await supervisor.get("/api/alerts")).json()["counts"]["duplicates"] == 2
    assert "重複の疑い" in (await supervisor.get("/duplicates")).text
    assert 'href="/duplicates"' in (await supervisor.get("/")).text
    assert 'href="/duplicates"' not in (await agent.get("/")).text
    assert (await agent.get("/duplicates")).headers["location"] == "/"
    calls = [
        await agent.get("/api/duplicates"),
        await agent.post(f"{PAIR}/contacts"),
        await judge(agent, "denied"),
    ]
    calls.append(await agent.post("/api/duplicates/separate", json={"person": SEVEN, "account": EIGHT}))
    assert [call.status_code for call in calls] == [403] * 4


async def test_a_judgement_needs_the_session_and_its_csrf_token(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await follow(happened(SUSPECTED))
    body = {"verdict": "confirmed", "seen": "open"}
    forged = await supervisor.post(f"{PAIR}/judge", json=body, headers={"x-csrf-token": "made up"})
    foreign = await supervisor.post(f"{PAIR}/judge", json=body, headers={"sec-fetch-site": "cross-site"})
    assert (forged.status_code, foreign.status_code) == (403, 403)
    await supervisor.delete("/api/session")
    assert (await supervisor.post(f"{PAIR}/judge", json=body)).status_code == 401
    assert await told(engine) == []


@pytest.mark.parametrize("verdict", ["confirmed", "denied"])
async def test_a_judgement_is_told_to_scoring_and_written_down(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine, verdict: str
) -> None:
    await follow(happened(DuplicateSuspected(SEVEN, ("phone",)), subject=EIGHT))
    answer = await judge(supervisor, verdict)
    assert (answer.status_code, answer.json()["pair"]["state"]) == (200, verdict)
    (fact,) = await told(engine)
    expected = DuplicateConfirmed if verdict == "confirmed" else DuplicateDenied
    assert (fact.subject, fact.data, fact.source) == (SEVEN, expected(EIGHT, "person"), "/shops/demo/shopify")
    listed = (await supervisor.get("/api/duplicates")).json()
    assert listed["waiting"] == []
    assert [(one["state"], one["judged_by"]) for one in listed["judged"]] == [(verdict, "<b>藤井</b>")]
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT CAST(pair AS text), state, agent FROM duplicate_judgement")
        )
        assert [tuple(row) for row in rows] == [(pair_id(SEVEN, EIGHT), verdict, "ken")]


async def test_a_judgement_can_be_reversed_and_each_is_a_fact_of_its_own(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await follow(happened(SUSPECTED))
    await judge(supervisor, "denied")
    assert (await judge(supervisor, "confirmed", seen="denied")).json()["pair"]["state"] == "confirmed"
    denied, confirmed = await told(engine)
    assert (type(denied.data), type(confirmed.data)) == (DuplicateDenied, DuplicateConfirmed)
    assert denied.id != confirmed.id
    assert denied.time < confirmed.time


async def test_who_was_overtaken_is_told_and_changes_nothing(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await follow(happened(SUSPECTED))
    await judge(supervisor, "denied")
    late = await judge(supervisor, "confirmed", seen="open")
    assert (late.status_code, late.json()["problem"], late.json()["pair"]["state"]) == (
        409,
        "overtaken",
        "denied",
    )
    assert (await judge(supervisor, "denied", seen="denied")).status_code == 409
    assert len(await told(engine)) == 1


async def test_our_own_fact_coming_back_and_later_suspicions_leave_the_judgement_as_it_is(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await follow(happened(SUSPECTED))
    await judge(supervisor, "denied")
    await follow(*await told(engine))
    await follow(happened(DuplicateSuspected(EIGHT, ("mail",)), 60))
    await follow(happened(DuplicateConfirmed(EIGHT, "cart"), -5))
    listed = (await supervisor.get("/api/duplicates")).json()
    assert listed["waiting"] == []
    (pair,) = listed["judged"]
    assert (pair["state"], pair["judged_by"], pair["because"]) == ("denied", "<b>藤井</b>", ["mail"])


async def test_a_cart_that_merges_two_accounts_answers_the_question(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient
) -> None:
    await follow(happened(SUSPECTED), happened(DuplicateConfirmed(SEVEN, "cart"), 1, subject=EIGHT))
    listed = (await supervisor.get("/api/duplicates")).json()
    assert (listed["waiting"], listed["judged"][0]["judged_by"]) == ([], None)


async def test_nobody_is_asked_about_accounts_that_are_one_customer_already_or_erased(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient
) -> None:
    await follow(happened(SUSPECTED), happened(DuplicateSuspected(NINE, ("mail",))))
    await follow(happened(CustomerMerged((SEVEN, EIGHT), ("phone",)), 1))
    assert await waiting(supervisor) == [(SEVEN, NINE)]
    await follow(happened(CustomerErased("9"), 2, subject=NINE))
    assert await waiting(supervisor) == []
    gone = await supervisor.post(f"/api/duplicates/{pair_id(SEVEN, NINE)}/contacts")
    assert (gone.status_code, gone.json()) == (404, {"problem": "missing"})


async def test_both_contacts_are_shown_with_what_agrees_and_every_look_is_written_down(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await follow(happened(SUSPECTED), happened(HANAKO), happened(ALSO_HANAKO, subject=EIGHT))
    shown = (await supervisor.post(f"{PAIR}/contacts")).json()
    assert shown["agreeing"] == ["name", "kana", "phone", "address"]
    assert shown["faces"][0] == {
        "name": "山田 花子",
        "kana": "ヤマダ ハナコ",
        "phone": "090-1234-5678",
        "mail": "hanako@example.jp",
        "address": "〒100-0001 東京都 千代田区千代田1-1",
    }
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT agent, customer_ref, shown FROM contact_view ORDER BY id")
        )
        every = ["phone", "mail", "address"]
        assert [tuple(row) for row in rows] == [("ken", SEVEN, every), ("ken", EIGHT, every)]


async def test_nothing_personal_is_in_a_fact_a_log_or_an_address(
    follow: Follow,
    happened: Happened,
    supervisor: httpx.AsyncClient,
    engine: AsyncEngine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await follow(happened(SUSPECTED), happened(HANAKO), happened(ALSO_HANAKO, subject=EIGHT))
    with caplog.at_level(logging.DEBUG):
        await supervisor.post(f"{PAIR}/contacts")
        await judge(supervisor, "confirmed")
    async with transaction(engine) as connection:
        written = [
            *(await connection.execute(text("SELECT to_jsonb(t) FROM duplicate_suspicion AS t"))).scalars(),
            *(await connection.execute(text("SELECT to_jsonb(t) FROM duplicate_judgement AS t"))).scalars(),
            *(await connection.execute(text("SELECT to_jsonb(t) FROM contact_view AS t"))).scalars(),
        ]
    facts = [wire.encode(one).decode() for one in await told(engine)]
    everything = json.dumps(written, default=str, ensure_ascii=False) + "".join(facts) + caplog.text + PAIR
    personal = (HANAKO.name, ALSO_HANAKO.name, HANAKO.mail, "12345678", "1234-5678", HANAKO.address)
    assert not any(str(secret) in everything for secret in personal)


async def test_a_person_with_several_accounts_can_be_separated_again(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await follow(happened(HANAKO), happened(CustomerMerged((SEVEN, EIGHT, NINE), ("line",))))
    (person,) = (await supervisor.get("/api/duplicates")).json()["persons"]
    assert (person["person"], person["accounts"], person["because"]) == (
        SEVEN,
        [SEVEN, EIGHT, NINE],
        ["line"],
    )
    assert person["names"] == ["山田 花子", None, None]
    answer = await supervisor.post("/api/duplicates/separate", json={"person": SEVEN, "account": EIGHT})
    assert answer.json()["persons"][0]["parting"] == [EIGHT]
    facts = [(one.subject, one.data) for one in await told(engine)]
    assert facts == [(SEVEN, DuplicateDenied(EIGHT, "person")), (EIGHT, DuplicateDenied(NINE, "person"))]
    assert len(answer.json()["judged"]) == 2
    await follow(
        happened(CustomerMerged((SEVEN, NINE), ("line",)), 1),
        happened(CustomerSeparated(SEVEN), 1, subject=EIGHT),
    )
    (person,) = (await supervisor.get("/api/duplicates")).json()["persons"]
    assert (person["accounts"], person["parting"]) == ([SEVEN, NINE], [])


@pytest.mark.parametrize("account", [NINE, "nobody"])
async def test_only_an_account_of_the_person_can_be_separated(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine, account: str
) -> None:
    await follow(happened(CustomerMerged((SEVEN, EIGHT), ("line",))))
    answer = await supervisor.post("/api/duplicates/separate", json={"person": SEVEN, "account": account})
    assert answer.status_code == 404
    nul = await supervisor.post("/api/duplicates/separate", json={"person": "a\x00b", "account": account})
    assert nul.status_code == 422
    assert await told(engine) == []


async def test_the_trail_of_judgements_stays(
    follow: Follow, happened: Happened, supervisor: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await follow(happened(SUSPECTED))
    await judge(supervisor, "confirmed")
    with pytest.raises(DBAPIError, match="append-only"):
        async with transaction(engine) as connection:
            await connection.execute(text("UPDATE duplicate_judgement SET agent = 'misaki'"))
