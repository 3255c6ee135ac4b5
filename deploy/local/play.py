"""One run of the demo on a stack that answers: send, watch, settle, compare."""

import asyncio
import math
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta

from deploy.local.accounts import ShopAccount
from deploy.local.check import Findings, Received, Until, check, probabilities
from deploy.local.ledger import Ledger
from deploy.local.line_store import LineStore
from deploy.local.mail_store import MailStore
from deploy.local.print_house import PrintHouse
from deploy.local.report import Report, Run, report, spread
from deploy.local.screen import Screen
from deploy.local.session import is_first
from deploy.local.stack import LocalStack
from deploy.local.truth import Lived, against_the_truth
from deploy.local.watch import Watcher
from shared.clock import FastClock, monotonic, system_clock
from simulation.send import Limits, Mischief, Sender, Target
from simulation.shop import SHOP_DOMAIN, Shop
from simulation.things import JST

SETTLING_SECONDS = 15.0
# Who has pressed Ctrl-C wants the terminal back within ten seconds, ending everything included.
HURRIED_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Course:
    """What shall be simulated; `seconds` None goes on until Ctrl-C."""

    seconds: float | None
    seed: int
    customers: int


class Demo:
    """One run on a stack that answers."""

    def __init__(
        self, course: Course, stack: LocalStack, clock: FastClock, account: ShopAccount, screen: Screen
    ) -> None:
        self._course = course
        self._stack = stack
        self._clock = clock
        self._screen = screen
        began = max(clock.origin, clock())
        self._lived = Lived(course.seed, course.customers, began, began)
        shop = Shop(course.seed, course.customers, began)
        self._ledger = Ledger(shop.until)
        target = Target(f"{stack.layout.url('ingest')}/webhooks/{account.shop}", account.secrets, SHOP_DOMAIN)
        self._sender = Sender(target, self._ledger.due, clock, Mischief(), Limits(drain=1.0))
        self._watcher = Watcher(stack.layout.url("desk"), stack.layout.keys.desk, screen.alert)

        self._findings: Findings | None = None
        self._truth: dict[str, float] | None = None

    async def play(self) -> Findings:
        """Send until the stack is asked to stop or the time is over, settle, and give what was found."""
        await is_first(self._send_and_settle(), self._accompany())
        assert self._findings is not None  # noqa: S101 - company never ends, it can only raise
        return self._findings

    def report(self, findings: Findings) -> Report:
        return report(
            Run(
                history=self._sender.history,
                alert_ms=list(self._watcher.latencies.values()),
                alerts_twice=self._watcher.twice,
                received=self._received(),
                restarts=self._stack.supervisor.restarts(),
                reconnects=self._watcher.reconnects,
                days=(self._lived.ended - self._lived.began) / timedelta(days=1),
                seed=self._course.seed,
                truth=self._truth,
            ),
            findings,
        )

    async def _accompany(self) -> None:
        async with asyncio.TaskGroup() as company:
            company.create_task(self._watcher.run())
            company.create_task(self._show_progress())

    async def _send_and_settle(self) -> None:
        await self._watcher.connected.wait()
        enough = asyncio.Event()
        sending = asyncio.ensure_future(self._sender.run(enough))
        try:
            await is_first(self._stack.until_stopped(), self._time_over())
        finally:
            enough.set()
            await sending
        self._screen.say("No more webhooks; waiting until everything has arrived …")
        until = Until(system_clock(), self._clock())
        self._lived = replace(self._lived, ended=until.business)
        stored = await probabilities(self._stack.dsn)
        self._findings = await self._settle(until)
        self._truth = await asyncio.to_thread(against_the_truth, self._lived, stored)

    async def _time_over(self) -> None:
        await asyncio.sleep(self._course.seconds or math.inf)

    async def _settle(self, until: Until) -> Findings:
        deadline = monotonic() + (HURRIED_SECONDS if self._stack.asked_to_stop.is_set() else SETTLING_SECONDS)
        while True:
            findings = await self._check(until)
            if findings.settled() or monotonic() > deadline:
                return findings
            await asyncio.sleep(0.3)

    async def _check(self, until: Until) -> Findings:
        accepted = [sent for sent in self._sender.history if sent.accepted_at]
        expected = self._ledger.expected(accepted)
        return await check(self._stack.dsn, expected, until, self._watcher.latencies, self._received())

    def _received(self) -> Received:
        layout = self._stack.layout
        with closing(MailStore(layout.mails_file)) as mails, closing(LineStore(layout.line_file)) as line:
            return Received(
                mails=[mail.action for mail in mails.newest(mails.count())],
                line=[message.retry_key for message in line.accepted()],
                post=[
                    piece["action"]
                    for folder in (layout.print_folder, layout.insert_folder)
                    for piece in PrintHouse(folder, folder / "accepted.jsonl").accepted()
                ],
            )

    async def _show_progress(self) -> None:
        while True:
            history, alerts = self._sender.history, list(self._watcher.latencies.values())
            acks = spread([sent.ack_ms for sent in history[-2000:] if sent.ack_ms is not None])
            self._screen.progress(
                [
                    ("shop's date", f"{self._clock().astimezone(JST):%Y-%m-%d}"),
                    ("webhooks", f"{len(history)}"),
                    ("answered 99 %", _ms(acks.p99)),
                    ("alerts", f"{len(alerts)}"),
                    ("visible 99 %", _ms(spread(alerts).p99)),
                    ("restarts", f"{self._stack.supervisor.restarts()}"),
                ]
            )
            await asyncio.sleep(0.5)


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"
