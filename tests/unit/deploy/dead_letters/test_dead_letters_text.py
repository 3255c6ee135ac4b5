"""What a person reads: one row, one line of JSON, the body, and the counts."""

from collections.abc import Callable
from datetime import UTC, datetime

from deploy.dead_letters import text
from deploy.dead_letters.fate import Closes, Stays
from deploy.dead_letters.letter import Letter
from deploy.dead_letters.tally import Listed, Replaying
from shared.kafka.replayed import Replayed

Parked = Callable[..., Letter]

NOTE = Replayed("replayed", 0, 17, datetime(2026, 4, 3, tzinfo=UTC), "put_back", 1)


def test_a_row_says_what_show_wants_to_be_told_and_whose_it_is(webhook: Parked, record: Parked) -> None:
    assert text.cells(webhook(b"x" * 1200), None) == (
        "ingest 17",
        "2026-04-02 12:04",
        "kirei/shopify",
        "wrong_shape",
        "1,200",
        "open",
    )
    assert text.cells(record(), NOTE)[2:] == (
        "kirei/shopify from customer-events/3@99",
        "not_json",
        "1",
        "put back 2026-04-03 09:00",
    )


def test_a_line_of_json_has_the_origin_and_what_became_of_it(record: Parked) -> None:
    line = text.line(record(), NOTE)
    assert line["origin"] == {"topic": "customer-events", "partition": 3, "offset": 99}
    assert (line["state"], line["outcome"], line["replayed_at"]) == ("replayed", "put_back", NOTE.at)
    assert text.line(record(), None)["state"] == "open"


def test_neither_row_nor_details_nor_json_show_the_body(webhook: Parked) -> None:
    letter = webhook(b'{"email": "hanako@example.jp"}')
    shown = str((text.cells(letter, None), text.line(letter, None), text.details(letter, None)))
    assert "hanako" not in shown
    assert "customers/delete" in shown


def test_json_is_indented_and_anything_else_is_left_as_it_is() -> None:
    assert text.body('{"name":"花子"}'.encode()) == '{\n  "name": "花子"\n}'
    assert text.body(b"name=\xff\nnext") == "name=\\xff\nnext"


def test_a_body_can_not_steer_the_terminal() -> None:
    assert (
        text.body(b"\x1b[31mred\r\x07")
        == "\N{REPLACEMENT CHARACTER}[31mred" + "\N{REPLACEMENT CHARACTER}" * 2
    )
    assert "\u202e" not in text.body('"a\u202eb"'.encode())


def test_a_list_ends_with_a_count_by_reason(webhook: Parked, record: Parked) -> None:
    listed = Listed()
    assert str(listed) == "No letter."
    for letter, note in ((webhook(), None), (webhook(offset=18), None), (record(), NOTE)):
        listed.count(letter, note)
    assert str(listed) == "3 letters (1 of them replayed): ingest wrong_shape 2, scoring not_json 1"


def test_a_replay_counts_letters_and_events_and_names_what_a_person_must_do(webhook: Parked) -> None:
    counted = Replaying()
    counted.count(webhook(), Closes("translated", 2))
    counted.count(webhook(), Closes("translated", 1))
    counted.count(webhook(), Closes("ignored", told="a person must erase the shop"))
    counted.count(webhook(), Stays("still not_json"))
    assert list(counted.lines()) == [
        "  ingest: 1 letter of no use to us, closed without an event",
        "  ingest: 2 letters translated to 3 events",
        "  ingest: 1 letter stays open: still not_json",
        "  For a person (ingest 17): a person must erase the shop.",
    ]
