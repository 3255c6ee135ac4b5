"""Addresses: tidied, split at the end of the town, or refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.postal.address import Address, Refused, number, read, with_digits


@pytest.mark.parametrize(
    ("written", "town", "rest"),
    [
        ("千代田区霞が関1丁目3番2号", "東京都千代田区霞が関", "1丁目3番2号"),
        ("東京都千代田区霞が関１－３－２", "東京都千代田区霞が関", "1-3-2"),
        (
            "千代田区霞が関１ー３ー２　サンライズタワー５０１",
            "東京都千代田区霞が関",
            "1-3-2 サンライズタワー501",
        ),
        ("千代田区一番町二丁目三番", "東京都千代田区一番町", "二丁目三番"),
        ("八王子市三の丸五番地の二", "東京都八王子市三の丸", "五番地の二"),
        ("港区六本木6−10−1", "東京都港区六本木", "6-10-1"),
        ("千代田区東京都千代田区霞が関1-2", "東京都千代田区霞が関", "1-2"),
        ("千代田区千代田区霞が関1-2", "東京都千代田区霞が関", "1-2"),
        ("江東区辰巳1-2 東京都営辰巳住宅3", "東京都江東区辰巳", "1-2 東京都営辰巳住宅3"),
        ("小笠原村父島無番地", "東京都小笠原村父島無番地", ""),
    ],
)
def test_the_house_number_begins_住所B(written: str, town: str, rest: str) -> None:
    assert read("〒１００−００１３", "東京都", written) == Address("1000013", town, rest)


@pytest.mark.parametrize(
    ("postcode", "address", "reason"),
    [
        (None, "港区1-1", "no_postcode"),
        ("100-001", "港区1-1", "no_postcode"),
        ("000-0000", "港区1-1", "no_postcode"),
        ("100-0013", "", "no_address"),
        ("100-0013", None, "no_address"),
        ("100-0013", "千代田区霞が関", "no_house_number"),
        ("100-0013", "港区1-1\x00", "unprintable"),
        ("100-0013", "港区1-1" + "あ" * 100, "too_long"),
    ],
)
def test_a_bad_address_is_refused_with_a_reason(
    postcode: str | None, address: str | None, reason: str
) -> None:
    assert read(postcode, "東京都", address) == Refused(reason)  # type: ignore[arg-type]


def test_kanji_of_names_stay_as_they_are() -> None:
    found = read("100-0013", "東京都", "港区﨑山町1-2 髙橋ﾋﾞﾙ")
    assert isinstance(found, Address)
    assert found.whole == "東京都港区﨑山町1-2 髙橋ビル"


@pytest.mark.parametrize(
    ("numerals", "value"),
    [("十一", 11), ("二十", 20), ("二一", 21), ("〇", 0), ("百三十四", 134), ("千二", 1002)],
)
def test_kanji_numerals_are_numbers(numerals: str, value: int) -> None:
    assert number(numerals) == value


def test_only_numerals_that_count_something_become_digits() -> None:
    assert with_digits("三田一番町二丁目三の四") == "三田一番町2丁目3の4"
    assert with_digits("大字十二番地の三") == "大字12番地の3"


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=10))
def test_whatever_is_typed_is_an_address_or_a_reason(postcode: str, address: str, prefecture: str) -> None:
    found = read(postcode, prefecture, address)
    if isinstance(found, Address):
        assert len(found.postcode) == 7
        assert read(found.postcode, None, found.whole) == found
