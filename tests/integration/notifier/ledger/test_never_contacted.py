"""Who is never to be contacted is not, whatever is erased, imported anew or written differently."""

import httpx
import pytest

from services.notifier import never
from services.notifier.never import OtherKey
from services.notifier.store import customers
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged, CustomerErased
from shared.events.identity import CustomerMerged
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.postgres.engine import transaction
from tests.integration.notifier.ledger.conftest import BUSINESS_NOW, HANAKO, KEY, Records

CONTACT = ContactChanged(
    name="山田 花子",
    mail="hanako@example.jp",
    phone="090-1234-5678",
    postcode="100-0013",
    address="千代田区霞が関1丁目3番2号",
    line="U1",
)
ANEW = "demo/ecforce/700"
ALL = ["line", "mail", "phone", "postal_dm"]


async def barred(records: Records, ref: str) -> list[str]:
    """The channels on which this account is on the list."""
    rows = await records.run(
        "SELECT h.channel FROM contact_hash AS h JOIN never_contact AS n USING (hash, channel)"
        " WHERE h.customer_ref = :ref ORDER BY h.channel",
        ref=ref,
    )
    return [channel for (channel,) in rows]


@pytest.mark.parametrize(
    ("channel", "written"),
    [
        ("mail", "ＨＡＮＡＫＯ@example.jp"),
        ("phone", "+81 90 1234 5678"),
        ("line", " U1 "),
        ("postal_dm", "〒1000013 東京都千代田区霞が関一丁目３－２"),
    ],
)
async def test_an_address_is_met_however_it_is_written(
    channel: str, written: str, mari: httpx.AsyncClient, records: Records
) -> None:
    wanted = {"channel": channel, "addresses": [written], "because": "complaint"}
    assert (await mari.post("/api/never", json=wanted)).json() == {"added": 1, "unfit": 0}
    await records.hear(CONTACT)
    assert await barred(records, HANAKO) == [channel]


async def test_the_list_shows_only_how_a_hash_begins_and_is_written_down(
    mari: httpx.AsyncClient, records: Records
) -> None:
    wanted = {"channel": "mail", "addresses": ["hanako@example.jp", "nobody"], "because": "asked"}
    assert (await mari.post("/api/never", json=wanted)).json() == {"added": 1, "unfit": 1}
    assert (await mari.post("/api/never", json=wanted)).json() == {"added": 0, "unfit": 1}
    await records.hear(CONTACT)
    [entry] = (await mari.get("/api/never")).json()["entries"]
    assert (len(entry["prefix"]), entry["because"], entry["by"], entry["held"]) == (16, "asked", "mari", 1)
    assert (await mari.get("/api/never?channel=line")).json()["entries"] == []
    gone = {"channel": "mail", "prefix": entry["prefix"]}
    assert (await mari.post("/api/never/remove", json=gone)).status_code == 200
    assert (await mari.post("/api/never/remove", json=gone)).status_code == 404
    assert await records.audited() == [
        ("never.added", None, "asked", "mail 1"),
        ("never.added", None, "asked", "mail 0"),
        ("never.removed", None, None, f"mail {entry['prefix']}"),
    ]


async def test_a_customer_goes_on_the_list_with_every_account_and_channel(
    mari: httpx.AsyncClient, records: Records
) -> None:
    other = "demo/shopify/8"
    await records.hear(CONTACT, CustomerMerged((HANAKO, other), ("mail",)))
    await records.hear(ContactChanged(name="山田", mail="second@example.jp"), ref=other)
    wanted = {"customer_ref": HANAKO, "channels": ["mail", "line"], "because": "asked"}
    assert (await mari.post("/api/never/customer", json=wanted)).json() == {"added": 3}
    assert await barred(records, other) == ["mail"]
    standing = (await mari.post("/api/consents/customer", json={"customer_ref": other})).json()["standing"]
    assert [one["channel"] for one in standing["ways"] if one["never"]] == ["mail", "line"]


async def test_what_was_refused_outlives_the_erasure_and_meets_whoever_is_imported_anew(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT, ConsentGranted("mail"), ConsentGranted("line"), ConsentWithdrawn("mail"))
    await records.hear(CustomerErased("7"), minutes=10)
    assert await records.run("SELECT * FROM contact_hash") == []
    await records.hear(CONTACT, ref=ANEW, minutes=20)
    assert await barred(records, ANEW) == ["mail"]


async def test_who_wanted_to_hear_nothing_and_was_erased_is_never_contacted_on_any_channel(
    records: Records,
) -> None:
    await records.hear(CONTACT)
    await records.run(
        "INSERT INTO do_not_contact (customer_ref, since) VALUES (:ref, :at)", ref=HANAKO, at=BUSINESS_NOW
    )
    await records.hear(CustomerErased("7"), minutes=10)
    await records.hear(CONTACT, ref=ANEW, minutes=20)
    assert await barred(records, ANEW) == ALL


async def test_contact_refusal_and_erasure_in_one_batch_are_remembered_too(records: Records) -> None:
    await records.hear(CONTACT, ConsentWithdrawn("mail"), CustomerErased("7"))
    await records.hear(CONTACT, ref=ANEW, minutes=20)
    assert await barred(records, ANEW) == ["mail"]
    assert await records.run("SELECT 1 FROM contact_hash WHERE customer_ref = :ref", ref=HANAKO) == []


async def test_who_refused_nothing_leaves_no_trace_of_an_address(records: Records) -> None:
    await records.hear(CONTACT, ConsentGranted("mail"))
    await records.hear(CustomerErased("7"), minutes=10)
    assert await records.run("SELECT hash FROM never_contact UNION SELECT hash FROM contact_hash") == []


async def test_a_new_address_replaces_the_old_and_an_old_one_that_comes_late_does_not(
    mari: httpx.AsyncClient, records: Records
) -> None:
    new = ContactChanged(name="山田 花子", mail="new@example.jp")
    for address in ("new@example.jp", "hanako@example.jp"):
        wanted = {"channel": "mail", "addresses": [address], "because": "asked"}
        await mari.post("/api/never", json=wanted)
    await records.hear(new, minutes=30)
    await records.hear(CONTACT, minutes=10)
    [(held,)] = await records.run("SELECT count(*) FROM contact_hash WHERE channel = 'mail'")
    entries = (await mari.get("/api/never")).json()["entries"]
    assert (held, [entry["held"] for entry in entries].count(1)) == (1, 1)
    assert await records.run("SELECT channel FROM contact_hash ORDER BY 1") == [("line",), ("mail",)]


def risk() -> RiskAssessed:
    return RiskAssessed(
        kind="subscription",
        probability=0.8,
        band="critical",
        previous_band="medium",
        phase="entered",
        episode="e1",
        priority=1.0,
        value_at_risk=Money(9000, "JPY"),
        reasons=(Reason("skipped", "スキップ", {}, 1.0),),
        model="m1",
        horizon_days=30.0,
        assessed_at=BUSINESS_NOW,
        noticed_at=BUSINESS_NOW,
        subscription="88",
    )


async def test_whose_telephone_goes_on_the_list_leaves_the_queue_and_is_not_called_again(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT, risk())
    assert await records.run("SELECT state FROM alert") == [("raised",)]
    wanted = {"channel": "phone", "addresses": ["０９０－１２３４－５６７８"], "because": "asked"}
    await mari.post("/api/never", json=wanted)
    assert await records.run("SELECT state FROM alert") == [("withdrawn",)]
    async with transaction(records.engine) as connection:
        assert await customers.may_call(connection, {HANAKO: risk()}) == set()


async def test_contacts_from_before_are_hashed_at_the_start_once(records: Records) -> None:
    await records.run(
        "INSERT INTO contact (customer_ref, name, mail, changed_at)"
        " SELECT 'demo/shopify/' || n, '山田', n || '@example.jp', now() FROM generate_series(1, 1500) AS n"
    )
    assert await never.prepare(records.engine, KEY) == 1500
    assert await never.prepare(records.engine, KEY) == 0
    assert await records.run("SELECT count(*) FROM contact_hash") == [(1500,)]


async def test_another_key_is_refused_as_long_as_somebody_is_on_the_list(
    mari: httpx.AsyncClient, records: Records
) -> None:
    await records.hear(CONTACT)
    await never.prepare(records.engine, KEY)
    assert (await mari.get("/api/never")).json()["entries"] == []
    assert await never.prepare(records.engine, b"another") == 1
    assert await never.prepare(records.engine, KEY) == 1
    await mari.post("/api/never", json={"channel": "line", "addresses": ["U1"], "because": "law"})
    with pytest.raises(OtherKey, match="NEVER_CONTACT_PEPPER"):
        await never.prepare(records.engine, b"another")
    assert await barred(records, HANAKO) == ["line"]


async def test_sleepers_are_let_sleep_and_woken_with_all_accounts(
    mari: httpx.AsyncClient, records: Records
) -> None:
    other = "demo/shopify/8"
    await records.hear(CONTACT, CustomerMerged((HANAKO, other), ("mail",)))
    wanted = {"customer_refs": [HANAKO, "demo/shopify/9"], "because": "holdout_showed"}
    assert (await mari.post("/api/do-not-wake", json=wanted)).json() == {"added": 2}
    assert (await mari.post("/api/do-not-wake", json=wanted)).json() == {"added": 0}
    entries = (await mari.get("/api/do-not-wake")).json()["entries"]
    assert {(one["customer_ref"], one["name"], one["by"]) for one in entries} == {
        (HANAKO, "山田 花子", "mari"),
        ("demo/shopify/9", None, "mari"),
    }
    assert (await mari.post("/api/do-not-wake/remove", json={"customer_ref": other})).status_code == 200
    assert (await mari.post("/api/do-not-wake/remove", json={"customer_ref": other})).status_code == 404
    assert (await records.audited())[-1][:2] == ("do_not_wake.removed", other)
