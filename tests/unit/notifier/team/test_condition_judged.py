"""How the system is, judged: each line of the table is one thing that is so, and what is said of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.condition import Figures, Heard, Level, Sample, Statement, judge, worst
from services.notifier.web.words import WORDS

NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def said(figures: Figures, key: str) -> Statement | None:
    return next((one for one in judge(figures, NOW) if one.key == key), None)


def heard(ago: timedelta) -> Figures:
    return Figures(carts=[Heard("demo/shopify", NOW - ago, 12)])


def told(service: str, *samples: tuple[str, float] | tuple[str, float, Mapping[str, str]]) -> Figures:
    made = [Sample(f"hikitome_{name}", rest[0] if rest else {}, value) for name, value, *rest in samples]
    return Figures(sources={service: made})


def dead(topic: str) -> Mapping[str, str]:
    return {"topic": topic, "reason": "unreadable"}


CONSUMES = ("consumer_assigned_partitions", 12.0)
LOADED = ("model_loaded", 1.0, {"version": "m7"})


def trained(ago: timedelta) -> tuple[str, float]:
    return "model_trained_timestamp_seconds", (NOW - ago).timestamp()


CASES: Sequence[tuple[str, Figures, str, str, Level]] = [
    ("no cart", Figures(), "carts", "carts_none", "look"),
    ("cart an hour ago", heard(DAY / 24), "cart:demo/shopify", "cart_heard", "good"),
    ("cart a day ago", heard(DAY), "cart:demo/shopify", "cart_silent", "look"),
    ("cart three days ago", heard(3 * DAY), "cart:demo/shopify", "cart_silent", "act"),
    ("no sources", Figures(), "sources", "sources_none", "unknown"),
    ("up", told("ingest"), "service:ingest", "service_up", "good"),
    ("down", Figures(sources={"ingest": None}), "service:ingest", "service_down", "act"),
    ("no lag", told("scoring", CONSUMES, ("consumer_lag_seconds", 0.4)), "lag:scoring", "lag_none", "good"),
    ("some lag", told("scoring", CONSUMES, ("consumer_lag_seconds", 5)), "lag:scoring", "lag_some", "look"),
    ("much lag", told("scoring", CONSUMES, ("consumer_lag_seconds", 60)), "lag:scoring", "lag_some", "act"),
    ("empty spool", told("ingest", ("spool_records", 0)), "spool", "spool_empty", "good"),
    ("spool", told("ingest", ("spool_records", 3)), "spool", "spool_waiting", "look"),
    (
        "old spool",
        told("ingest", ("spool_records", 3), ("spool_oldest_age_seconds", 300)),
        "spool",
        "spool_waiting",
        "act",
    ),
    (
        "full spool",
        told("ingest", ("spool_records", 3), ("spool_filled_ratio", 0.8)),
        "spool",
        "spool_waiting",
        "act",
    ),
    ("refused", told("ingest", ("spool_set_aside", 1)), "spool", "spool_refused", "act"),
    ("outbox", told("scoring", ("outbox_pending", 2)), "outbox:scoring", "outbox_moving", "good"),
    (
        "stuck outbox",
        told("scoring", ("outbox_pending", 2), ("outbox_oldest_age_seconds", 600)),
        "outbox:scoring",
        "outbox_stuck",
        "act",
    ),
    ("all read", told("ingest"), "dead", "dead_none", "good"),
    (
        "dead letter",
        told("scoring", ("dead_letters_total", 2, dead("customer-events"))),
        "dead:customer-events",
        "dead_some",
        "act",
    ),
    (
        "untranslatable",
        told("ingest", ("ingest_untranslatable_total", 1, {"source": "shopify"})),
        "dead:ingest",
        "dead_some",
        "act",
    ),
    ("sent", Figures(), "messages", "messages_moving", "good"),
    ("unsent", Figures(messages_due=3, unsent_seconds=900), "messages", "messages_stuck", "look"),
    ("long unsent", Figures(messages_due=3, unsent_seconds=15_000), "messages", "messages_stuck", "act"),
    ("known", Figures(), "unknown", "unknown_none", "good"),
    ("unknown", Figures(unknown=1), "unknown", "unknown_some", "act"),
    ("halted", Figures(halted=2), "halted", "halted_some", "act"),
    ("alerts", Figures(raised=3), "alerts", "alerts_open", "good"),
    ("streams", told("notifier", ("sse_clients", 4)), "streams", "streams_open", "good"),
    ("scoring unseen", Figures(sources={"scoring": None}), "model", "model_unknown", "unknown"),
    ("no model", told("scoring"), "model", "model_none", "act"),
    ("fresh model", told("scoring", LOADED, trained(DAY)), "model", "model_fresh", "good"),
    ("old model", told("scoring", LOADED, trained(60 * DAY)), "model", "model_old", "look"),
    ("very old model", told("scoring", LOADED, trained(180 * DAY)), "model", "model_old", "act"),
]


@pytest.mark.parametrize(
    ("figures", "key", "code", "level"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_thing_is_judged(figures: Figures, key: str, code: str, level: Level) -> None:
    found = said(figures, key)
    assert found is not None
    assert (found.code, found.level) == (code, level)


@pytest.mark.parametrize(("figures", "key"), [case[1:3] for case in CASES], ids=[case[0] for case in CASES])
def test_each_thing_that_is_said_has_its_words_and_what_is_wrong_says_what_to_do(
    figures: Figures, key: str
) -> None:
    found: Any = said(figures, key)
    for words in WORDS.values():
        assert f"status_{found.code}" in words
        assert f"area_{found.area}" in words
        assert found.level not in ("look", "act") or f"status_{found.code}_do" in words


def test_who_consumes_nothing_has_no_lag() -> None:
    assert said(told("ingest", ("consumer_lag_seconds", 0)), "lag:ingest") is None
    assert said(told("scoring", CONSUMES), "lag:scoring") is None


def test_of_several_partitions_the_slowest_counts() -> None:
    lags = [
        ("consumer_lag_seconds", 1.0, {"partition": "0"}),
        ("consumer_lag_seconds", 70.0, {"partition": "1"}),
    ]
    found = said(told("scoring", CONSUMES, *lags), "lag:scoring")
    assert found is not None
    assert found.facts["age"] == 70


def test_who_does_not_answer_is_said_so_and_nothing_is_made_up() -> None:
    keys = {one.key for one in judge(Figures(sources={"ingest": None, "scoring": None}), NOW)}
    assert "spool" not in keys
    assert "dead" not in keys
    assert "lag:scoring" not in keys


def test_each_thing_is_said_once() -> None:
    figures = Figures(carts=heard(DAY).carts, sources={"ingest": [], "scoring": [], "notifier": None})
    keys = [one.key for one in judge(figures, NOW)]
    assert len(keys) == len(set(keys))


def test_the_whole_is_as_its_worst_part() -> None:
    assert worst([]) == "good"
    assert worst(judge(told("ingest"), NOW)) == "look"
    assert worst(judge(Figures(unknown=1), NOW)) == "act"
