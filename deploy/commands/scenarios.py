"""`hikitome scenarios`: files of scenarios checked, previewed, rehearsed, brought in and taken out."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from deploy.commands.scenarios_text import rehearsal_table, words_of
from services.notifier.marketing import Marketing
from services.notifier.playbook import Wrong
from services.notifier.rehearse import MOST_DAYS, house_of, rehearse
from services.notifier.scenarios.check import problems
from services.notifier.scenarios.file import Unreadable, read, write
from services.notifier.scenarios.rehearsal import Rehearsal
from services.notifier.scenarios.scenario import Scenario
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.settings import NotifierSettings
from services.notifier.store.audit import Entry
from services.notifier.store.scenarios import Conflict
from services.notifier.templates.occasion import Sender
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.process.command import read_settings

Result = TypeVar("Result")
FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
# As it is seen in previews, which are not sent.
_SAMPLE_SHOP = Sender(
    shop_name="みどり健康堂",
    name="みどり健康堂株式会社",
    mail="shop@example.jp",
    postal_address="東京都千代田区霞が関1-3-2",
    contact="0120-000-000",
    account_url="https://example.jp/account",
)


@click.group(name="scenarios")
def command() -> None:
    """Scenarios as TOML files, and what they would have done. Without FILES the shipped ones are meant.

    What reads or writes the database reads HIKITOME_POSTGRES_DSN and the notifier's other settings.
    """


@command.command()
@FILES
def check(files: tuple[Path, ...]) -> None:
    """Say all that is wrong with the scenarios in FILES; it fails if anything is."""
    wrong = 0
    for scenario in _read(files):
        found = problems(scenario)
        wrong += bool(found)
        click.echo(f"{scenario.key}: {'wrong' if found else 'good'}")
        for problem in found:
            click.echo(f"  {problem.path}: {problem.code} {problem.detail}".rstrip())
    if wrong:
        raise click.ClickException(f"{wrong} of them can't be saved like this")


@command.command()
@FILES
@click.option("--key", help="Only this scenario.")
def preview(files: tuple[Path, ...], key: str | None) -> None:
    """Print the words of every step as a made-up customer would get them."""
    for scenario in _of_key(_read(files), key):
        click.echo(words_of(scenario, _SAMPLE_SHOP))


@command.command(name="dry-run")
@FILES
@click.option("--key", help="Only this scenario.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=30, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
def dry_run(files: tuple[Path, ...], key: str | None, days: int, as_json: bool) -> None:
    """Show who would have got what over the last DAYS of business time. Nothing is sent or written.

    Without FILES the scenarios are those that the notifier has, switched on or not.
    """
    settings = read_settings(NotifierSettings)
    found = _run(
        settings, lambda engine: _rehearsed(engine, settings, _read(files) if files else None, key, days)
    )
    if as_json:
        click.echo(
            json.dumps({one.key: msgspec.to_builtins(told) for one, told in found}, ensure_ascii=False)
        )
        return
    for one, told in found:
        click.echo(rehearsal_table(one, told, settings.shop_zone()))


async def _rehearsed(
    engine: AsyncEngine,
    settings: NotifierSettings,
    given: Sequence[Scenario] | None,
    key: str | None,
    days: int,
) -> list[tuple[Scenario, Rehearsal]]:
    clock = settings.clock()
    wanted = await Marketing(engine, clock, system_clock).scenarios() if given is None else given
    house, now = house_of(settings), clock()
    async with transaction(engine) as connection:
        return [(one, await rehearse(connection, one, house, now, days)) for one in _of_key(wanted, key)]


@command.command(name="import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--dry", is_flag=True, help="Only tell what would change.")
def bring_in(files: tuple[Path, ...], dry: bool) -> None:
    """Save the scenarios in FILES as new versions; new ones begin switched off. All or none."""
    scenarios, settings = _read(files), read_settings(NotifierSettings)
    entry = Entry(who="command line", role="admin", what="scenario.imported")

    async def bring(engine: AsyncEngine) -> object:
        marketing = Marketing(engine, settings.clock(), system_clock)
        return await marketing.bring_in(scenarios, entry, dry=dry)

    match _run(settings, bring):
        case Wrong(found):
            raise click.ClickException(
                "; ".join(f"{one.path}: {one.code} {one.detail}".rstrip() for one in found)
            )
        case Conflict(version):
            raise click.ClickException(f"changed meanwhile, to version {version}: nothing was saved")
        case list(changes):
            for change in changes:
                click.echo(f"{change.key}: {change.change}, version {change.version}")


@command.command()
@click.argument("key", required=False)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, not to the screen."
)
def export(key: str | None, out: Path | None) -> None:
    """Write the scenarios that the notifier has, or the one of KEY, as TOML."""
    settings = read_settings(NotifierSettings)

    async def taken(engine: AsyncEngine) -> list[Scenario]:
        return await Marketing(engine, settings.clock(), system_clock).scenarios(key)

    text = write(_of_key(_run(settings, taken), key))
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


def _read(files: Sequence[Path]) -> list[Scenario]:
    if not files:
        return list(SHIPPED.values())
    found = []
    for path in files:
        try:
            found += read(path.read_text(encoding="utf-8"))
        except (Unreadable, UnicodeDecodeError) as error:
            raise click.ClickException(f"{path}: {error}") from None
    return found


def _of_key(scenarios: Sequence[Scenario], key: str | None) -> list[Scenario]:
    found = [one for one in scenarios if key in (None, one.key)]
    if not found:
        raise click.ClickException(f"there is no scenario {key}" if key else "there are no scenarios")
    return found


def _run(settings: NotifierSettings, work: Callable[[AsyncEngine], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        engine = create_engine(settings.postgres_dsn.get_secret_value(), "notifier", 2)
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (OSError, SQLAlchemyError, PostgresError) as error:
        raise click.ClickException(f"HIKITOME_POSTGRES_DSN: {error}") from None
