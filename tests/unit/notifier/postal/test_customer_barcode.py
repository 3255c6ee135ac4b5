"""The customer barcode, against the worked examples of Japan Post's manual (zipmanual p17, p20, p21, p25)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.postal.address import Address, read
from services.notifier.postal.customer_barcode import (
    CHARACTERS,
    MODULUS,
    barcode_of,
    bars,
    characters,
    check_digit,
    number_of,
)

# Postcode, address as it is written, the number that is taken from it, and its last characters with the
# check digit. C1 is CC1.
EXAMPLES = [
    ("100-0013", "東京都千代田区霞が関1丁目3番2号　郵便プラザ503室", "1-3-2-503", "1-3-2-503 C4 C4 C4 C4 9"),
    ("263-0023", "千葉市稲毛区緑町3丁目30-8　郵便ビル403号", "3-30-8-403", "3-30-8-403 C4 C4 C4 5"),
    ("014-0113", "秋田県大仙市堀見内　南田茂木　添60-1", "60-1", "60-1" + " C4" * 9 + " C8"),
    ("110-0016", "東京都台東区台東5-6-3　ABCビル10F", "5-6-3-10", "5-6-3-10" + " C4" * 5 + " 9"),
    ("060-0906", "北海道札幌市東区北六条東4丁目　郵便センター6号館", "4-6", "4-6" + " C4" * 10 + " 9"),
    ("065-0006", "北海道札幌市東区北六条東8丁目　郵便センター10号館", "8-10", "8-10" + " C4" * 9 + " 9"),
    ("407-0033", "山梨県韮崎市龍岡町下條南割　韮崎400", "400", "400" + " C4" * 10 + " -"),
    (
        "273-0102",
        "千葉県鎌ケ谷市右京塚　東3丁目-20-5　郵便・A&bコーポB604号",
        "3-20-5B604",
        "3-20-5 C1 1604 C4 C4 0",
    ),
    (
        "198-0036",
        "東京都青梅市河辺町十一丁目六番地一号　郵便タワー601",
        "11-6-1-601",
        "11-6-1-601 C4 C4 C4 C8",
    ),
    ("027-0203", "岩手県宮古市大字津軽石第二十一地割大淵川480", "21-480", "21-480" + " C4" * 7 + " C5"),
    ("590-0016", "大阪府堺市堺区中田出井町四丁六番十九号", "4-6-19", "4-6-19" + " C4" * 7 + " C2"),
    ("080-0831", "北海道帯広市稲田町南七線　西28", "7-28", "7-28" + " C4" * 9 + " C7"),
    ("317-0055", "茨城県日立市宮田町6丁目7-14　ABCビル2F", "6-7-14-2", "6-7-14-2" + " C4" * 5 + " C1"),
    ("650-0046", "神戸市中央区港島中町9丁目7-6　郵便シティA棟1F1号", "9-7-6A1-1", "9-7-6 C1 01-1 C4 C4 C4 5"),
    ("623-0011", "京都府綾部市青野町綾部6-7　LプラザB106", "6-7LB106", "6-7 C2 1 C1 1106 C4 C4 C4 4"),
    ("064-0804", "札幌市中央区南四条西29丁目1524-23　第2郵便ハウス501", "29-1524-23-2-501", "29-1524-23-2-3"),
    ("910-0067", "福井県福井市新田塚3丁目80-25　J1ビル2-B", "3-80-25J1-2B", "3-80-25 C1 91-2 C1 9"),
]


def spelled(short: str) -> list[str]:
    """`3-2 C4 9` as characters."""
    return [
        char for word in short.split() for char in ([f"CC{word[1]}"] if word.startswith("C") else list(word))
    ]


@pytest.mark.parametrize(("postcode", "written", "number", "coded"), EXAMPLES)
def test_the_manuals_examples_come_out_as_published(
    postcode: str, written: str, number: str, coded: str
) -> None:
    address = read(postcode, None, written)
    assert isinstance(address, Address)
    assert number_of(address.rest) == number
    digits = list(postcode.replace("-", ""))
    assert list(characters(address.postcode, number)) == ["STC", *digits, *spelled(coded), "SPC"]


def test_kasumigaseki_has_these_bars() -> None:
    pattern = "".join(map(str, bars(characters("1000013", "1-3-2-503"))))
    digits = "114" + "144" * 4 + "114" + "312"
    number = "114" + "414" + "312" + "414" + "132" + "414" + "141" + "144" + "312"
    assert pattern == "13" + digits + number + "432" * 4 + "411" + "31"


def test_letters_are_a_control_code_and_a_digit() -> None:
    assert "".join(map(str, bars(characters("1000013", "F"))))[23:29] == "324141"
    assert "".join(map(str, bars(characters("1000013", "V"))))[23:29] == "234114"


def test_a_control_code_on_the_last_place_stays_without_its_digit() -> None:
    assert characters("1000013", "123456789012A")[8:21] == (*"123456789012", "CC1")


def test_a_box_at_the_post_office_is_its_number() -> None:
    address = read("980-8691", "宮城県", "仙台市青葉区 仙台中央郵便局私書箱第215号")
    assert isinstance(address, Address)
    assert barcode_of(address) == bars(characters("9808691", "215"))


def test_a_postcode_of_a_whole_municipality_gets_no_barcode() -> None:
    address = read("100-0000", "東京都", "千代田区どこか1-1")
    assert isinstance(address, Address)
    assert barcode_of(address) is None


@given(st.from_regex(r"[0-9]{7}", fullmatch=True), st.text("0123456789-ABCXYZ", max_size=20))
def test_any_number_makes_67_bars_whose_values_sum_up_to_a_multiple_of_19(postcode: str, number: str) -> None:
    coded = characters(postcode, number)
    assert sum(CHARACTERS.index(char) for char in coded[1:-1]) % MODULUS == 0
    assert check_digit(coded[1:-2]) == coded[-2]
    assert len(bars(coded)) == 67


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_digits_hyphens_and_letters(typed: str) -> None:
    number = number_of(typed)
    assert set(number) <= set("0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert not number.startswith("-")
    assert "--" not in number


@pytest.mark.parametrize(("postcode", "number"), [("100-0013", "1"), ("1000013", "ｱ"), ("1000013", "a")])
def test_what_has_no_code_is_refused(postcode: str, number: str) -> None:
    with pytest.raises(ValueError, match=r"digits|code"):
        characters(postcode, number)
