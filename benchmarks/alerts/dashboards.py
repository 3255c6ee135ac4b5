"""The dashboards, all in one process: told what to do by a line of JSON, it answers with what they saw."""

import asyncio
import sys

import msgspec
import uvloop

from benchmarks.alerts.reader import Dashboard


class Order(msgspec.Struct, frozen=True):
    """Whom to ask, by which sessions, from which number on."""

    ports: tuple[int, ...]
    cookies: tuple[str, ...]
    after: int


class Witness(msgspec.Struct, frozen=True):
    """What one dashboard saw; `raised` in monotonic seconds by alert."""

    seqs: tuple[int, ...]
    raised: dict[str, float]
    resets: int
    reconnects: int
    away_seconds: float


async def _watch(order: Order) -> list[Witness]:
    dashboards = [
        Dashboard(
            order.ports[place % len(order.ports) :] + order.ports[: place % len(order.ports)],
            cookie,
            order.after,
        )
        for place, cookie in enumerate(order.cookies)
    ]
    tasks = [asyncio.create_task(dashboard.run()) for dashboard in dashboards]
    await asyncio.gather(*(dashboard.opened.wait() for dashboard in dashboards))
    _say(b"open")
    until = int(await asyncio.to_thread(sys.stdin.readline))
    await _reached(dashboards, until)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [_witness(dashboard) for dashboard in dashboards]


async def _reached(dashboards: list[Dashboard], until: int) -> None:
    """Until all have seen that number, or for a while that is more than enough."""
    for _ in range(200):
        if all(dashboard.seen.seqs and dashboard.seen.seqs[-1] >= until for dashboard in dashboards):
            return
        await asyncio.sleep(0.05)


def _witness(dashboard: Dashboard) -> Witness:
    seen = dashboard.seen
    raised = {alert.decode(): at for alert, at in seen.raised.items()}
    return Witness(tuple(seen.seqs), raised, seen.resets, seen.reconnects, seen.away_seconds)


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    order = msgspec.json.decode(sys.stdin.readline(), type=Order)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        _say(msgspec.json.encode(runner.run(_watch(order))))


if __name__ == "__main__":
    main()
