"""An address is the same however it is written, and two addresses are never one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.addresses import CHANNELS, hashed, hashes, normal
from shared.events.customer import Channel, ContactChanged

LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789.+_-", min_size=1, max_size=20)
DOMAIN = st.sampled_from(["example.jp", "docomo.ne.jp", "gmail.com"])
MAIL = st.builds(lambda local, domain: f"{local}@{domain}", LOCAL, DOMAIN)
NUMBER = st.from_regex(r"0[1-9][0-9]{8,9}", fullmatch=True)
PLACE = st.lists(st.integers(1, 99), min_size=1, max_size=4)
DASHES = st.sampled_from(["-", "－", "‐", "―", " - "])
KANJI = ("〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十")


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


@given(MAIL)
def test_width_case_and_blanks_around_a_mail_address_do_not_count(mail: str) -> None:
    for written in (mail.upper(), full_width(mail), f"  {mail}\u3000", full_width(mail.upper())):
        assert normal("mail", written) == normal("mail", mail)


@given(LOCAL, LOCAL)
def test_dots_and_tags_of_a_mail_address_are_left_alone(one: str, other: str) -> None:
    """Whose mailbox ignores them only its provider knows: to ban one must not ban a stranger."""
    same = normal("mail", f"{one}@gmail.com") == normal("mail", f"{other}@gmail.com")
    assert same == (one == other)


@given(
    NUMBER,
    st.sampled_from(["-", " ", "－", ".", ""]),
    st.sampled_from(["+81 ", "+81 (0)", "0081", "＋８１-", "81"]),
)
def test_a_number_is_the_same_at_home_and_from_abroad(number: str, between: str, abroad: str) -> None:
    apart = between.join((number[:3], number[3:6], number[6:]))
    assert normal("phone", number) == number
    for written in (apart, full_width(apart), abroad + apart[1:]):
        assert normal("phone", written) == number


@given(NUMBER, NUMBER)
def test_two_numbers_are_never_one(one: str, other: str) -> None:
    assert (normal("phone", one) == normal("phone", other)) == (one == other)


@given(PLACE, DASHES)
def test_a_place_is_the_same_with_hyphens_and_with_words(place: list[int], dash: str) -> None:
    signs = ("丁目", "番", "号", "号室")
    words = "".join(f"{number}{sign}" for number, sign in zip(place, signs, strict=False))
    plain = normal("postal_dm", f"100-0013 東京都千代田区霞が関{'-'.join(map(str, place))}")
    assert plain is not None
    for written in (
        f"〒1000013 千代田区霞が関{words}",
        f"１００－００１３ 千代田区霞が関{full_width(dash.join(map(str, place)))}",
    ):
        assert normal("postal_dm", written) == plain


@pytest.mark.parametrize("number", range(1, 11))
def test_numbers_of_a_place_may_be_kanji(number: int) -> None:
    written = f"100-0013 霞が関{KANJI[number]}丁目二十三番"
    assert normal("postal_dm", written) == normal("postal_dm", f"100-0013 霞が関{number}-23")


@given(PLACE, PLACE)
def test_two_places_of_one_quarter_are_never_one(one: list[int], other: list[int]) -> None:
    forms = [normal("postal_dm", f"100-0013 霞が関{'-'.join(map(str, each))}") for each in (one, other)]
    assert (forms[0] == forms[1]) == (one == other)


@given(st.text(max_size=40))
def test_whatever_is_written_is_read_or_is_no_address(written: str) -> None:
    for channel in CHANNELS:
        form = normal(channel, written)
        assert form is None or form == unicodedata.normalize("NFKC", form).strip()


@pytest.mark.parametrize(
    ("channel", "written"),
    [
        ("mail", "nobody"),
        ("mail", "@"),
        ("phone", "110"),
        ("phone", "no"),
        ("postal_dm", "東京都"),
        ("line", " "),
    ],
)
def test_what_is_no_address_is_none(channel: Channel, written: str) -> None:
    assert normal(channel, written) is None


def test_no_two_channels_nor_two_keys_ever_meet() -> None:
    found = {hashed(key, channel, "x") for key in (b"a", b"b") for channel in CHANNELS}
    assert len(found) == 2 * len(CHANNELS)


def test_a_contact_has_a_hash_for_each_address_that_it_has() -> None:
    whole = ContactChanged(
        mail="a@example.jp", phone="090-1234-5678", postcode="100-0013", address="霞が関1-3", line="U1"
    )
    assert hashes(b"k", whole).keys() == set(CHANNELS)
    assert hashes(b"k", ContactChanged(name="山田", mail="", address="")) == {}
