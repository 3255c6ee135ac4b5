"""LINE and mail: who blocks us, and what the quota does not allow, gets a mail; and nobody gets both."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.notifier.allowance import Allowance
from services.notifier.channels.base import Channel
from services.notifier.channels.line import LineApi, LineChannel
from services.notifier.channels.mail import MailChannel, Server
from services.notifier.scenarios.scenario import Creative, Step
from services.notifier.store import unreachable
from shared.clock import system_clock
from shared.events.action import Way
from shared.events.customer import ConsentGranted, ContactChanged
from shared.events.risk import RiskAssessed
from shared.postgres.engine import transaction
from tests.fake_line import HANAKO, FakeLine, running_line
from tests.integration.notifier.sending.conftest import CUSTOMER, SENDER, Desk

WORDS = "{{ addressee }}\n\n{{ opening }}"
STEP = Step(
    "line",
    ("line", "mail"),
    (Creative("line", "line", WORDS), Creative("mail", "mail", WORDS, subject="{{ opening_subject }}")),
)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[FakeLine]:
    async with running_line(tmp_path, most=10) as running:
        yield running


def ways(desk: Desk, line: FakeLine, reserve: float = 0.0) -> dict[Way, Channel]:
    api = LineApi(line.account(timeout=5.0))
    return {
        "line": LineChannel(api, Allowance(desk.engine, api, reserve, system_clock)),
        "mail": MailChannel(Server("127.0.0.1", desk.post.port, timeout=10.0), SENDER),
    }


async def begin(desk: Desk, at_risk: Callable[..., RiskAssessed]) -> None:
    """A customer at risk who agreed to LINE and to mail."""
    await desk.keep(desk.scenario(steps=(STEP,)))
    await desk.tell(ContactChanged(name="山田 花子", mail="hanako@example.jp", line=HANAKO))
    await desk.tell(ConsentGranted("mail"), part="mail")
    await desk.tell(ConsentGranted("line"), part="line")
    await desk.tell(at_risk())


async def sent_by(desk: Desk) -> list[tuple[object, ...]]:
    return await desk.rows("SELECT channel, state, reason FROM action")


async def test_who_can_be_reached_by_line_gets_it_by_line(
    desk: Desk, line: FakeLine, at_risk: Callable[..., RiskAssessed]
) -> None:
    await begin(desk, at_risk)
    await desk.dispatcher(ways(desk, line)).turn()
    (kept,) = line.accepted()
    assert await desk.rows("SELECT channel, state, provider_id, provider_key FROM action") == [
        ("line", "sent", kept.request_id, kept.retry_key)
    ]
    assert kept.content[0]["text"].startswith("山田 花子 様")
    assert desk.post.kept == []


async def test_who_blocks_us_gets_a_mail(
    desk: Desk, line: FakeLine, at_risk: Callable[..., RiskAssessed]
) -> None:
    await begin(desk, at_risk)
    async with transaction(desk.engine) as connection:
        await unreachable.keep(connection, CUSTOMER, "line", "line_blocked", desk.clock.now)
    await desk.dispatcher(ways(desk, line)).turn()
    assert await sent_by(desk) == [("mail", "sent", None)]
    assert (line.pushes(), len(desk.post.kept)) == ([], 1)


async def test_when_the_rest_is_kept_for_higher_risks_it_is_a_mail(
    desk: Desk, line: FakeLine, at_risk: Callable[..., RiskAssessed]
) -> None:
    await begin(desk, at_risk)
    await desk.dispatcher(ways(desk, line, reserve=100.0)).turn()
    assert await sent_by(desk) == [("mail", "sent", None)]
    assert (line.pushes(), len(desk.post.kept)) == ([], 1)


async def test_when_line_says_the_month_is_over_it_is_a_mail(
    desk: Desk, line: FakeLine, at_risk: Callable[..., RiskAssessed]
) -> None:
    await begin(desk, at_risk)
    line.fails("quota")
    await desk.dispatcher(ways(desk, line)).turn()
    assert await sent_by(desk) == [("mail", "sent", None)]
    assert (line.pushes(), len(desk.post.kept)) == (["quota"], 1)


async def test_what_may_have_left_by_line_goes_by_nothing_else(
    desk: Desk, line: FakeLine, at_risk: Callable[..., RiskAssessed]
) -> None:
    await begin(desk, at_risk)
    line.fails("accept_then_cut", "quota")
    dispatcher = desk.dispatcher(ways(desk, line))
    for _ in range(3):
        await dispatcher.turn()
        await desk.let_retries_come()
    assert await sent_by(desk) == [("line", "sent", None)]
    assert (len(line.accepted()), desk.post.kept) == (1, [])
    assert line.pushes() == ["accept_then_cut", "quota", "409"]
