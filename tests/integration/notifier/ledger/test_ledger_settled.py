"""What is unknown stays unknown until a person has said what became of it, once; then all are told."""

import asyncio

import httpx
import pytest

from shared.events import envelope as wire
from shared.events.action import ActionDeferred, ActionSent, ActionSuppressed
from shared.events.customer import ContactChanged
from tests.integration.notifier.ledger.conftest import HANAKO, Records


async def told(records: Records) -> list[object]:
    return [wire.decode(value).data for (value,) in await records.run("SELECT value FROM outbox ORDER BY id")]


async def state(records: Records) -> tuple[str, str | None]:
    [(state_, reason)] = await records.run("SELECT state, reason FROM action")
    return state_, reason


@pytest.mark.parametrize(
    ("said", "becomes", "event"),
    [
        ("sent", ("sent", None), ActionSent),
        ("not_sent", ("rejected", "not_sent"), ActionSuppressed),
        ("again", ("planned", "again"), ActionDeferred),
    ],
)
async def test_a_person_says_what_became_of_it(
    said: str, becomes: tuple[str, str | None], event: type[object], mari: httpx.AsyncClient, records: Records
) -> None:
    action = await records.put(1, "unknown", "no_answer_after_dot")
    answer = await mari.post(f"/api/messages/{action}/settle", json={"as": said, "note": "provider_log"})
    assert answer.json() == {"settled": said}
    assert await state(records) == becomes
    assert [type(one) for one in await told(records)] == [event]
    assert await records.audited() == [("message.settled", HANAKO, "provider_log", f"{said} {action}")]
    history = await records.run("SELECT state, reason FROM action_history ORDER BY id")
    assert history[-1] == becomes


async def test_of_two_who_judge_at_once_one_is_heard(mari: httpx.AsyncClient, records: Records) -> None:
    action = await records.put(1, "unknown", "worker_lost")
    answers = await asyncio.gather(
        *(mari.post(f"/api/messages/{action}/settle", json={"as": said}) for said in ("sent", "again") * 5)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert len(await told(records)) == 1


async def test_what_is_known_is_nobodys_to_judge(mari: httpx.AsyncClient, records: Records) -> None:
    action = await records.put(1, "sent")
    answer = await mari.post(f"/api/messages/{action}/settle", json={"as": "again"})
    assert (answer.status_code, answer.json()) == (409, {"problem": "not_unknown"})
    assert await state(records) == ("sent", None)
    assert (await mari.post(f"/api/messages/{action}/settle", json={"as": "maybe"})).status_code == 422


async def test_the_words_are_shown_while_they_are_kept_with_the_address_masked_and_that_is_written_down(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(ContactChanged(name="山田 花子", mail="hanako@example.jp"))
    action = await records.put(1, "unknown", "worker_lost")
    await records.run(
        "INSERT INTO action_message (action_id, address, subject, body)"
        " VALUES (CAST(:id AS uuid), 'hanako@example.jp', 'お知らせ', '山田 花子様')",
        id=action,
    )
    words = (await mari.post(f"/api/messages/{action}/words")).json()["words"]
    assert (words["address"], words["subject"], words["body"]) == (
        "h•••@example.jp",
        "お知らせ",
        "山田 花子様",
    )
    assert await records.audited() == [("message.read", None, None, action)]
    await mari.post(f"/api/messages/{action}/settle", json={"as": "sent"})
    assert (await mari.post(f"/api/messages/{action}/words")).json() == {"words": None}


async def test_how_many_wait_for_a_person_is_counted(mari: httpx.AsyncClient, records: Records) -> None:
    await records.put(1, "unknown", "worker_lost")
    await records.put(2, "sent")
    options = (await mari.get("/api/messages/options")).json()
    assert options["unknown"] == 1
    assert "frequency_cap" in options["reasons"]
