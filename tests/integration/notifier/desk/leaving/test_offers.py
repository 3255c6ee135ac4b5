"""What may be offered, and what a call leaves behind."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.notifier.settings import NotifierSettings
from shared.clock import system_clock
from shared.events.action import AlertResolved, OfferAccepted
from shared.events.customer import CustomerErased
from shared.events.envelope import Envelope, decode
from shared.events.money import Money
from shared.events.risk import Reason
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelRequested,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionSkipped,
    SubscriptionStarted,
)
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
RaiseAlert = Callable[..., Awaitable[str]]

SAVED = {"disposition": "kept_modified", "reason": "too_much", "offer": "skip", "answer": "accepted"}
DAY = 24 * 60


async def told(engine: AsyncEngine, kind: type) -> list[Any]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        return [one.data for one in (decode(row.value) for row in rows) if isinstance(one.data, kind)]


async def offers(agent: httpx.AsyncClient, alert_id: str, query: str = "") -> dict[str, Any]:
    answer = await agent.get(f"/api/alerts/{alert_id}/offers{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def resolve(agent: httpx.AsyncClient, office: Any, alert_id: str, **said: Any) -> httpx.Response:
    await office.desk.claim(alert_id, "misaki", early=True)
    return await agent.post(f"/api/alerts/{alert_id}/resolve", json=said)


async def test_an_agent_sees_what_may_be_offered_and_why_the_rest_may_not(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    found = await offers(agent, await raise_alert())
    assert [(one["offer"], one["fits"]) for one in found["allowed"]] == [("skip", True), ("cycle", False)]
    skip = found["allowed"][0]
    assert (skip["title"], skip["cost"]) == ("次回を1回お休み", {"amount": 0, "currency": "JPY"})
    assert (skip["effective_delivery"], skip["effective_from"]) == (4, "2026-06-16T03:00:00Z")
    assert skip["disclose"] == ["いつのお届けから変わるか"]
    assert "あと1回" in skip["note"]
    assert [(one["offer"], one["because"]) for one in found["barred"]] == [("pause", "within_minimum")]
    assert (found["persuasion"], found["given"]) == ("open", [])
    assert "岡田 みさき" in found["script"]["greeting"]
    assert "お手元に余っていませんか" in found["script"]["opening"]


async def test_the_reason_that_is_heard_decides(agent: httpx.AsyncClient, raise_alert: RaiseAlert) -> None:
    alert_id = await raise_alert()
    unwell = await offers(agent, alert_id, "?reason=not_suitable")
    assert (unwell["allowed"], unwell["persuasion"]) == ([], "none")
    assert {one["because"] for one in unwell["barred"]} == {"route_safety"}
    assert "医師" in unwell["script"]["proposal"]
    dear = await offers(agent, alert_id, "?reason=too_dear")
    assert [one["offer"] for one in dear["allowed"] if one["fits"]] == ["cycle"]
    unknown = await agent.get(f"/api/alerts/{alert_id}/offers?reason=weather")
    assert (unknown.status_code, unknown.json()) == (422, {"problem": "unknown_reason"})


async def test_in_english_offers_have_english_names(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    found = await offers(agent, await raise_alert(), "?lang=en")
    assert found["allowed"][0]["title"] == "Skip the next parcel"


async def test_how_the_contract_stands_is_read_from_what_happened(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    await follow(
        happened(SubscriptionStarted("88", Cycle("month", 1)), -90 * DAY),
        happened(SubscriptionPaused("88"), -80 * DAY),
        happened(SubscriptionResumed("88"), -60 * DAY),
        happened(SubscriptionSkipped("88", 2), -40 * DAY),
        happened(SubscriptionSkipped("88", 3), -10 * DAY),
    )
    found = await offers(agent, await raise_alert(min_deliveries=None))
    assert [one["offer"] for one in found["allowed"]] == ["cycle"]
    assert {one["offer"]: one["because"] for one in found["barred"]} == {
        "skip": "skipped_often",
        "pause": "paused_lately",
    }


async def test_after_a_request_to_leave_there_is_one_proposal_and_then_none(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    await agent.post(f"/api/alerts/{alert_id}/cancel", json={})
    assert (await offers(agent, alert_id))["persuasion"] == "one"
    said = {"disposition": "cancelled", "reason": "too_much", "offer": "skip", "answer": "declined"}
    assert (await resolve(agent, office, alert_id, **said)).status_code == 200
    after = await offers(agent, alert_id)
    assert (after["persuasion"], after["allowed"]) == ("none", [])
    assert {one["because"] for one in after["barred"]} == {"asked_to_leave"}


async def test_what_a_cart_tells_of_a_wish_to_leave_counts_as_well(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await follow(happened(SubscriptionCancelRequested("88"), 1))
    assert (await offers(agent, alert_id))["persuasion"] == "one"


async def test_offers_are_counted_by_reason_and_remembered_with_the_answer(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert
) -> None:
    accepted, declined = await raise_alert("e1"), await raise_alert("e2", subject="demo/shopify/8")
    assert (await resolve(agent, office, accepted, **SAVED)).status_code == 200
    said = {"disposition": "kept", "reason": "timing", "offer": "skip", "answer": "declined"}
    assert (await resolve(agent, office, declined, **said)).status_code == 200
    found = await offers(agent, await raise_alert("e3", subject="demo/shopify/9"), "?reason=too_much")
    assert found["allowed"][0]["success"] == {"accepted": 1, "made": 1}
    assert found["allowed"][1]["success"] is None
    before = await offers(agent, accepted)
    [given] = before["given"]
    assert (given["offer"], given["answer"], given["agent"]) == ("skip", "accepted", "岡田 みさき")
    assert before["allowed"][0]["last_given"] == given["at"] == "2026-06-10T03:00:00Z"


async def test_a_call_leaves_its_row_its_note_and_its_events(
    agent: httpx.AsyncClient, office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    said = {**SAVED, "reason_detail": "uses_less", "offer_detail": {"times": 1}, "note": "旅行の予定"}
    assert (await resolve(agent, office, alert_id, **said)).status_code == 200
    async with transaction(engine) as connection:
        row = (await connection.execute(text("SELECT * FROM disposition"))).one()
        note = (await connection.execute(text("SELECT note FROM disposition_note"))).scalar_one()
    assert (row.attempt, row.disposition, row.reason, row.reason_detail) == (
        1,
        "kept_modified",
        "too_much",
        "uses_less",
    )
    assert (row.offer, row.answer, row.offer_detail, row.cost_amount) == ("skip", "accepted", {"times": 1}, 0)
    assert (row.cart, row.subscription, row.delivery_number, row.kind) == (
        "demo/shopify",
        "88",
        3,
        "subscription",
    )
    assert (row.top_reason, row.value_amount, row.value_currency) == ("skipped_in_a_row", 12_800, "JPY")
    assert row.claimed_at <= row.at
    assert note == "旅行の予定"
    [resolved], [taken] = await told(engine, AlertResolved), await told(engine, OfferAccepted)
    assert (resolved.reason, resolved.offer, resolved.answer) == ("too_much", "skip", "accepted")
    assert (resolved.attempt, resolved.again) == (1, False)
    assert (taken.offer, taken.subscription, taken.detail) == ("skip", "88", {"times": 1})
    assert taken.cost == Money(0, "JPY")


async def test_calls_that_close_nothing_are_recorded_with_their_number_all_the_same(
    agent: httpx.AsyncClient, office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    assert (await resolve(agent, office, alert_id, disposition="no_answer")).status_code == 200
    later = (system_clock() + timedelta(hours=5)).isoformat()
    called = await resolve(agent, office, alert_id, disposition="callback", callback_at=later)
    assert called.status_code == 200
    assert (await resolve(agent, office, alert_id, disposition="kept")).status_code == 200
    heard = [(one.disposition, one.attempt, one.again) for one in await told(engine, AlertResolved)]
    assert heard == [("no_answer", 1, True), ("callback", 2, True), ("kept", 3, False)]
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT attempt, disposition FROM disposition ORDER BY attempt"))
        assert [tuple(row) for row in rows] == [(1, "no_answer"), (2, "callback"), (3, "kept")]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"disposition": "cancelled"}, "needs_reason"),
        ({"disposition": "callback"}, "needs_callback"),
        ({"disposition": "callback", "callback_at": "2026-01-01T00:00:00Z"}, "callback_past"),
        ({"disposition": "kept", "reason": "weather"}, "unknown_reason"),
        ({"disposition": "paused", "offer": "pause", "answer": "accepted"}, "offer_barred"),
        ({"disposition": "kept", "offer": "gift", "answer": "declined"}, "unknown_offer"),
        ({"disposition": "kept", "offer": "skip", "answer": "accepted"}, "answer_disagrees"),
        ({"disposition": "no_answer", "reason": "timing"}, "nobody_spoken_to"),
    ],
)
async def test_what_does_not_hold_together_is_not_recorded(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert, said: dict[str, Any], problem: str
) -> None:
    answer = await resolve(agent, office, await raise_alert(), **said)
    assert (answer.status_code, answer.json()["problem"]) == (422, problem)


async def test_who_was_erased_while_on_the_phone_leaves_no_words(
    agent: httpx.AsyncClient,
    office: Any,
    engine: AsyncEngine,
    follow: Follow,
    happened: Happened,
    raise_alert: RaiseAlert,
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    await follow(happened(CustomerErased("demo/shopify/7")))
    said = {"disposition": "kept", "note": "花子さん"}
    assert (await agent.post(f"/api/alerts/{alert_id}/resolve", json=said)).status_code == 200
    async with transaction(engine) as connection:
        kept = await connection.execute(text("SELECT count(*) FROM disposition"))
        words = await connection.execute(text("SELECT count(*) FROM disposition_note"))
        assert (kept.scalar_one(), words.scalar_one()) == (1, 0)


async def test_how_a_call_ended_is_never_changed(
    agent: httpx.AsyncClient, office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    assert (await resolve(agent, office, await raise_alert(), disposition="kept")).status_code == 200
    with pytest.raises(DBAPIError):
        async with transaction(engine) as connection:
            await connection.execute(text("UPDATE disposition SET disposition = 'cancelled'"))


async def test_who_complained_is_offered_nothing_until_another_reason_is_heard(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert(reasons=(Reason("complaint", "3日前にご不満", {"d": 3}, 0.9),))
    assert (await offers(agent, alert_id))["persuasion"] == "none"
    assert (await offers(agent, alert_id, "?reason=too_much"))["persuasion"] == "open"


def test_a_shop_that_misspells_its_offers_is_told_at_the_start(office: Any, tmp_path: Path) -> None:
    file = tmp_path / "offers.toml"
    values = office.settings.model_dump() | {"desk_agents": (), "offers_file": file}
    with pytest.raises(ValidationError, match="can't be read: No such file"):
        NotifierSettings.model_validate(values)
    file.write_text(
        '[[offer]]\nkey = "discount"\ntitle = "10%引き"\ncost = 500\nreasons = ["price"]\n', "utf-8"
    )
    with pytest.raises(ValidationError, match="unknown reason price"):
        NotifierSettings.model_validate(values)
    file.write_text(file.read_text("utf-8").replace('"price"', '"too_dear"'), "utf-8")
    assert list(NotifierSettings.model_validate(values).catalogue()) == ["skip", "cycle", "pause", "discount"]
