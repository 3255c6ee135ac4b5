"""The ledger tells of every message what became of it and why, to those who may read it."""

from datetime import UTC, datetime

import httpx
from sqlalchemy import text

from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged
from shared.events.identity import CustomerMerged
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.ledger.conftest import HANAKO, Enter, Records

CONTACT = ContactChanged(
    name="山田 花子", kana="ヤマダ ハナコ", mail="hanako@example.jp", phone="090-1234-5678"
)


async def outcomes(mari: httpx.AsyncClient, query: str = "") -> list[tuple[str, str, str | None]]:
    answer = await mari.get(f"/api/messages{query}")
    assert answer.status_code == 200, answer.text
    return [(one["step"], one["outcome"], one["reason"]) for one in answer.json()["messages"]]


async def test_each_message_is_told_with_its_outcome_and_its_reason_the_newest_first(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.put(1, "planned")
    await records.put(2, "planned", "quiet_hours")
    await records.put(3, "sent")
    await records.put(4, "suppressed", "no_consent")
    await records.put(5, "unknown", "no_answer_after_dot")
    await records.put(6, "retry_at", "no_connection")
    assert await outcomes(mari) == [
        ("step6", "deferred", "no_connection"),
        ("step5", "unknown", "no_answer_after_dot"),
        ("step4", "suppressed", "no_consent"),
        ("step3", "sent", None),
        ("step2", "deferred", "quiet_hours"),
        ("step1", "planned", None),
    ]


async def test_the_filters_narrow_it_down(mari: httpx.AsyncClient, records: Records) -> None:
    await records.put(1, "planned", "quiet_hours")
    await records.put(2, "planned")
    await records.put(3, "sent", channel="line")
    await records.put(4, "suppressed", "no_consent", scenario="birthday", episode="b1")
    assert [step for step, *_ in await outcomes(mari, "?state=deferred")] == ["step1"]
    assert [step for step, *_ in await outcomes(mari, "?state=planned")] == ["step2"]
    assert [step for step, *_ in await outcomes(mari, "?channel=line&state=sent")] == ["step3"]
    assert [step for step, *_ in await outcomes(mari, "?scenario=birthday&reason=no_consent")] == ["step4"]
    assert (await mari.get("/api/messages?state=lost")).status_code == 422
    assert (await mari.get(f"/api/messages?customer_ref={HANAKO}")).status_code == 422


async def test_pages_of_a_hundred_follow_one_another_without_gap_or_repeat(
    mari: httpx.AsyncClient, records: Records
) -> None:
    at = datetime(2026, 6, 9, tzinfo=UTC)
    for number in range(205):
        await records.put(number, "sent", changed_at=at)
    seen: list[str] = []
    before = None
    while True:
        answer = (await mari.get("/api/messages", params={"before": before} if before else {})).json()
        seen += [one["action"] for one in answer["messages"]]
        before = answer["more"]
        if before is None:
            break
    assert (len(seen), len(set(seen))) == (205, 205)
    assert (await mari.get("/api/messages?before=nonsense")).status_code == 422


async def test_a_page_of_a_hundred_finds_its_index_among_many_messages(
    engine: AsyncEngine, records: Records, mari: httpx.AsyncClient
) -> None:
    await records.put(1, "sent")
    async with transaction(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, shop,"
                " correlation_id, causation_id, state, due_at, changed_at)"
                " SELECT gen_random_uuid(), customer_ref, scenario, episode, 's' || n, 'mail', 'demo', 'c',"
                " 'c', 'sent', now(), now() - n * interval '1 second'"
                " FROM enrolment, generate_series(1, 20000) AS n"
            )
        )
        await connection.execute(text("ANALYZE action"))
        plan = await connection.execute(
            text("EXPLAIN SELECT a.* FROM action AS a ORDER BY a.changed_at DESC, a.id DESC LIMIT 100")
        )
        assert "action_changed" in "\n".join(plan.scalars())
    assert len(await outcomes(mari)) == 100


async def test_one_message_opens_its_history_and_why_the_customer_was_in(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT)
    action = await records.put(1, "suppressed", "holdout", held=True)
    answer = (await mari.get(f"/api/messages/{action}")).json()
    assert [(one["state"], one["reason"]) for one in answer["message"]["history"]] == [
        ("planned", None),
        ("suppressed", "holdout"),
    ]
    assert (answer["message"]["name"], answer["enrolment"]["held"]) == ("山田 花子", True)
    assert (answer["enrolment"]["version"], answer["enrolment"]["reason"]) == (1, "skipped")
    assert (await mari.get(f"/api/messages/{action[:-1]}0")).status_code == 404


async def test_all_of_one_person_is_told_over_all_accounts_with_every_reason(
    mari: httpx.AsyncClient, records: Records
) -> None:
    other = "demo/shopify/8"
    await records.hear(
        CONTACT, ConsentGranted("mail", "お得な情報を受け取る"), CustomerMerged((HANAKO, other), ("mail",))
    )
    await records.hear(ConsentWithdrawn("line"), ref=other, minutes=5)
    await records.put(1, "sent")
    await records.put(2, "suppressed", "frequency_cap", ref=other, episode="e2")
    await records.put(3, "sent", ref="demo/shopify/99", episode="e3")
    answer = (await mari.post("/api/messages/about", json={"customer_ref": other})).json()
    assert [(one["step"], one["reason"]) for one in answer["messages"]] == [
        ("step2", "frequency_cap"),
        ("step1", None),
    ]
    assert all(len(one["history"]) == 2 for one in answer["messages"])
    ways = {one["channel"]: one["granted"] for one in answer["standing"]["ways"]}
    assert ways == {"mail": True, "line": False, "postal_dm": None, "phone": None}
    assert (await records.audited())[-1][:2] == ("messages.asked", other)


async def test_a_customer_is_found_by_what_one_knows_and_only_names_come_back(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT)
    for typed in ("山田", "やまだ", "hanako@example.jp", "09012345678"):
        answer = await mari.post("/api/messages/people", json={"q": typed})
        assert answer.json() == {
            "found": [{"customer_ref": HANAKO, "name": "山田 花子", "kana": "ヤマダ ハナコ"}]
        }
    assert await records.audited() == [("search", None, None, "1")] * 4


async def test_the_file_has_the_reasons_in_words_and_is_written_down(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT)
    await records.put(1, "rejected", "smtp_550_at_rcpt")
    await records.put(2, "sent", ref="demo/shopify/99", episode="e2")
    answer = await mari.post("/api/messages/csv", json={"state": "rejected"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("日時,お客様,顧客参照,シナリオ")
    assert len(lines) == 2
    assert "山田 花子" in lines[1]
    assert "メールサーバーが宛先を断ったため（550）" in lines[1]
    assert await records.audited() == [("export", None, None, "messages 1")]


async def test_the_ledger_is_for_marketers_and_administrators(enter: Enter, records: Records) -> None:
    misaki = await enter("misaki")
    action = await records.put(1, "unknown", "worker_lost")
    page = await misaki.get("/messages")
    assert (page.status_code, page.headers["location"]) == (303, "/")
    assert (await misaki.get("/api/messages")).status_code == 403
    assert (await misaki.get(f"/api/messages/{action}")).status_code == 403
    assert (await misaki.post(f"/api/messages/{action}/settle", json={"as": "sent"})).status_code == 403
    assert (await misaki.post("/api/messages/about", json={"customer_ref": HANAKO})).status_code == 403
