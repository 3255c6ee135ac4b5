"""Situations that decisions are tested on: a step, a willing customer, and what differs from case to case."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from services.notifier.scenarios.decide import Facts, Rules
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.scenario import Creative, Delay, End, Step
from shared.events.action import Way
from shared.events.customer import Channel

TOKYO = ZoneInfo("Asia/Tokyo")
# A Tuesday.
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=TOKYO).astimezone(UTC)
NIGHT = datetime(2026, 3, 10, 23, 0, tzinfo=TOKYO).astimezone(UTC)
MORNING = datetime(2026, 3, 11, 8, 0, tzinfo=TOKYO).astimezone(UTC)
RULES = Rules(QuietHours(TOKYO))
WAYS: tuple[Way, ...] = get_args(Way)
WILLING = Facts(
    enrolled_at=NOON,
    ended=None,
    erased=False,
    do_not_contact=False,
    consents=frozenset({"mail", "line", "postal_dm"}),
    reachable=frozenset({"mail", "line", "postal_dm", "insert", "webhook"}),
    open_ways=frozenset({"mail", "line", "postal_dm", "insert", "webhook"}),
)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def step(*ways: Way, **changes: object) -> Step:
    made = Step("step", ways, tuple(Creative(way, way, "words") for way in ways))
    return msgspec.structs.replace(made, **changes)


moments = st.timedeltas(timedelta(), days(730)).map(lambda since: NOON + since)
channels: st.SearchStrategy[frozenset[Channel]] = st.frozensets(st.sampled_from(get_args(Channel)))
ways: st.SearchStrategy[frozenset[Way]] = st.frozensets(st.sampled_from(WAYS))
some_ways: st.SearchStrategy[list[Way]] = st.lists(st.sampled_from(WAYS), min_size=1, max_size=4, unique=True)
mostly_not = st.sampled_from((False, False, False, True))
purposes: st.SearchStrategy[Literal["marketing", "service"]] = st.sampled_from(("marketing", "service"))
few_ways: st.SearchStrategy[frozenset[Way]] = st.frozensets(st.sampled_from(WAYS), max_size=2)
delays = st.builds(
    Delay,
    days=st.integers(0, 30),
    hours=st.integers(0, 23),
    at=st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    working_day=st.booleans(),
)
any_step = st.builds(
    lambda ways, delay, useful: step(*ways, delay=delay, useful_for_days=useful),
    some_ways,
    delays,
    st.integers(0, 400),
)


@st.composite
def soon_after_enrolment(draw: st.DrawFn) -> tuple[Facts, datetime]:
    """Random moments would nearly always be too late; here the other rules get their turn."""
    enrolled_at = draw(moments)
    now = enrolled_at + draw(st.timedeltas(timedelta(), days(40)))
    ago = draw(st.lists(st.timedeltas(timedelta(), days(40)), max_size=6))
    return Facts(
        enrolled_at=enrolled_at,
        ended=draw(st.none() | st.none() | st.sampled_from(get_args(End))),
        erased=draw(mostly_not),
        do_not_contact=draw(mostly_not),
        consents=draw(channels),
        reachable=draw(ways) | frozenset({"mail"}),
        open_ways=draw(ways) | frozenset({"mail", "line"}),
        held=draw(mostly_not),
        sends=tuple(now - gap for gap in ago),
        purpose=draw(purposes),
        failed=draw(few_ways),
        never=draw(few_ways),
        do_not_wake=draw(mostly_not),
    ), now


Situation = tuple[Facts, datetime]
Named = Mapping[str, object]
