"""The way out: nothing and nobody stands between a customer and a recorded cancellation."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.notifier.alert import DISPOSITIONS
from services.notifier.store import cards
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.envelope import Envelope, decode
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelRequested,
    SubscriptionResumed,
    SubscriptionSkipped,
    SubscriptionStarted,
)
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
RaiseAlert = Callable[..., Awaitable[str]]

REF = "demo/shopify/7"


async def told(engine: AsyncEngine) -> list[Envelope]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        return [decode(row.value) for row in rows]


async def state_of(engine: AsyncEngine, alert_id: str) -> str:
    async with transaction(engine) as connection:
        card = await cards.find(connection, alert_id)
    assert card is not None
    return card.state


async def cancel(agent: httpx.AsyncClient, alert_id: str, **said: Any) -> dict[str, Any]:
    answer = await agent.post(f"/api/alerts/{alert_id}/cancel", json=said)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()["cancellation"]
    return found


async def listed(agent: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await agent.get("/api/cancellations")).json()["cancellations"]
    return found


async def test_a_request_is_recorded_with_a_number_and_what_becomes_of_the_next_parcel(
    agent: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    kept = await cancel(agent, alert_id, reason="too_dear", told=["next_parcel"])
    assert re.fullmatch(r"K-20260610-[0-9A-Z]{4}", kept["number"])
    assert (kept["customer_ref"], kept["subscription"], kept["source"]) == (REF, "88", "desk")
    assert (kept["state"], kept["agent_name"], kept["overdue"]) == ("requested", "岡田 みさき", False)
    assert (kept["effective_delivery"], kept["next_parcel"]) == (4, "stopped")
    assert kept["told"] == ["next_parcel", "minimum_left:1"]
    heard = (await told(engine))[-1]
    assert heard.data == SubscriptionCancelRequested("88", "too_dear")
    assert (heard.id, heard.source, heard.subject) == (kept["id"], "/shops/demo/shopify", REF)
    assert await state_of(engine, alert_id) == "withdrawn"


async def test_after_the_cutoff_the_next_parcel_leaves(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert
) -> None:
    past = office.desk.business_now() - timedelta(minutes=1)
    kept = await cancel(agent, await raise_alert(cutoff=past))
    assert (kept["effective_delivery"], kept["next_parcel"]) == (5, "leaves")


async def test_what_was_told_of_the_next_parcel_holds_until_the_contract_moves(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    await follow(happened(SubscriptionStarted("88", Cycle("month", 1)), -60 * 24 * 60))
    alert_id = await raise_alert()
    await follow(happened(SubscriptionSkipped("88"), 30))
    kept = await cancel(agent, alert_id)
    assert (kept["next_parcel"], kept["effective_delivery"]) == ("unknown", None)


async def test_asked_twice_it_is_the_same_request_told_once(
    agent: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    first = await cancel(agent, alert_id)
    assert await cancel(agent, alert_id, reason="timing") == first
    by_customer = await agent.post("/api/customers/cancel", json={"customer_ref": REF, "subscription": "88"})
    assert (by_customer.status_code, by_customer.json()["cancellation"]["number"]) == (200, first["number"])
    requests = [one for one in await told(engine) if isinstance(one.data, SubscriptionCancelRequested)]
    assert len(requests) == 1


async def test_of_many_who_ask_at_once_all_get_one_number(
    agent: httpx.AsyncClient, engine: AsyncEngine, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    heard = asyncio.ensure_future(follow(happened(SubscriptionCancelRequested("88"), 1)))
    answers = await asyncio.gather(*(cancel(agent, alert_id) for _ in range(8)))
    await heard
    assert len({answer["number"] for answer in answers}) == 1
    assert len(await listed(agent)) == 1
    assert await state_of(engine, alert_id) == "withdrawn"


async def test_no_message_to_keep_them_leaves_after_the_request(
    agent: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await cancel(agent, alert_id)
    async with transaction(engine) as connection:
        planned = await connection.execute(text("SELECT state, reason FROM action"))
        assert [tuple(row) for row in planned] == [("suppressed", "cancelled")]


async def test_its_own_word_coming_back_changes_nothing(
    agent: httpx.AsyncClient, engine: AsyncEngine, follow: Follow, raise_alert: RaiseAlert
) -> None:
    kept = await cancel(agent, await raise_alert())
    own = next(one for one in await told(engine) if one.id == kept["id"])
    await agent.post(f"/api/cancellations/{kept['id']}/back")
    await follow(own)
    assert [(one["number"], one["state"]) for one in await listed(agent)] == [(kept["number"], "taken_back")]


async def test_it_is_taken_whoever_holds_the_alert_and_who_holds_it_may_record_the_call(
    agent: httpx.AsyncClient, office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    theirs, mine = (
        await raise_alert("e1"),
        await raise_alert("e2", subscription="89", subject="demo/shopify/8"),
    )
    await office.desk.claim(theirs, "ken")
    await office.desk.claim(mine, "misaki")
    await cancel(agent, theirs)
    await cancel(agent, mine)
    assert await state_of(engine, theirs) == "withdrawn"
    assert await state_of(engine, mine) == "claimed"
    ended = await agent.post(
        f"/api/alerts/{mine}/resolve", json={"disposition": "cancelled", "reason": "no_reason"}
    )
    assert ended.status_code == 200


@pytest.mark.parametrize("disposition", sorted(set(DISPOSITIONS) - {"callback", "cancelled"}))
async def test_no_result_recorded_before_stands_in_the_way(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert, disposition: str
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    ended = await agent.post(f"/api/alerts/{alert_id}/resolve", json={"disposition": disposition})
    assert ended.status_code == 200
    assert (await cancel(agent, alert_id))["state"] == "requested"


async def test_an_offer_that_was_accepted_stands_in_nobodys_way(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    said = {"disposition": "kept_modified", "reason": "too_much", "offer": "skip", "answer": "accepted"}
    assert (await agent.post(f"/api/alerts/{alert_id}/resolve", json=said)).status_code == 200
    assert (await cancel(agent, alert_id))["next_parcel"] == "stopped"


@pytest.mark.parametrize("role", ["agent", "supervisor", "admin"])
async def test_every_role_that_works_at_the_desk_takes_it(
    agent: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert, role: str
) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE agent SET role = :role WHERE login = 'misaki'"), {"role": role})
    assert (await cancel(agent, await raise_alert()))["number"]


async def test_who_has_no_business_at_the_desk_records_none(
    agent: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE agent SET role = 'marketer' WHERE login = 'misaki'"))
    assert (await agent.post(f"/api/alerts/{alert_id}/cancel", json={})).status_code == 403
    assert (await agent.get("/api/cancellations")).status_code == 403


async def test_neither_an_unknown_contract_nor_a_wrong_reason_refuses_it(
    agent: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    asked = {"customer_ref": "demo/shopify/404", "subscription": "never heard of", "reason": "weather"}
    answer = await agent.post("/api/customers/cancel", json=asked)
    assert answer.status_code == 201
    kept = answer.json()["cancellation"]
    assert (kept["next_parcel"], kept["effective_delivery"], kept["reason"]) == ("unknown", None, None)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"customer_ref": "nobody", "subscription": "88"}, "unknown_customer"),
        ({"customer_ref": "demo/shopify/~subscription/8", "subscription": "8"}, "unknown_customer"),
        ({"customer_ref": REF}, "needs_subscription"),
    ],
)
async def test_only_who_leaves_what_must_be_said(
    agent: httpx.AsyncClient, asked: dict[str, str], problem: str
) -> None:
    answer = await agent.post("/api/customers/cancel", json=asked)
    assert (answer.status_code, answer.json()) == (422, {"problem": problem})


async def test_the_back_office_marks_it_done_once_with_the_carts_number(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    kept = await cancel(agent, await raise_alert())
    address = f"/api/cancellations/{kept['id']}"
    done = (await agent.post(f"{address}/done", json={"reference": "C-1"})).json()["cancellation"]
    assert (done["state"], done["reference"]) == ("done", "C-1")
    assert (await agent.post(f"{address}/done")).json()["cancellation"] == done
    over = await agent.post(f"{address}/back")
    assert (over.status_code, over.json()["problem"]) == (409, "cancellation_over")
    nowhere = await agent.post("/api/cancellations/00000000-0000-0000-0000-000000000000/done")
    assert nowhere.status_code == 404


async def test_who_stays_after_all_is_heard_of_and_may_leave_again(
    agent: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    kept = await cancel(agent, alert_id)
    back = (await agent.post(f"/api/cancellations/{kept['id']}/back")).json()["cancellation"]
    assert back["state"] == "taken_back"
    assert (await told(engine))[-1].data == SubscriptionResumed("88")
    again = await cancel(agent, alert_id)
    assert again["number"] != kept["number"]


async def test_a_request_of_yesterday_is_late(
    agent: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    await cancel(agent, await raise_alert())
    async with transaction(engine) as connection:
        await connection.execute(
            text("UPDATE cancellation SET requested_at = requested_at - interval '1 day'")
        )
    assert [one["overdue"] for one in await listed(agent)] == [True]


async def test_the_sheet_of_those_that_wait_opens_in_excel_and_runs_nothing(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await follow(happened(ContactChanged(name='=HYPERLINK("x")', kana="ヤマダ")))
    kept = await cancel(agent, await raise_alert(), reason="too_dear")
    answer = await agent.get("/api/cancellations.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.text.lstrip("\ufeff").split("\r\n")
    assert lines[0].startswith("受付番号,受付日時,ショップ,カート,お客様番号,お名前,契約番号")
    assert lines[1].startswith(f"{kept['number']},2026-06-10 12:00,demo,shopify,7,\"'=HYPERLINK")
    assert "止める,4,金額,デスク,岡田 みさき" in lines[1]
    async with transaction(engine) as connection:
        audited = await connection.execute(text("SELECT what, subject, detail FROM audit_entry ORDER BY id"))
        found = [tuple(row) for row in audited]
    assert ("cancellation.recorded", REF, kept["number"]) in found
    assert found[-1] == ("export", None, "cancellations 1")


async def test_what_an_erased_customer_asked_for_stays_without_words(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    await follow(happened(ContactChanged(name="山田 花子")))
    kept = await cancel(agent, await raise_alert(), note="花子さん、ご主人の転勤")
    assert [(one["name"], one["note"]) for one in await listed(agent)] == [
        ("山田 花子", "花子さん、ご主人の転勤")
    ]
    await follow(happened(CustomerErased(REF)))
    left = await listed(agent)
    assert [(one["number"], one["name"], one["note"]) for one in left] == [(kept["number"], None, None)]


async def test_a_contract_of_another_account_of_the_person_is_ended_where_it_runs(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    other = "demo/shopify/8"
    await follow(happened(SubscriptionStarted("99", Cycle("month", 1)), subject=other))
    async with transaction(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO same_person (account, person, told_at)"
                " VALUES (:one, 'p', now()), (:two, 'p', now())"
            ),
            {"one": REF, "two": other},
        )
    kept = await cancel(agent, await raise_alert(), subscription="99")
    assert (kept["customer_ref"], kept["subscription"]) == (other, "99")
