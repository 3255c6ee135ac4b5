"""Who agreed to what is told as it was said, holds at once, and is proved for three years."""

import httpx

from services.notifier import consent
from services.notifier.store import unreachable
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged, CustomerErased
from shared.events.identity import CustomerMerged
from shared.postgres.engine import transaction
from tests.integration.notifier.ledger.conftest import BUSINESS_NOW, HANAKO, Enter, Records

WORDING = "お得な情報をメールで受け取る"
CONTACT = ContactChanged(
    name="山田 花子",
    mail="hanako@example.jp",
    phone="090-1234-5678",
    postcode="100-0013",
    address="千代田区霞が関1丁目3番2号",
    line="U1",
)


async def said(mari: httpx.AsyncClient, **wanted: object) -> list[tuple[str, bool, str | None, bool]]:
    answer = await mari.post("/api/consents", json=wanted)
    assert answer.status_code == 200, answer.text
    words = answer.json()["words"]
    return [(one["channel"], one["granted"], one["wording"], one["holds"]) for one in words]


async def test_every_word_is_told_the_newest_first_with_what_holds_now(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT, ConsentGranted("mail", WORDING), ConsentGranted("line", "友だち追加"))
    await records.hear(ConsentWithdrawn("mail"), minutes=10)
    assert await said(mari) == [
        ("mail", False, None, False),
        ("line", True, "友だち追加", True),
        ("mail", True, WORDING, False),
    ]
    assert await said(mari, channel="line") == [("line", True, "友だち追加", True)]
    assert await said(mari, granted=False) == [("mail", False, None, False)]
    assert await said(mari, until="2026-06-09") == []
    assert len(await said(mari, since="2026-06-10", until="2026-06-10")) == 3
    assert await said(mari, customer_ref="demo/shopify/99") == []


async def test_a_no_by_our_own_link_shows_at_once_and_says_whence_it_came(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT, ConsentGranted("mail", WORDING))
    async with transaction(records.engine) as connection:
        await consent.unsubscribe(connection, HANAKO, "mail", BUSINESS_NOW.replace(hour=5))
    newest = (await mari.post("/api/consents", json={})).json()["words"][0]
    assert (newest["granted"], newest["source"]) == (False, "/shops/demo/shopify#unsubscribe")
    standing = (await mari.post("/api/consents/customer", json={"customer_ref": HANAKO})).json()["standing"]
    assert standing["ways"][0]["granted"] is False
    assert (await records.audited())[-1][:2] == ("consent.looked_at", HANAKO)


async def test_the_proof_is_kept_three_years_after_the_last_message_or_word(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(ConsentGranted("mail", WORDING))
    [word] = (await mari.post("/api/consents", json={})).json()["words"]
    assert word["keep_until"].startswith("2029-06-10")
    await records.put(1, "sent", began_at=BUSINESS_NOW.replace(month=9))
    [word] = (await mari.post("/api/consents", json={})).json()["words"]
    assert word["keep_until"].startswith("2029-09-10")


async def test_the_proof_goes_out_whole_and_that_is_written_down(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT, ConsentGranted("mail", WORDING))
    await records.hear(ConsentGranted("mail", "別のお客様"), ref="demo/shopify/99")
    answer = await mari.post("/api/consents/proof/csv", json={"customer_ref": HANAKO})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("日時,お客様,顧客参照,経路,意思,同意した文言,取得元")
    assert len(lines) == 2
    assert f"山田 花子,{HANAKO},メール,同意,{WORDING},/shops/demo/shopify,同意," in lines[1]
    shown = (await mari.post("/api/consents/proof", json={})).json()
    assert len(shown["words"]) == 2
    assert all(one["event_id"] for one in shown["words"])
    assert await records.audited() == [
        ("consent.proved", HANAKO, None, "csv 1"),
        ("consent.proved", None, None, "page 2"),
    ]


async def valid(mari: httpx.AsyncClient) -> dict[str, tuple[int, int]]:
    figures = (await mari.get("/api/consents/figures")).json()
    return {one["channel"]: (one["agreed"], one["valid"]) for one in figures["valid"]}


async def test_valid_addresses_are_counted_by_person_and_only_those_that_can_be_written_to(
    mari: httpx.AsyncClient, records: Records
) -> None:
    other = "demo/shopify/8"
    await records.hear(CONTACT, ConsentGranted("mail"), ConsentGranted("line"), ConsentGranted("postal_dm"))
    await records.hear(CONTACT, ConsentGranted("mail"), CustomerMerged((HANAKO, other), ("mail",)), ref=other)
    await records.hear(ContactChanged(name="佐藤"), ConsentGranted("mail"), ref="demo/shopify/9")
    assert await valid(mari) == {"mail": (2, 1), "line": (1, 1), "postal_dm": (1, 1), "phone": (0, 0)}
    async with transaction(records.engine) as connection:
        await unreachable.keep(connection, other, "line", "line_blocked", BUSINESS_NOW)
    await mari.post(
        "/api/never", json={"channel": "mail", "addresses": ["Hanako@Example.jp"], "because": "asked"}
    )
    assert await valid(mari) == {"mail": (2, 0), "line": (1, 0), "postal_dm": (1, 1), "phone": (0, 0)}
    await records.hear(ConsentWithdrawn("postal_dm"), ref=other, minutes=30)
    assert (await valid(mari))["postal_dm"] == (0, 0)


async def test_an_erased_customer_counts_no_more_and_the_proof_stays(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT, ConsentGranted("mail", WORDING))
    await records.hear(CustomerErased("7"), minutes=10)
    assert (await valid(mari))["mail"] == (1, 0)
    [word] = (await mari.post("/api/consents", json={})).json()["words"]
    assert (word["name"], word["wording"]) == (None, WORDING)


async def test_who_agreed_is_told_month_by_month_of_the_shop(
    mari: httpx.AsyncClient, records: Records
) -> None:
    days = 24 * 60
    await records.hear(ConsentGranted("mail"), minutes=-65 * days)
    await records.hear(ConsentGranted("mail"), ref="demo/shopify/8", minutes=-35 * days)
    await records.hear(ConsentWithdrawn("mail"), minutes=-1 * days)
    months = (await mari.get("/api/consents/figures")).json()["months"]
    assert [(one["month"], one["agreed"]) for one in months] == [
        ("2026-04", 1),
        ("2026-05", 2),
        ("2026-06", 1),
    ]


async def test_consents_are_for_marketers_and_administrators(enter: Enter) -> None:
    misaki = await enter("misaki")
    assert (await misaki.get("/consents")).status_code == 303
    assert (await misaki.get("/api/consents/figures")).status_code == 403
    assert (await misaki.post("/api/consents", json={})).status_code == 403
    assert (await misaki.post("/api/consents/proof/csv", json={})).status_code == 403
    assert (await misaki.get("/api/never")).status_code == 403
    assert (await misaki.get("/api/do-not-wake")).status_code == 403
