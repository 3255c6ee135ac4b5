"""The file form of scenarios: what is written is read again, and what can't be read says where and why."""

from datetime import time
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.file import Unreadable, read, write
from services.notifier.scenarios.scenario import (
    Condition,
    Creative,
    Delay,
    Did,
    End,
    Reply,
    Scenario,
    Step,
)
from services.notifier.scenarios.segment import Range, Segment
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.scenarios.trigger import (
    Happened,
    OnBirthday,
    OnEvent,
    OnRisk,
    OnSilence,
    OnSurvey,
)
from shared.events.action import Way
from shared.events.risk import Band, RiskKind

# Quotes, breaks and what a terminal would ring for stand in words often enough.
texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\n\r\\\t{}%#'), max_size=20)
numbers = st.integers(-(10**6), 10**6)
ranges = st.builds(Range, st.none() | numbers, st.none() | numbers)


def some(values: object) -> st.SearchStrategy[frozenset[object]]:
    return st.frozensets(st.sampled_from(get_args(values)))


triggers = st.one_of(
    st.builds(OnRisk, some(Band), some(RiskKind), st.frozensets(texts), st.frozensets(texts)),
    st.builds(OnEvent, st.sampled_from(get_args(Happened))),
    st.builds(OnSurvey, st.none() | texts, ranges, st.frozensets(texts)),
    st.builds(OnSilence, numbers),
    st.builds(OnBirthday, numbers),
)
segments = st.builds(
    Segment,
    products=st.frozensets(texts),
    prefectures=st.frozensets(texts),
    orders=ranges,
    bound_left=ranges,
    delivery_numbers=st.frozensets(numbers),
    contract=st.none() | st.booleans(),
)
delays = st.builds(
    Delay,
    days=numbers,
    hours=numbers,
    at=st.none() | st.times(),
    before=st.sampled_from([None, "due", "cutoff"]),
    working_day=st.booleans(),
)
creatives = st.builds(
    Creative,
    key=texts,
    way=st.sampled_from(get_args(Way)),
    body=texts,
    subject=texts,
    share=numbers,
    replies=st.lists(st.builds(Reply, texts, texts), max_size=3).map(tuple),
    survey=st.none() | texts,
)
steps = st.builds(
    Step,
    key=texts,
    ways=st.lists(st.sampled_from(get_args(Way)), max_size=3).map(tuple),
    creatives=st.lists(creatives, max_size=3).map(tuple),
    delay=delays,
    only_if=st.lists(
        st.builds(Condition, texts, st.sampled_from(get_args(Did)), st.booleans()), max_size=2
    ).map(tuple),
)
scenarios = st.builds(
    Scenario,
    key=texts,
    title=texts,
    trigger=triggers,
    steps=st.lists(steps, max_size=3).map(tuple),
    salt=texts,
    segment=segments,
    holdout_percent=st.floats(0, 100),
    ends=some(End),
    again_after_days=st.none() | numbers,
)


@given(st.lists(scenarios, max_size=3, unique_by=lambda one: one.key))
def test_what_is_written_is_read_again(written: list[Scenario]) -> None:
    assert read(write(written)) == written


def test_the_version_is_the_shelf_s_and_not_the_file_s() -> None:
    [one] = read(write([msgspec.structs.replace(SHIPPED["skips"], version=7)]))
    assert one == SHIPPED["skips"]


def test_what_is_default_is_not_written() -> None:
    text = write([SHIPPED["skips"]])
    assert "holdout_percent" not in text
    assert "[scenario.segment]\nskips_in_a_row = { least = 2 }\n" in text
    assert "delay = { days = 1, at = 10:00:00 }" in text


def test_once_for_ever_has_a_word_in_the_file() -> None:
    text = write([SHIPPED["third_vip"]])
    assert 'again_after_days = "never"' in text
    assert read(text)[0].again_after_days is None


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("[[scenario]]\nkey = ", "end of document", "Invalid value"),
        ('[[scenario]]\nkey = "a"', "scenario[0]", "Object missing required field `title`"),
        ("[[scenarios]]", "", "Object contains unknown field `scenarios`"),
        ("x = " + "[" * 2000, "", "nested too deeply"),
    ],
)
def test_what_is_no_file_of_scenarios_says_where_and_why(text: str, where: str, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert (caught.value.where, caught.value.why) == (where, why)


def test_a_misspelt_field_is_named_with_its_place() -> None:
    text = write([SHIPPED["skips"]]).replace("useful_for_days", "usefull_for_days", 1)
    with pytest.raises(Unreadable, match=r"scenario\[0\].steps\[0\]: Object contains unknown field"):
        read(text)


def test_two_of_one_key_are_none() -> None:
    with pytest.raises(Unreadable, match="skips is there twice"):
        read(write([SHIPPED["skips"]]) + write([SHIPPED["skips"]]))


def test_an_hour_is_read_as_it_is_written_by_hand() -> None:
    text = write([SHIPPED["skips"]]).replace("at = 10:00:00", "at = 09:30:00", 1)
    assert read(text)[0].steps[0].delay.at == time(9, 30)
