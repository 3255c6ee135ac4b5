"""A push to LINE: whatever becomes of the connection, LINE accepts one message, and what is known is true."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.line_api import Kind
from deploy.local.ports import free_port
from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.line import Account, LineApi, LineChannel, Silent
from services.notifier.quota import Limits, Short
from services.notifier.scenarios.scenario import Creative, Reply
from tests.fake_line import HANAKO, FakeLine, running_line

ACTION = "6f1f0f0e-4d1c-5b7e-9a0a-000000000001"


@dataclass
class Clock:
    """LINE's own clock."""

    now: datetime = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Purse:
    """A quota that says what the test wants; `asked` are the messages that it was asked for."""

    short: Short | None = None
    asked: list[str] = field(default_factory=list)
    over: int = 0

    async def bars(self, action: str) -> Short | None:
        self.asked.append(action)
        return self.short

    async def reached(self) -> None:
        self.over += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def line(tmp_path: Path, clock: Clock) -> AsyncIterator[FakeLine]:
    async with running_line(tmp_path, now=clock) as running:
        yield running


def channel(line: FakeLine, purse: Purse | None = None, timeout: float = 10.0) -> LineChannel:
    return LineChannel(LineApi(line.account(timeout)), purse or Purse())


def message(
    key: str = "", repeat: bool = False, address: str = HANAKO, text: str = "こんにちは。"
) -> Message:
    replies = (Reply("はい", "again:yes"), Reply("いいえ", "again:no"))
    words = Creative("c1", "line", text, replies=replies, survey="again")
    made = key or LineChannel(LineApi(Account("", "")), Purse()).key(ACTION)
    return Message(
        *(ACTION, made, address, "山田 花子", "", text, "", ""),
        at=datetime(2026, 3, 10, tzinfo=UTC),
        creative=words,
        repeat=repeat,
    )


async def test_an_accepted_message_is_sent_with_its_key_and_line_s_id(line: FakeLine) -> None:
    outcome = await channel(line).send(message())
    (kept,) = line.accepted()
    assert outcome == Sent(kept.request_id)
    assert (kept.retry_key, kept.user) == (message().key, HANAKO)
    assert kept.content[0]["text"] == "こんにちは。"


def test_the_key_of_an_action_is_always_the_same_and_no_other_s(line: FakeLine) -> None:
    ways = channel(line), channel(line)
    assert ways[0].key(ACTION) == ways[1].key(ACTION) != ways[0].key("another")


@pytest.mark.parametrize(
    ("fault", "first", "then"),
    [
        ("cut", Unknown("cut"), ["200"]),
        ("500", Unknown("line_500"), ["200"]),
        ("accept_then_cut", Unknown("cut"), ["409"]),
        ("accept_then_500", Unknown("line_500"), ["409"]),
        ("bare_409", Unknown("line_409"), ["409"]),
        ("rate_limit", Deferred("rate_limit", 60.0), ["200"]),
        ("quota", Deferred("quota", 21_600.0), ["200"]),
    ],
)
async def test_after_any_fault_the_same_message_again_is_one_message(
    line: FakeLine, fault: Kind, first: Outcome, then: list[str]
) -> None:
    line.fails(fault)
    assert await channel(line).send(message()) == first
    again = await channel(line).send(message(repeat=isinstance(first, Unknown)))
    (kept,) = line.accepted()
    assert again == Sent(kept.request_id)
    assert line.pushes() == [fault, *then]


async def test_an_answer_that_makes_no_sense_is_still_an_acceptance(line: FakeLine) -> None:
    line.fails("nonsense")
    assert isinstance(await channel(line).send(message()), Sent)
    assert len(line.accepted()) == 1


async def test_a_line_that_does_not_answer_is_not_waited_for(line: FakeLine) -> None:
    line.fails("slow", seconds=1.5)
    assert await channel(line, timeout=0.5).send(message()) == Unknown("timeout")
    assert isinstance(await channel(line).send(message(repeat=True)), Sent)
    assert len(line.accepted()) == 1


async def test_the_frozen_body_is_sent_whatever_the_words_are_now(line: FakeLine) -> None:
    frozen = channel(line).payload(message())
    changed = message(text="別の文面")
    sent = Message(**{name: getattr(changed, name) for name in changed.__slots__} | {"payload": frozen})
    await channel(line).send(sent)
    assert line.accepted()[0].content[0]["text"] == "こんにちは。"


async def test_after_a_day_line_has_forgotten_the_key_so_we_stop_before(line: FakeLine, clock: Clock) -> None:
    line.fails("accept_then_cut")
    await channel(line).send(message())
    clock.now += timedelta(hours=25)
    await channel(line).send(message(repeat=True))
    assert len(line.accepted()) == 2
    repeats_for = channel(line).repeats_for
    assert repeats_for is not None
    assert repeats_for <= timedelta(hours=20)


async def test_who_blocks_us_gets_nothing_though_line_says_yes(line: FakeLine) -> None:
    line.line.store.block(HANAKO, True)
    assert isinstance(await channel(line).send(message()), Sent)
    assert [kept.delivered for kept in line.accepted()] == [False]


async def test_a_wrong_token_is_our_own_fault_and_may_be_put_right(line: FakeLine) -> None:
    wrong = LineChannel(LineApi(Account(line.url, "wrong")), Purse())
    assert await wrong.send(message()) == Deferred("line_401")


async def test_nobody_listens() -> None:
    nowhere = LineApi(Account(f"http://127.0.0.1:{free_port()}", "token"))
    assert await LineChannel(nowhere, Purse()).send(message()) == Deferred("no_connection")


@pytest.mark.parametrize(("address", "text", "why"), [("U1", "あ", "bad_address"), (HANAKO, "", "empty")])
async def test_what_line_would_refuse_costs_no_call(
    line: FakeLine, address: str, text: str, why: str
) -> None:
    purse = Purse()
    assert await channel(line, purse).send(message(address=address, text=text)) == Refused(why)
    assert (line.pushes(), purse.asked) == ([], [])


async def test_a_body_that_line_finds_wrong_is_refused_for_good(line: FakeLine) -> None:
    broken = message()
    bad = {"to": HANAKO, "messages": [{"type": "sticker"}]}
    sent = Message(**{name: getattr(broken, name) for name in broken.__slots__} | {"payload": bad})
    assert await channel(line).send(sent) == Refused("line_400")


@pytest.mark.parametrize("short", ["quota", "quota_reserve"])
async def test_without_quota_nothing_leaves(line: FakeLine, short: Short) -> None:
    assert await channel(line, Purse(short)).send(message()) == Deferred(short, 21_600.0)
    assert line.pushes() == []


async def test_what_may_have_been_taken_already_is_repeated_without_asking_for_quota(line: FakeLine) -> None:
    line.fails("accept_then_cut")
    await channel(line).send(message())
    purse = Purse("quota")
    assert isinstance(await channel(line, purse).send(message(repeat=True)), Sent)
    assert purse.asked == []


async def test_line_s_word_that_the_month_is_over_is_passed_on(line: FakeLine) -> None:
    line.fails("quota", "rate_limit")
    purse = Purse()
    await channel(line, purse).send(message())
    await channel(line, purse).send(message())
    assert purse.over == 1


async def test_the_quota_is_asked_of_line(tmp_path: Path) -> None:
    async with running_line(tmp_path, most=200) as line:
        api = LineApi(line.account())
        await LineChannel(api, Purse()).send(message())
        assert await api.limits() == Limits(200, 1)


async def test_a_plan_without_a_limit_has_none(line: FakeLine) -> None:
    assert await LineApi(line.account()).limits() == Limits(None, 0)


async def test_a_quota_that_line_does_not_tell_is_not_guessed(line: FakeLine) -> None:
    with pytest.raises(Silent):
        await LineApi(Account(line.url, "wrong")).limits()


async def test_the_reply_endpoint_takes_no_retry_key_so_none_is_sent(line: FakeLine) -> None:
    token = line.users.event(HANAKO, "follow")["replyToken"]
    await LineApi(line.account()).reply(token, "ありがとうございます。")
    (said,) = line.line.store.chat(HANAKO)
    assert said.who == "reply"


async def test_a_hundred_at_once_are_a_hundred_messages(line: FakeLine) -> None:
    way = channel(line)
    keys = [way.key(f"a{number}") for number in range(100)]
    outcomes = await asyncio.gather(*[way.send(message(key)) for key in keys])
    assert {type(outcome) for outcome in outcomes} == {Sent}
    assert sorted(kept.retry_key or "" for kept in line.accepted()) == sorted(keys)
