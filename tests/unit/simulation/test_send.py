"""The sender, over real HTTP, against a receiver that fails at first."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import FastClock, system_clock
from simulation.send import USUAL_LIMITS, Limits, Mischief, Sender, Sent, Target, deliveries
from simulation.webhook import Cart, Webhook, sign, sign_standard

ORIGIN = datetime(2026, 1, 4, 15, tzinfo=UTC)
NONE = Mischief(twice=0, late=0)
SECRETS: dict[Cart, str] = {"shopify": "hush", "standard": "whsec_MDEyMw=="}


def webhook(number: int, after: timedelta = timedelta(0)) -> Webhook:
    return Webhook(ORIGIN + after, "orders/create", b"{}", f"w{number}", f"e{number}", str(number))


def clock(speed: float = 1.0) -> FastClock:
    return FastClock(ORIGIN, system_clock(), speed)


class Receiver:
    """Answers with what `answer` says for a webhook id and its attempt; 0 hangs up without an answer."""

    def __init__(self, answer: Callable[[str, int], int]) -> None:
        self._answer = answer
        self.attempts: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        self.order: list[str] = []
        self.paths: dict[str, str] = {}

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:] if line)}
        await reader.readexactly(int(headers["content-length"]))
        name = headers.get("x-shopify-webhook-id") or headers["webhook-id"]
        self.attempts[name].append(headers)
        self.paths[name] = head[0].split(" ")[1]
        self.order.append(name)
        status = self._answer(name, len(self.attempts[name]))
        if status:
            answer = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            writer.write(answer.encode())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Target]:
    server = await asyncio.start_server(receiver, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield Target(f"http://127.0.0.1:{port}/webhooks/demo", SECRETS, "demo.myshopify.com")


async def sent(
    target: Target,
    webhooks: Iterable[Webhook],
    mischief: Mischief = NONE,
    limits: Limits = USUAL_LIMITS,
    business_time: FastClock | None = None,
) -> list[Sent]:
    """Run a sender until every delivery of every webhook is over; it stops itself when it looks for more."""
    stop, waiting = asyncio.Event(), list(webhooks)
    expected = sum(len(deliveries(one, mischief)) for one in waiting)

    def due(moment: datetime) -> list[Webhook]:
        if len(sender.history) == expected:
            stop.set()
        found = [one for one in waiting if one.at < moment]
        waiting[:] = [one for one in waiting if one.at >= moment]
        return found

    sender = Sender(target, due, business_time or clock(), mischief, limits)
    async with asyncio.timeout(20):
        await sender.run(stop)
    return sender.history


async def test_what_fails_is_repeated_with_the_same_headers_until_it_is_accepted() -> None:
    answers = {1: 503, 2: 0, 3: 302, 4: 202}
    receiver = Receiver(lambda _, attempt: answers[attempt])
    async with listening(receiver) as target:
        (one,) = await sent(target, [webhook(1)])
    assert (one.webhook_id, one.attempts, one.last_trouble) == ("w1", 4, "HTTP 302")
    assert one.accepted_at is not None
    assert one.ack_ms is not None
    assert 0 < one.ack_ms < 5_000
    first, *others = receiver.attempts["w1"]
    assert all(other == first for other in others)
    signed = sign(webhook(1), target.shop_domain, SECRETS["shopify"])
    assert signed == {name: first.get(name.lower()) for name in signed}


async def test_each_cart_has_its_own_address_and_signs_in_its_own_way() -> None:
    receiver = Receiver(lambda _, attempt: 202 if attempt > 1 else 503)
    own = Webhook(ORIGIN, "page.viewed", b"[]", "w2", "w2", "2", "standard")
    async with listening(receiver) as target:
        await sent(target, [webhook(1), own])
    assert receiver.paths == {"w1": "/webhooks/demo/shopify", "w2": "/webhooks/demo/standard"}
    first, second = receiver.attempts["w2"]
    sent_at = datetime.fromtimestamp(int(first["webhook-timestamp"]), UTC)
    assert (
        sign_standard(own, SECRETS["standard"], sent_at).items()
        <= {**first, "Content-Type": "application/json"}.items()
    )
    assert first == second
    assert abs(system_clock() - sent_at) < timedelta(minutes=1)


async def test_each_webhook_is_sent_when_its_time_has_come_and_not_before() -> None:
    arrivals: list[datetime] = []
    fast = clock(speed=36_000)  # ten hours a second
    moments = [timedelta(hours=hours) for hours in (0, 1, 2, 3)]

    def answer(_: str, __: int) -> int:
        arrivals.append(fast())
        return 202

    async with listening(Receiver(answer)) as target:
        await sent(target, [webhook(n, after) for n, after in enumerate(moments)], business_time=fast)
    assert all(arrived >= ORIGIN + after for arrived, after in zip(arrivals, moments, strict=True))


async def test_a_webhook_sent_twice_has_the_same_ids_both_times() -> None:
    receiver = Receiver(lambda *_: 202)
    twice = Mischief(twice=1, late=0, longest=timedelta(milliseconds=50))
    async with listening(receiver) as target:
        history = await sent(target, [webhook(n) for n in range(20)], twice)
    assert Counter(one.webhook_id for one in history) == {f"w{n}": 2 for n in range(20)}
    assert {one.copy for one in history} == {1, 2}
    for attempts in receiver.attempts.values():
        assert len({headers["x-shopify-event-id"] for headers in attempts}) == 1


async def test_a_delayed_webhook_arrives_after_younger_ones() -> None:
    receiver = Receiver(lambda *_: 202)
    late = Mischief(twice=0, late=0.5, longest=timedelta(milliseconds=300))
    async with listening(receiver) as target:
        await sent(target, [webhook(n) for n in range(30)], late)
    assert sorted(receiver.order) == sorted(f"w{n}" for n in range(30))
    assert receiver.order != [f"w{n}" for n in range(30)]


async def test_what_nobody_takes_is_given_up_after_a_while_and_kept_in_the_history() -> None:
    async with listening(Receiver(lambda *_: 500)) as target:
        (one,) = await sent(target, [webhook(1)], limits=Limits(give_up=0.15))
    assert (one.accepted_at, one.ack_ms, one.last_trouble) == (None, None, "HTTP 500")
    assert one.attempts > 1


async def test_a_stop_ends_the_sender_though_nobody_listens_and_more_is_waiting() -> None:
    async with listening(Receiver(lambda *_: 202)) as target:
        pass  # the port is closed again
    limits = Limits(in_flight=3, drain=0.1)
    sender = Sender(target, lambda _: [webhook(n) for n in range(50)], clock(), NONE, limits)
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    async with asyncio.timeout(10):
        await sender.run(stop)
    assert [one.accepted_at for one in sender.history] == [None, None, None]


async def test_a_stop_lets_what_is_in_flight_arrive() -> None:
    stop = asyncio.Event()

    def answer(_: str, attempt: int) -> int:
        stop.set()
        return 202 if attempt > 1 else 503

    async with listening(Receiver(answer)) as target:
        sender = Sender(target, lambda _: [webhook(1)], clock(), NONE, Limits(in_flight=1))
        async with asyncio.timeout(10):
            await sender.run(stop)
    assert [(one.attempts, one.accepted_at is not None) for one in sender.history] == [(2, True)]


@pytest.mark.parametrize("limit", [1, 4])
async def test_no_more_are_in_flight_than_allowed(limit: int) -> None:
    open_now, most, together = 0, 0, asyncio.Barrier(limit)

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        await reader.readuntil(b"\r\n\r\n")
        open_now += 1
        most = max(most, open_now)
        await together.wait()
        open_now -= 1
        writer.write(b"HTTP/1.1 202 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    async with server:
        target = Target(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", SECRETS, "d")
        await sent(target, [webhook(n) for n in range(28)], limits=Limits(in_flight=limit))
    assert most == limit


def test_about_two_in_a_hundred_are_sent_twice_and_two_late() -> None:
    plans = [deliveries(webhook(n), Mischief()) for n in range(5_000)]
    twice = sum(len(plan) == 2 for plan in plans) / len(plans)
    late = sum(len(plan) == 1 and plan[0] > ORIGIN for plan in plans) / len(plans)
    assert twice == pytest.approx(0.02, abs=0.006)
    assert late == pytest.approx(0.02, abs=0.006)
    assert plans == [deliveries(webhook(n), Mischief()) for n in range(5_000)]
