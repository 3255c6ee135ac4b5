"""/api/v1: the same alerts as the desk's, page by page and change by change, and work on behalf of agents."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.notifier.store import audit
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction

MakeToken = Callable[..., Awaitable[dict[str, Any]]]
Program = Callable[[str], httpx.AsyncClient]
Raise = Callable[..., Awaitable[str]]
Number = Callable[[], Awaitable[int]]


@pytest.fixture
async def cti(make_token: MakeToken, program: Program) -> httpx.AsyncClient:
    """A program that may do everything."""
    return program((await make_token())["secret"])


@pytest.fixture
async def reader(make_token: MakeToken, program: Program) -> httpx.AsyncClient:
    """A program that may read alerts, but no names."""
    return program((await make_token("alerts:read"))["secret"])


async def test_all_pages_together_are_all_alerts_once(cti: httpx.AsyncClient, raise_alert: Raise) -> None:
    raised = {await raise_alert(f"e{n}", f"demo/shopify/{n}") for n in range(7)}
    found: list[str] = []
    after = None
    while after is not None or not found:
        page = (await cti.get("/alerts", params={"most": 3, **({"after": after} if after else {})})).json()
        found += [alert["id"] for alert in page["alerts"]]
        after = page["next"]
    assert sorted(found) == sorted(raised)


async def test_alerts_are_found_by_state_band_and_kind(
    cti: httpx.AsyncClient, reader: httpx.AsyncClient, raise_alert: Raise
) -> None:
    critical = await raise_alert("e1", "demo/shopify/1")
    high = await raise_alert("e2", "demo/shopify/2", band="high", kind="payment")
    await cti.post(f"/alerts/{critical}/claim", json={"agent": "misaki"})

    async def found(**filters: str) -> list[str]:
        return [one["id"] for one in (await reader.get("/alerts", params=filters)).json()["alerts"]]

    assert await found(state="claimed") == [critical]
    assert await found(band="high") == [high]
    assert await found(kind="payment", state="raised") == [high]
    assert await found(state="withdrawn") == []


async def test_names_are_for_who_may_read_them(
    cti: httpx.AsyncClient,
    reader: httpx.AsyncClient,
    raise_alert: Raise,
    number: Number,
    follow: Callable[..., Awaitable[None]],
    happened: Callable[..., Envelope],
) -> None:
    contact = ContactChanged(name="山田 花子", kana="ヤマダ ハナコ", mail="h@example.jp", phone="09012345678")
    await follow(happened(contact))
    alert = await raise_alert()
    await number()
    for path, where in (
        (f"/alerts/{alert}", ("alert",)),
        ("/alerts", ("alerts", 0)),
        ("/changes", ("changes", -1)),
    ):
        full, bare = (await cti.get(path)).json(), (await reader.get(path)).json()
        for key in where:
            full, bare = full[key], bare[key]
        assert (full["name"], full["kana"], full["phone"]) == ("山田 花子", "ヤマダ ハナコ", "•••-••••-5678")
        assert (bare["name"], bare["kana"], bare["mail"], bare["phone"]) == ("山•••", None, None, None)

    await follow(happened(CustomerErased("demo/shopify/7"), 1))
    erased = (await cti.get(f"/alerts/{alert}")).json()["alert"]
    assert (erased["name"], erased["phone"], erased["state"]) == (None, None, "withdrawn")
    assert (await cti.get("/alerts")).json()["alerts"] == []


async def test_changes_come_in_order_and_without_gaps(
    cti: httpx.AsyncClient, raise_alert: Raise, number: Number
) -> None:
    for n in range(4):
        await raise_alert(f"e{n}", f"demo/shopify/{n}")
    await number()
    seen, after = [], 0
    while True:
        said = (await cti.get("/changes", params={"after": after, "most": 3})).json()
        if not said["changes"]:
            break
        seen += [one["seq"] for one in said["changes"]]
        after = said["next"]
    assert seen == list(range(1, said["last"] + 1))
    assert said["next"] == said["last"]


async def test_a_program_works_for_an_agent_and_leaves_a_trace(
    cti: httpx.AsyncClient, raise_alert: Raise, engine: AsyncEngine
) -> None:
    alert = await raise_alert()
    claimed = await cti.post(f"/alerts/{alert}/claim", json={"agent": "misaki"})
    assert claimed.json()["alert"]["agent"] == "misaki"
    taken = await cti.post(f"/alerts/{alert}/claim", json={"agent": "ken"})
    assert (taken.status_code, taken.json()["code"]) == (409, "taken")
    assert taken.json()["alert"]["agent"] == "misaki"
    assert (await cti.post(f"/alerts/{alert}/release", json={"agent": "ken"})).json()["code"] == "not_yours"
    assert (await cti.post(f"/alerts/{alert}/release", json={"agent": "misaki"})).status_code == 200
    await cti.post(f"/alerts/{alert}/claim", json={"agent": "misaki"})
    done = await cti.post(f"/alerts/{alert}/resolve", json={"agent": "misaki", "disposition": "wrong_number"})
    assert done.json()["alert"]["state"] == "resolved"
    over = await cti.post(f"/alerts/{alert}/claim", json={"agent": "misaki"})
    assert over.json()["code"] == "over"

    async with transaction(engine) as connection:
        entries = [kept.entry for kept in await audit.read(connection, 0, 100)]
    done_by = [(one.who, one.role, one.what, one.detail) for one in entries if one.alert == alert]
    assert done_by[0] == ("token CTI", "program", "api.claimed", "misaki")
    assert [one[2] for one in done_by] == ["api.claimed", "api.released", "api.claimed", "api.resolved"]


@pytest.mark.parametrize("login", ["nobody", "gone"])
async def test_only_agents_of_the_desk_can_be_worked_for(
    cti: httpx.AsyncClient, raise_alert: Raise, login: str
) -> None:
    answer = await cti.post(f"/alerts/{await raise_alert()}/claim", json={"agent": login})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_agent")


async def test_what_is_wrong_in_a_request_is_named_and_not_repeated(
    cti: httpx.AsyncClient, raise_alert: Raise
) -> None:
    body = {"agent": "misaki", "disposition": "山田 花子"}
    answer = await cti.post(f"/alerts/{await raise_alert()}/resolve", json=body)
    assert (answer.status_code, answer.json()["fields"]) == (422, ["body.disposition"])
    assert "山田" not in answer.text


async def test_half_a_character_in_a_request_is_wrong_and_no_accident(
    cti: httpx.AsyncClient, raise_alert: Raise
) -> None:
    answer = await cti.post(
        f"/alerts/{await raise_alert()}/resolve",
        content=rb'{"agent": "misaki", "disposition": "kept", "\ud800": 1}',
        headers={"content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
