"""Whatever LINE does in whatever order: one key is one message, and what is called sent was accepted."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local import line_api
from deploy.local.line_api import Fault, Kind, Line
from deploy.local.line_store import LineStore
from services.notifier.channels.base import Deferred, Outcome, Refused, Sent, Unknown
from services.notifier.channels.line import Account, Answer, LineApi, LineChannel, outcome_of
from services.notifier.quota import Short

BODY = msgspec.json.encode({"to": "U" + "0a" * 16, "messages": [{"type": "text", "text": "こんにちは"}]})
FAULTS = st.lists(st.none() | st.sampled_from(get_args(Kind)), max_size=12)
PAUSES = st.lists(st.sampled_from((0.0, 0.1, 7.0, 19.0, 25.0)), min_size=13, max_size=13)


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Plenty:
    """A quota without an end."""

    async def bars(self, action: str) -> Short | None:
        return None

    async def reached(self) -> None:
        return None


def attempt(line: Line, key: str, kind: Kind | None) -> Outcome:
    """One push, as the channel hears of it."""
    answer = line_api.push(line, "Bearer token", key, BODY, Fault(kind) if kind is not None else None)
    if kind in ("cut", "accept_then_cut", "slow"):
        return Unknown("cut")
    return outcome_of(Answer(answer.status, answer.headers, msgspec.json.encode(answer.body)))


@given(FAULTS, PAUSES)
def test_one_key_is_one_message(
    tmp_path_factory: pytest.TempPathFactory, faults: list[Kind | None], pauses: list[float]
) -> None:
    folder, clock, key = tmp_path_factory.mktemp("line"), Clock(), str(uuid4())
    repeats_for = LineChannel(LineApi(Account("", "")), Plenty()).repeats_for or timedelta(0)
    began, outcomes = clock.now, list[Outcome]()
    with closing(LineStore(folder / "line.db")) as store:
        line = Line(store, "token", now=clock)
        for kind, hours in zip([*faults, None], pauses, strict=False):
            outcomes.append(attempt(line, key, kind))
            clock.now += timedelta(hours=hours)
            if isinstance(outcomes[-1], Sent | Refused) or clock.now - began >= repeats_for:
                break
        accepted = [kept.request_id for kept in store.accepted()]
    assert len(accepted) <= 1
    match outcomes[-1]:
        case Sent(request_id):
            assert accepted == [request_id]
        case _:
            assert not accepted or any(isinstance(one, Unknown) for one in outcomes)
    if all(isinstance(one, Deferred) for one in outcomes):
        assert accepted == []
