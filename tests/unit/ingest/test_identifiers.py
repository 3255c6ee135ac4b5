"""What a contact is recognised by: spellings of one thing hash alike, and what says nothing has no hash."""

import string
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Translated
from services.ingest.carts.standard_webhooks import translate
from services.ingest.durable import Kept
from services.ingest.identifiers import identified, identifiers
from services.ingest.normal_forms import household, mail, name, phone, street
from services.ingest.shops import Account
from shared.events.customer import ContactChanged, CustomerSeen, Identifiers
from shared.events.envelope import Envelope, decode
from shared.events.record import Record
from tests.accepting import accept

Delivered = Callable[..., Delivery]

PEPPER = b"a pepper of a shop"
HANAKO = ContactChanged(
    name="山田 花子",
    kana="ヤマダ ハナコ",
    mail="hanako@example.jp",
    phone="090-1111-2222",
    postcode="150-0041",
    prefecture="東京都",
    address="渋谷区神南1-2-3 青空ビル301",
)


@pytest.mark.parametrize(
    "spelling",
    [" Hanako@Example.JP ", "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ"],
)
def test_a_mail_address_is_one_however_it_is_typed(spelling: str) -> None:
    assert mail(spelling) == "hanako@example.jp"


def test_gmails_dots_and_tags_are_one_mailbox_and_nobody_elses_are() -> None:
    assert mail("H.ana.ko+shop@googlemail.com") == mail("hanako@gmail.com") == "hanako@gmail.com"
    assert mail("h.anako@docomo.ne.jp") != mail("hanako@docomo.ne.jp")
    assert mail("hanako+a@example.jp") != mail("hanako@example.jp")


@pytest.mark.parametrize(
    "nobodys",
    [
        *("", "hanako", "@example.jp", "hanako@", "hanako@example", "ha nako@@example.jp"),
        *("info@kirei.jp", "Support@kirei.jp", "no-reply@kirei.jp", "no.reply+7@kirei.jp", "shop@kirei.jp"),
        *("test@yahoo.co.jp", "dummy@yahoo.co.jp", "hanako@shop.invalid", "hanako@dummy.com", "n@host.local"),
    ],
)
def test_a_mail_address_that_is_nobodys_says_nothing(nobodys: str) -> None:
    assert mail(nobodys) is None


@pytest.mark.parametrize(
    "spelling",
    [
        *("090-1111-2222", "09011112222", "０９０−１１１１−２２２２", "090 1111 2222", "(090)1111-2222"),
        *("+81 90-1111-2222", "+81(0)90-1111-2222", "0081-90-1111-2222", "81 90 1111 2222"),
    ],
)
def test_a_telephone_number_is_one_however_it_is_typed(spelling: str) -> None:
    assert phone(spelling) == "09011112222"


@pytest.mark.parametrize(
    "filler",
    [
        *(
            "",
            "なし",
            "0",
            "110",
            "0000000000",
            "00000000000",
            "1234567890",
            "090-0000-0000",
            "090-1111-1111",
        ),
        *("03-0000-0000", "090-1234-5678", "0120-123-456", "0800-123-4567", "0570-00-1234", "999-9999-9999"),
        *("+1 212 555 0100", "0901111222", "090111122223", "+81-90-0000-0000"),
    ],
)
def test_a_telephone_number_that_is_a_filler_or_nobodys_own_says_nothing(filler: str) -> None:
    assert phone(filler) is None


def test_numbers_that_look_reserved_are_numbers() -> None:
    assert phone("090-0000-0001") == "09000000001"
    assert phone("03-1111-2222") == "0311112222"


@pytest.mark.parametrize(
    "spelling", ["ヤマダ ハナコ", "ﾔﾏﾀﾞ　ﾊﾅｺ", "やまだはなこ", "ヤマダ・ハナコ", " ヤマダハナコ "]
)
def test_kana_is_one_however_it_is_typed(spelling: str) -> None:
    assert name(spelling) == "ヤマダハナコ"


@pytest.mark.parametrize("nobodys", ["", " ", "テスト", "Test", "山", "名無し", "なし"])
def test_a_name_that_is_none_says_nothing(nobodys: str) -> None:
    assert name(nobodys) is None


@pytest.mark.parametrize(
    "spelling",
    [
        *("渋谷区神南1-2-3", "渋谷区神南１－２－３", "渋谷区神南１丁目２番３号", "渋谷区神南一丁目二番三号"),
        *("渋谷区 神南 1丁目2番地3", "東京都渋谷区神南1ー2ー3", "渋谷区神南1丁目2の3", "渋谷区神南1‐2‐3"),
    ],
)
def test_an_address_is_one_however_its_blocks_are_written(spelling: str) -> None:
    assert street(spelling, "東京都") == "渋谷区神南1-2-3"


def test_a_room_is_the_same_with_and_without_its_counter_and_another_room_is_not() -> None:
    assert street("神南二十三番地5 青空ビル301号室") == street("神南23-5青空ビル301")
    assert street("神南1-2-3 青空ビル301") != street("神南1-2-3 青空ビル302")
    assert street("三軒茶屋") is None


@pytest.mark.parametrize("lacking", ["name", "postcode", "address"])
def test_a_household_needs_a_name_a_postcode_and_an_address(lacking: str) -> None:
    contact = ContactChanged(name="山田花子", postcode="1500041", address="神南1-2-3")
    assert household(contact) is not None
    changed: dict[str, Any] = {
        "name": contact.name,
        "postcode": contact.postcode,
        "address": contact.address,
        lacking: None,
    }
    assert household(ContactChanged(**changed)) is None


anything = st.one_of(st.none(), st.text(), st.text(string.digits + "+-() 一十百丁目番号の@.", max_size=30))


@given(anything, anything, anything)
def test_a_normal_form_is_its_own_normal_form_and_nothing_ever_raises(
    one: str | None, other: str | None, third: str | None
) -> None:
    for form in (mail, phone, name):
        assert form(one) is None or form(form(one)) == form(one)
    identifiers(ContactChanged(name=one, mail=other, phone=third, postcode=one, address=other), PEPPER)


def test_a_hash_tells_neither_what_was_hashed_nor_that_another_shop_knows_it_too() -> None:
    found = identifiers(HANAKO, PEPPER)
    assert found.line is None
    values = [found.mail, found.phone, found.name, found.household]
    assert len({*values, *_values(identifiers(HANAKO, b"another shop's pepper"))}) == 8
    assert all(value and len(value) == 64 for value in values)


def _values(found: Identifiers) -> list[str | None]:
    return [found.mail, found.phone, found.name, found.household]


def contact(data: dict[str, Any], customer: str = "c-1", **changes: Any) -> dict[str, Any]:
    time = "2026-04-01T09:00:00+09:00"
    return {"type": "contact.changed", "time": time, "customer": customer, "data": data, **changes}


def events(delivery: Delivery) -> tuple[Envelope, ...]:
    outcome = translate(delivery)
    assert isinstance(outcome, Translated)
    return outcome.envelopes


def test_a_contact_that_comes_alone_is_seen_with_it(standard_delivery: Delivered) -> None:
    told = events(standard_delivery(contact({"mail": "hanako@example.jp"})))
    changed, seen = identified(told, PEPPER)
    assert changed == told[0]
    assert seen.data == CustomerSeen("c-1", identifiers(ContactChanged(mail="hanako@example.jp"), PEPPER))
    assert (seen.subject, seen.time) == (changed.subject, changed.time)
    assert seen.id != changed.id
    assert identified(told, PEPPER)[1].id == seen.id


def test_every_contact_of_a_list_finds_its_own_sight(standard_delivery: Delivered) -> None:
    sight = {**contact({"account": "c-2"}, "c-2"), "type": "customer.seen"}
    told = events(
        standard_delivery(
            [contact({"mail": "a@example.jp"}), sight, contact({"mail": "b@example.jp"}, "c-2")]
        )
    )
    found = identified(told, PEPPER)
    seens = {each.subject[-3:]: each.data for each in found if isinstance(each.data, CustomerSeen)}
    assert [each.id for each in found[:3]] == [each.id for each in told]
    assert len(found) == 4
    assert seens == {
        "c-1": CustomerSeen("c-1", identifiers(ContactChanged(mail="a@example.jp"), PEPPER)),
        "c-2": CustomerSeen("c-2", identifiers(ContactChanged(mail="b@example.jp"), PEPPER)),
    }


@pytest.mark.parametrize("pepper", [None, PEPPER])
def test_hashes_that_a_sender_made_up_are_taken_out(
    standard_delivery: Delivered, pepper: bytes | None
) -> None:
    made_up = {**contact({"account": "1", "identifiers": {"mail": "a@b.jp"}}), "type": "customer.seen"}
    (seen,) = identified(events(standard_delivery(made_up)), pepper)
    assert seen.data == CustomerSeen("1")


async def test_a_shop_with_a_pepper_tells_hashes_and_one_without_tells_none(
    shopify_delivery: Delivered, payloads: dict[str, dict[str, Any]]
) -> None:
    without = Account("kirei", CARTS["shopify"], (b"hush",))
    delivery = shopify_delivery("customers/update", payloads["customer"])
    seens = []
    for account in (without, replace(without, pepper=PEPPER)):
        records: list[Record] = []

        async def keep(given: Any, into: list[Record] = records) -> Kept:
            into.extend(given)
            return Kept("kafka")

        await accept(delivery, account, keep)
        assert records[0].value is not None
        assert b"hanako" not in records[0].value
        seens.append(decode(records[0].value))
    assert [each.id for each in seens] == [seens[0].id] * 2
    plain, hashed = (each.data for each in seens)
    assert plain == CustomerSeen("706405506930370084")
    assert isinstance(hashed, CustomerSeen)
    assert hashed.identifiers is not None
    assert hashed.identifiers.mail
    assert hashed.identifiers.household
    assert "pepper" not in repr(replace(without, pepper=PEPPER))
