"""The audit log's chain: whatever is changed, taken out or put in is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.store.audit import BEGINNING, Entry, Kept, first_broken, hash_of

BEGAN = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)


def chain(length: int) -> list[Kept]:
    kept: list[Kept] = []
    for place in range(1, length + 1):
        at, previous = BEGAN + timedelta(seconds=place), kept[-1].hash if kept else BEGINNING
        entry = Entry("misaki", "agent", "contact.shown", f"demo/shopify/{place}")
        kept.append(Kept(place, at, entry, previous, hash_of(place, at, entry, previous)))
    return kept


@given(st.integers(0, 12), st.integers(0, 12))
def test_an_untouched_chain_is_whole_in_any_pages(length: int, cut: int) -> None:
    kept = chain(length)
    first, rest = kept[:cut], kept[cut:]
    assert first_broken(first, None) is None
    assert first_broken(rest, first[-1] if first else None) is None


@given(st.data())
def test_any_changed_entry_is_found_where_it_stands(data: st.DataObject) -> None:
    kept = chain(8)
    at = data.draw(st.integers(0, 7))
    whole = kept[at]
    kept[at] = data.draw(
        st.sampled_from(
            [
                replace(whole, entry=replace(whole.entry, who="ken")),
                replace(whole, entry=replace(whole.entry, subject=None)),
                replace(whole, at=whole.at + timedelta(microseconds=1)),
                replace(whole, hash=b"\x01" * 32),
                replace(whole, previous=b"\x01" * 32),
            ]
        )
    )
    assert first_broken(kept, None) == at + 1


def test_an_entry_forged_with_a_right_hash_breaks_the_one_after_it() -> None:
    kept = chain(5)
    entry = replace(kept[2].entry, what="nothing")
    kept[2] = replace(kept[2], entry=entry, hash=hash_of(3, kept[2].at, entry, kept[2].previous))
    assert first_broken(kept, None) == 4


@pytest.mark.parametrize("gone", [0, 3])
def test_an_entry_that_was_taken_out_is_missed(gone: int) -> None:
    kept = chain(6)
    del kept[gone]
    assert first_broken(kept, None) == gone + 2
