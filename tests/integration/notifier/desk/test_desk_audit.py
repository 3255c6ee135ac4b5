"""The audit log as administrators read it: newest first, filtered, saved, and checked for tampering."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.notifier import auth, trail
from services.notifier.settings import AgentAccount
from services.notifier.store import audit
from services.notifier.store.audit import Entry
from services.notifier.web.words import WORDS
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine, transaction

BOSS = {"login": "boss", "name": "社長", "password": "hikitome-desk", "role": "admin"}
SOURCES = Path(__file__).parents[4] / "services" / "notifier"


@pytest.fixture
async def boss(office: Any, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """An administrator, logged in."""
    await office.door.enrol([*office.settings.desk_agents, AgentAccount.model_validate(BOSS)])
    await stranger.post("/api/session", data={"login": "boss", "password": "hikitome-desk"})
    stranger.headers["x-csrf-token"] = (await stranger.get("/api/session")).json()["csrf"]
    return stranger


async def write(engine: AsyncEngine, *entries: Entry) -> None:
    for entry in entries:
        async with transaction(engine) as connection:
            await audit.append(connection, entry, system_clock())


async def entries(boss: httpx.AsyncClient, **asked: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await boss.post("/api/audit", json=asked)).json()["entries"]
    return found


async def check(boss: httpx.AsyncClient) -> dict[str, Any]:
    """As the page does it: page after page until it is done or broken."""
    after = 0
    while True:
        found: dict[str, Any] = (await boss.post("/api/audit/check", json={"after": after})).json()
        if found["done"] or found["broken"] is not None:
            return found
        after = found["until"]


async def test_log_ins_and_log_outs_are_written_down(
    office: Any, boss: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await boss.delete("/api/session")
    await boss.post("/api/session", data={"login": "misaki", "password": "my secret password"})
    await boss.post("/api/session", data={"login": "my secret password", "password": "misaki"})
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT who, role, what, detail, whence FROM audit_entry ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [
            ("boss", "admin", "session.began", "password", "127.0.0.1"),
            ("boss", "admin", "session.ended", None, "127.0.0.1"),
            ("misaki", "agent", "session.refused", None, "127.0.0.1"),
            ("unknown", "unknown", "session.refused", None, "127.0.0.1"),
        ]


async def test_whoever_knocks_fast_cannot_fill_the_log(office: Any, stranger: httpx.AsyncClient) -> None:
    for _ in range(auth.MOST_PER_LOGIN + 10):
        await stranger.post("/api/session", data={"login": "misaki", "password": "guess"})
    async with transaction(office.engine) as connection:
        rows = await connection.execute(text("SELECT what FROM audit_entry ORDER BY id"))
        assert list(rows.scalars()) == [*["session.refused"] * auth.MOST_PER_LOGIN, "session.throttled"]


async def test_the_newest_come_first_page_by_page(boss: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await write(engine, *(Entry("misaki", "agent", "search", detail=str(n)) for n in range(120)))
    first = (await boss.post("/api/audit", json={})).json()
    assert [entry["id"] for entry in first["entries"]] == list(range(121, 21, -1))
    assert first["more"]
    rest = (await boss.post("/api/audit", json={"before": 22})).json()
    assert [entry["id"] for entry in rest["entries"]] == list(range(21, 0, -1))
    assert not rest["more"]


async def test_entries_are_found_by_who_what_and_whom(boss: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await write(
        engine,
        Entry("misaki", "agent", "contact.shown", "demo/shopify/7"),
        Entry("misaki", "agent", "contact.shown", "demo/shopify/8"),
        Entry("ken", "supervisor", "customer.looked_at", "demo/shopify/7", why="complaint"),
    )
    assert [entry["who"] for entry in await entries(boss, subject="demo/shopify/7")] == ["ken", "misaki"]
    assert len(await entries(boss, who="misaki")) == 2
    assert len(await entries(boss, what="contact.shown", subject="demo/shopify/8")) == 1
    assert await entries(boss, who="nobody") == []
    kinds = (await boss.get("/api/audit/kinds")).json()["kinds"]
    assert kinds == ["contact.shown", "customer.looked_at", "session.began"]


async def test_the_file_opens_in_excel_and_runs_nothing(boss: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await write(engine, Entry("=1+1", "agent", "search", "@cmd", detail='say "hi", all'))
    answer = await boss.post("/api/audit/csv", json={})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith("\ufeff".encode())
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:3] == ["番号", "日時", "だれが"]
    assert lines[0][2:6] == ["'=1+1", "agent", "search", "'@cmd"]
    assert lines[0][8] == 'say "hi", all'
    assert re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", lines[0][1])
    newest = (await entries(boss))[0]
    assert (newest["who"], newest["what"], newest["detail"]) == ("boss", "export", "audit 2")


async def test_a_whole_chain_is_whole_over_all_its_pages(
    boss: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as connection:
        for n in range(trail.MOST_AT_ONCE + 5):
            await audit.append(connection, Entry("misaki", "agent", "search", detail=str(n)), system_clock())
    found = await check(boss)
    assert (found["until"], found["broken"], found["done"]) == (trail.MOST_AT_ONCE + 6, None, True)
    async with transaction(engine) as connection:
        last = await connection.execute(text("SELECT hash FROM audit_entry ORDER BY id DESC LIMIT 1"))
        assert found["hash"] == last.scalar_one().hex()


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit_entry SET who = 'ken' WHERE id = 3", 3),
        ("DELETE FROM audit_entry WHERE id = 3", 4),
        ("UPDATE audit_entry SET at = at + interval '1 second' WHERE id = 2", 2),
    ],
)
async def test_who_gets_round_the_databases_own_lock_is_found_out(
    boss: httpx.AsyncClient, engine: AsyncEngine, tampering: str, broken: int
) -> None:
    await write(engine, *(Entry("misaki", "agent", "search", detail=str(n)) for n in range(5)))
    async with transaction(engine) as connection:
        await connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_stays"))
        await connection.execute(text(tampering))
    assert (await check(boss))["broken"] == broken


def test_everything_that_is_audited_has_a_word() -> None:
    said = {
        what
        for path in SOURCES.rglob("*.py")
        for what in re.findall(
            r"""entry_of\(\s*request, "([a-z_.]+)\"""",
            path.read_text(encoding="utf-8"),
        )
    }
    said |= {"session.began", "session.ended", "session.refused", "session.throttled"}
    assert {"account.made", "contact.shown", "export"} <= said
    missing = {what for what in said if f"audited_{what.replace('.', '_')}" not in WORDS["ja"]}
    assert not missing
