"""The timeline: lines of one shape, newest first, whatever told of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.happening import Happening
from services.notifier.timeline import MOST, Line, Step, Told, newest, of_happenings, of_messages, of_risks

NOON = datetime(2026, 6, 10, 3, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
DAY = timedelta(days=1)


def viewed(hours: float, page: str = "cancel") -> Line:
    return Line(NOON + timedelta(hours=hours), "page.viewed", facts={"page": page})


def step(state: str, reason: str | None = None, current: bool = True, **changes: Any) -> Step:
    fields: dict[str, Any] = {
        "scenario": "churn",
        "step": "mail-1",
        "channel": "mail",
        "at": NOON,
        "due_at": NOON + DAY,
        "began_at": None,
        "enrolled_at": NOON - DAY,
        "ended_at": None,
    }
    return Step(state=state, reason=reason, current=current, **{**fields, **changes})


def told(*steps: Step) -> list[tuple[str, datetime, str | None]]:
    lines = of_messages(steps, lambda moment: moment)
    return [(line.what, line.at, line.facts.get("reason")) for line in lines]


def test_looks_at_one_page_on_one_day_of_the_shop_are_one_line_with_the_newest_time() -> None:
    lines = newest([viewed(0), viewed(1), viewed(2, "faq"), viewed(-12.5)], TOKYO)
    assert [(line.facts["page"], line.facts["count"]) for line in lines] == [
        ("faq", 1),
        ("cancel", 2),
        ("cancel", 1),
    ]
    assert lines[1].at == NOON + timedelta(hours=1)


@given(st.lists(st.integers(0, 50), max_size=400))
def test_lines_come_newest_first_and_not_more_than_fit(hours: list[int]) -> None:
    lines = newest([Line(NOON + timedelta(hours=hour), "mail.opened") for hour in hours], TOKYO)
    assert len(lines) == min(len(hours), MOST)
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)


def test_channels_of_events_are_named() -> None:
    happened = [
        Happening("1", "s/c/7", "mail.opened", NOON, {}),
        Happening("2", "s/c/7", "line.blocked", NOON, {}),
        Happening("3", "s/c/7", "consent.withdrawn", NOON, {"channel": "phone"}),
        Happening("4", "s/c/7", "order.placed", NOON, {}),
    ]
    assert [line.channel for line in of_happenings(happened)] == ["mail", "line", "phone", None]


def test_one_payment_that_was_told_twice_is_one_line() -> None:
    happened = [
        Happening(
            "1", "s/c/7", "order.paid", NOON, {"order": "o1", "total": {"amount": 980, "currency": "JPY"}}
        ),
        Happening(
            "2", "s/c/~subscription/88", "order.paid", NOON + DAY, {"order": "o1", "subscription": "88"}
        ),
        Happening("3", "s/other/7", "order.paid", NOON, {"order": "o1"}),
    ]
    lines = of_happenings(happened)
    assert [(line.at, sorted(line.facts)) for line in lines] == [
        (NOON, ["order", "subscription", "total"]),
        (NOON, ["order"]),
    ]


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        (step("planned"), ("message.planned", NOON + DAY, None)),
        (step("planned", "quiet_hours"), ("message.deferred", NOON, "quiet_hours")),
        (step("sent", began_at=NOON + DAY), ("message.sent", NOON + DAY, None)),
        (step("unknown", "worker_lost", began_at=NOON), ("message.unknown", NOON, "worker_lost")),
        (step("suppressed", "no_consent"), ("message.suppressed", NOON, "no_consent")),
        (
            step("suppressed", "cancelled", ended_at=NOON - DAY / 2),
            ("message.suppressed", NOON - DAY / 2, "cancelled"),
        ),
        (step("expired"), ("message.suppressed", NOON, "expired")),
        (step("rejected", "no_such_mailbox", began_at=NOON), ("message.suppressed", NOON, "no_such_mailbox")),
    ],
)
def test_what_became_of_a_message_is_told_at_the_time_of_business(
    given_: Step, wanted: tuple[str, datetime, str | None]
) -> None:
    assert told(given_) == [wanted]


def test_states_on_the_way_to_another_are_not_told() -> None:
    assert (
        told(step("planned", current=False), step("claimed", current=False), step("sending", current=False))
        == []
    )


def test_only_the_newest_deferral_says_until_when() -> None:
    lines = of_messages(
        [step("planned", "quiet_hours"), step("planned", "cap", current=False)], lambda moment: moment
    )
    assert [line.facts["until"] for line in lines] == [NOON + DAY, None]


def test_the_real_time_of_a_change_never_leads_out_of_the_scenario() -> None:
    early = of_messages([step("suppressed", "x")], lambda moment: moment - 9 * DAY)
    late = of_messages([step("suppressed", "x")], lambda moment: moment + 9 * DAY)
    assert (early[0].at, late[0].at) == (NOON - DAY, NOON + DAY)


def test_a_change_of_risk_is_told_where_its_band_moved() -> None:
    def risk(hours: int, phase: str, band: str) -> Told:
        return Told(NOON + timedelta(hours=hours), phase, band, 0.5, "subscription", "88")

    lines = of_risks(
        [
            risk(3, "changed", "critical"),
            risk(0, "entered", "high"),
            risk(2, "changed", "high"),
            risk(9, "left", "low"),
        ]
    )
    assert [(line.what, line.facts["band"], line.facts["previous_band"]) for line in lines] == [
        ("risk.entered", "high", None),
        ("risk.changed", "critical", "high"),
        ("risk.left", "low", "critical"),
    ]


def test_what_waits_in_a_postal_batch_is_a_line_only_as_long_as_it_waits() -> None:
    waits = step("batched", began_at=NOON + DAY, title="解約予兆")
    assert told(waits) == [("message.batched", NOON + DAY, None)]
    assert told(step("batched", current=False)) == []
    [line] = of_messages([waits], lambda moment: moment)
    assert line.facts["scenario"] == "解約予兆"
