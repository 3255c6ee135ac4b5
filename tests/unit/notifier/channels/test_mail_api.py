"""Mail by a provider's API: one mail for one key, whatever the network and the provider do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local.mail_api import Fault, MailApi
from deploy.local.ports import free_port, listens
from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.mail_api import MailApiChannel, Provider, outcome_of
from services.notifier.templates.occasion import Sender
from shared.process.run import serve

NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
SENDER = Sender("店", "みどり茶房", "shop@midori.example", "東京都千代田区1-1-1", "0120-000-000", "")
URL = "https://desk.example/unsubscribe/abc"
FOOTER = f"{SENDER.name} {SENDER.postal_address} {SENDER.contact} {URL}"
ACTION = "8d7a3f0e-7a4b-5c1d-9e2f-000000000001"
MESSAGE = Message(
    action=ACTION,
    key=ACTION,
    address="hanako@example.jp",
    name="山田 花子",
    subject="お届けのペースはいかがですか",
    text=f"山田 花子 様\n{FOOTER}\n",
    html=f"<p>山田 花子 様</p>{FOOTER}",
    unsubscribe_url=URL,
    at=NOW,
)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """A provider on a port, and our way to it."""

    api: MailApi
    clock: Clock
    url: str
    channel: MailApiChannel = field(init=False)

    def __post_init__(self) -> None:
        self.channel = MailApiChannel(Provider(self.url, "local", timeout=5.0), SENDER)

    async def send(self, *faults: Fault, **changes: Any) -> Outcome:
        """As the dispatcher does: made once, and the same for ever."""
        self.api.faults.extend(faults)
        message = replace(MESSAGE, payload=self.channel.payload(MESSAGE), **changes)
        return await self.channel.send(message)


@asynccontextmanager
async def provider() -> AsyncIterator[Office]:
    clock, port, stop = Clock(), free_port(), asyncio.Event()
    api = MailApi(clock)
    serving = asyncio.create_task(serve(api.app(), "127.0.0.1", port, 1)(stop))
    while not listens(port):  # noqa: ASYNC110 - a port tells nobody that it is open
        await asyncio.sleep(0.01)
    try:
        yield Office(api, clock, f"http://127.0.0.1:{port}/emails")
    finally:
        api.go_on.set()
        stop.set()
        await serving


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with provider() as made:
        yield made


async def test_a_mail_is_taken_with_all_that_the_law_and_mail_programs_want(office: Office) -> None:
    outcome = await office.send()
    (taken,) = office.api.taken
    assert outcome == Sent(taken.id)
    assert taken.key == ACTION
    assert taken.mail.sender == '"みどり茶房" <shop@midori.example>'
    assert taken.mail.to == ['"山田 花子" <hanako@example.jp>']
    assert (taken.mail.subject, taken.mail.text) == (MESSAGE.subject, MESSAGE.text)
    assert taken.mail.headers == {
        "Message-ID": f"<{ACTION}@midori.example>",
        "X-Hikitome-Action": ACTION,
        "List-Unsubscribe": f"<{URL}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("cut_after_taking", Unknown("cut")),
        ("500_after_taking", Unknown("mail_api_500")),
        ("cut", Unknown("cut")),
        ("500", Unknown("mail_api_500")),
    ],
)
async def test_what_is_unknown_is_asked_again_and_taken_once(
    office: Office, fault: Fault, outcome: Outcome
) -> None:
    assert await office.send(fault) == outcome
    repeated = await office.send(repeat=True)
    assert repeated == Sent(office.api.taken[0].id)
    assert len(office.api.taken) == 1


async def test_an_answer_that_never_comes_is_unknown_and_the_mail_is_not_sent_twice(office: Office) -> None:
    slow = MailApiChannel(Provider(office.url, "local", timeout=0.3), SENDER)
    office.api.faults.append("slow")
    assert await slow.send(MESSAGE) == Unknown("timeout")
    assert await office.send(repeat=True) == Unknown("mail_api_in_progress")
    office.api.go_on.set()
    outcome = await office.send(repeat=True)
    while not isinstance(outcome, Sent):
        outcome = await office.send(repeat=True)
    assert len(office.api.taken) == 1


async def test_a_key_that_is_known_with_other_words_was_sent(office: Office) -> None:
    await office.send()
    other = replace(MESSAGE, payload={"changed": True})
    assert await office.channel.send(other) == Sent()
    assert len(office.api.taken) == 1


async def test_the_provider_forgets_a_key_after_a_day_and_we_stop_long_before(office: Office) -> None:
    await office.send()
    office.clock.now += timedelta(hours=23)
    await office.send()
    assert len(office.api.taken) == 1
    office.clock.now += timedelta(hours=1)
    await office.send()
    assert len(office.api.taken) == 2
    assert office.channel.repeats_for == timedelta(hours=12)


async def test_too_many_at_once_wait_as_long_as_asked(office: Office) -> None:
    assert await office.send("429") == Deferred("rate_limit", 7.0)
    assert await office.send("429", repeat=True) == Unknown("rate_limit")
    assert office.api.taken == []


async def test_a_quota_that_is_used_up_may_send_the_message_another_way(office: Office) -> None:
    assert await office.send("quota") == Deferred("quota", 3600.0)
    assert office.api.taken == []


async def test_a_wrong_key_of_ours_is_no_fault_of_the_customers(office: Office) -> None:
    assert await office.send("401") == Deferred("mail_api_401")


async def test_nobody_there_is_certainly_not_sent() -> None:
    nowhere = MailApiChannel(Provider(f"http://127.0.0.1:{free_port()}/emails", "local"), SENDER)
    assert await nowhere.send(MESSAGE) == Deferred("no_connection")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"address": "nobody"}, "bad_address"),
        ({"name": "花子\nBcc: x@y.jp"}, "bad_header"),
        ({"text": "ご案内"}, "no_sender_identification"),
        ({"unsubscribe_url": ""}, "no_sender_identification"),
    ],
)
async def test_what_would_be_no_lawful_mail_never_leaves(
    office: Office, changes: dict[str, str], reason: str
) -> None:
    message = replace(MESSAGE, **changes)  # type: ignore[arg-type]
    assert office.channel.payload(message) is None
    assert await office.channel.send(message) == Refused(reason)
    assert office.api.requests == 0


async def test_a_message_of_service_carries_no_way_to_refuse(office: Office) -> None:
    text = MESSAGE.text.replace(URL, "")
    message = replace(MESSAGE, purpose="service", unsubscribe_url="", text=text)
    assert isinstance(await office.channel.send(message), Sent)
    assert "List-Unsubscribe" not in office.api.taken[0].mail.headers


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"id": "em_1"}', Sent("em_1")),
        (202, b"", Sent()),
        (204, b"not json", Sent()),
        (302, b"", Deferred("mail_api_302")),
        (400, b"", Refused("mail_api_400")),
        (403, b"", Deferred("mail_api_403")),
        (404, b"", Deferred("mail_api_404")),
        (409, b'{"name": "concurrent_idempotent_requests"}', Unknown("mail_api_in_progress")),
        (409, b'{"name": "invalid_idempotent_request"}', Sent()),
        (422, b"", Refused("mail_api_422")),
        (429, b"", Deferred("rate_limit", 60.0)),
        (429, b'{"name": "monthly_quota_exceeded"}', Deferred("quota", 3600.0)),
        (503, b"", Unknown("mail_api_503")),
    ],
)
def test_every_answer_has_its_meaning(status: int, body: bytes, outcome: Outcome) -> None:
    assert outcome_of(status, {}, body) == outcome
