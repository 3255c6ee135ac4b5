"""Finding a customer by what is said on the telephone; and an agent's saved views."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from sqlalchemy import text

from shared.events.customer import ContactChanged, CustomerErased
from shared.events.engagement import PageViewed
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
RaiseAlert = Callable[..., Awaitable[str]]

HANAKO = ContactChanged(
    name="山田 花子",
    kana="ヤマダ ハナコ",
    mail="Hanako.Y@Example.jp",
    phone="090-1234-5678",
    prefecture="東京都",
)
TAKAHASHI = ContactChanged(
    name="髙橋　一郎", kana="ﾀｶﾊｼ ｲﾁﾛｳ", mail="ichiro_t@example.jp", phone="+81 (0)3-1234-5679 内線 12"
)
LATIN = ContactChanged(name="O'Brien 100% Anne", kana=None, mail="anne@example.com", phone="06 6123 4567")


JSON = {"content-type": "application/json"}
WAYS = [
    *(
        ("7", name)
        for name in ("山田", "山田花子", "山田　花", "花子", "やまだ", "ヤマダ", "ﾔﾏﾀﾞ", "ﾔﾏﾀﾞ ﾊﾅｺ", "はなこ")
    ),
    *(("7", mail) for mail in ("hanako.y@", "HANAKO", "hanako.y@example.jp", "Ｈanako")),
    *(
        ("7", phone)
        for phone in ("09012345678", "090-1234-5678", "090−1234−5678", "+81 90-1234-5678", "0901")
    ),
    *(("7", digits) for digits in ("5678", "５６７８", "12345678")),
    *(("7", number) for number in ("7", "demo/shopify/7")),
    *(("8", name) for name in ("高橋", "髙橋", "たかはし", "タカハシイチロウ", "いちろう")),
    *(("8", phone) for phone in ("03-1234-5679", "+81 3 1234 5679", "5679", "0312345679", "031")),
    *(("9", name) for name in ("o'brien", "OBRIEN", "O'Brien 100%", "100%", "ANNE")),
    *(("9", phone) for phone in ("0661234567", "(06) 6123-4567", "06-6123")),
]
NOBODYS = ("%", "_", "\\", "鈴木", "だ", "090-9999", "9999", "example.jp", "@", "・", "demo/shopify/70")


async def found_by(agent: httpx.AsyncClient, typed: str) -> list[str]:
    answer = await agent.post("/api/search", json={"q": typed})
    assert answer.status_code == 200, answer.text
    return [one["customer_ref"].rsplit("/", 1)[1] for one in answer.json()["found"]]


async def test_a_customer_is_found_by_any_way_of_writing(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient
) -> None:
    await follow(
        happened(HANAKO, subject="demo/shopify/7"),
        happened(TAKAHASHI, subject="demo/shopify/8"),
        happened(LATIN, subject="demo/shopify/9"),
    )
    for number, typed in WAYS:
        assert await found_by(agent, typed) == [number], typed
    for typed in NOBODYS:
        assert await found_by(agent, typed) == [], typed


async def test_what_is_found_is_masked_and_says_which_alert_is_open(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await follow(happened(HANAKO))
    alert = await raise_alert()
    answer = await agent.post("/api/search", json={"q": "やまだ"})
    assert answer.json() == {
        "found": [
            {
                "customer_ref": "demo/shopify/7",
                "name": "山田 花子",
                "kana": "ヤマダ ハナコ",
                "phone": "•••-••••-5678",
                "mail": "H•••@•••",
                "prefecture": "東京都",
                "alert": alert,
            }
        ]
    }
    async with transaction(engine) as connection:
        rows = (await connection.execute(text("SELECT * FROM audit_entry WHERE what = 'search'"))).all()
    assert [(row.who, row.detail, row.subject) for row in rows] == [("misaki", "1", None)]


async def test_who_has_no_contact_is_found_by_number_and_who_is_erased_by_nothing(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient
) -> None:
    await follow(happened(PageViewed("faq"), subject="demo/shopify/1004"))
    assert await found_by(agent, "1004") == ["1004"]
    await follow(happened(HANAKO))
    await follow(happened(CustomerErased("7"), 1), happened(HANAKO, 2), happened(PageViewed("faq"), 3))
    for typed in ("山田", "7", "demo/shopify/7", "5678", "hanako"):
        assert await found_by(agent, typed) == []


async def test_many_of_one_name_are_cut_off(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient
) -> None:
    await follow(*(happened(HANAKO, subject=f"demo/shopify/{number}") for number in range(40)))
    assert len(await found_by(agent, "やま")) == 30


async def test_a_search_of_the_wrong_shape_is_refused(agent: httpx.AsyncClient) -> None:
    for body in ({}, {"q": "x" * 201}, {"q": "x", "more": 1}, {"q": None}):
        assert (await agent.post("/api/search", json=body)).status_code == 422


async def test_whatever_is_typed_is_answered(agent: httpx.AsyncClient) -> None:
    for typed in (
        r"\ud800",
        r"\u0000",
        r"\u0001",
        r"\udbff\udfff",
        "a/b/c/d",
        "//",
        "+81",
        "()",
        "~/~/~",
        "0" * 200,
    ):
        answer = await agent.post("/api/search", content=f'{{"q": "{typed}"}}', headers=JSON)
        assert answer.status_code in (200, 422), typed


def view(name: str, **filters: str) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("list", "band", "kind", "reason", "delivery", "cutoff", "holder", "untouched", "refused", "sort"), ""
    )
    return {"name": name, "filters": {**nothing, **filters}}


async def test_views_are_kept_for_each_agent_in_their_order(agent: httpx.AsyncClient) -> None:
    assert (await agent.get("/api/views")).json() == {"views": []}
    mine = {
        "views": [
            view("縛り中の急ぎ", delivery="bound", cutoff="24", sort="cutoff"),
            view("A", holder="mine"),
        ]
    }
    assert (await agent.put("/api/views", json=mine)).json() == mine
    assert (await agent.get("/api/views")).json() == mine
    await agent.post("/api/session", data={"login": "ken", "password": "hikitome-desk"})
    agent.headers["x-csrf-token"] = (await agent.get("/api/session")).json()["csrf"]
    assert (await agent.get("/api/views")).json() == {"views": []}


async def test_views_that_are_too_many_or_odd_are_refused_and_those_before_stay(
    agent: httpx.AsyncClient,
) -> None:
    kept = {"views": [view("A")]}
    await agent.put("/api/views", json=kept)
    for views in (
        [view(str(number)) for number in range(21)],
        [view("x" * 41)],
        [view(" ")],
        [view("a\x00b")],
        [view("A"), view("A")],
        [view("A", band="purple")],
        [view("A", colour="red")],
        [view("A", reason="山田")],
    ):
        assert (await agent.put("/api/views", json={"views": views})).status_code == 422
    assert (await agent.get("/api/views")).json() == kept
