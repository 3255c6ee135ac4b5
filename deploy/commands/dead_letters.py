"""`hikitome dead-letters`: what could not be read, and how it is put back once it can be."""

import asyncio

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.commands.dead_letters_options import selected, selection_options
from deploy.commands.dead_letters_replay import command as replay
from deploy.commands.dead_letters_topics import SETTINGS, Bars, kafka_problems_shown, known_now
from deploy.dead_letters import text
from deploy.dead_letters.letter import SERVICES, Letter
from deploy.dead_letters.reading import letters, standing_at
from deploy.dead_letters.selection import Selection
from deploy.dead_letters.tally import Listed
from shared.kafka.letters import LogReader
from shared.kafka.replayed import Replayed
from shared.process.command import read_settings
from shared.process.settings import CommonSettings

WIDTH_WITHOUT_TERMINAL = 140
ROWS = 100
"""Of a table, unless --limit says otherwise."""


@click.group(name="dead-letters", epilog=SETTINGS)
def command() -> None:
    """Show what could not be read, and put it back once it can be.

    A genuine webhook that ingest can't translate and a record that scoring or the notifier can't read are
    never thrown away: they wait in the topic <service>.dead-letter, for 28 days. `list` says what waits there
    and why, `show` everything about one, `replay` tries again after the fix.

    Nothing is deleted: `replay` appends a note that names the letter, so that `list` knows what is open.
    """


@command.command(name="list", short_help="What is open, and why.", epilog=SETTINGS)
@selection_options
@click.option("--all", "replayed_too", is_flag=True, help="Those too that have been replayed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, and no summary.")
def list_letters(limit: int | None, replayed_too: bool, as_json: bool, **given: object) -> None:
    """List the letters that are open, oldest first, and count them by reason.

    A table has at most 100 rows unless --limit says otherwise; the count at its end is of all that match.
    """
    selection, settings = selected(replayed_too, **given), read_settings(CommonSettings)
    with kafka_problems_shown(), Bars() as bars:
        if as_json:
            asyncio.run(_lines(settings, selection, limit, bars))
            return
        table, listed = asyncio.run(_table(settings, selection, limit or ROWS, bars))
    _print(table)
    if table.row_count < listed.letters:
        click.echo(f"The first {table.row_count:,} are shown; --limit shows more.")
    click.echo(str(listed))


@command.command(name="show", short_help="Everything about one letter.", epilog=SETTINGS)
@click.argument("where", metavar="SERVICE")
@click.argument("offset", type=click.IntRange(0))
@click.option("--partition", type=click.IntRange(0), default=0, show_default=True, help="Of the topic.")
@click.option("--body", "with_body", is_flag=True, help="What can't be read, too: it is personal data.")
def show_letter(where: str, offset: int, partition: int, with_body: bool) -> None:
    """Show everything about one letter; SERVICE and OFFSET as in the list, as in: show ingest 17

    The topic's name does as well for SERVICE.
    """
    service = where.removesuffix(".dead-letter")
    if service not in SERVICES:
        raise click.BadParameter(f"{where} is none of {', '.join(SERVICES)}", param_hint="SERVICE")
    settings = read_settings(CommonSettings)
    with kafka_problems_shown(), Bars() as bars:
        found, note = asyncio.run(_found(settings, (service, partition, offset), bars))
    match found:
        case Letter() as letter:
            _say(letter, note, with_body)
        case Replayed(offset=of):
            click.echo(f"No letter, but the note that {service} {of} was {text.state(found)}.")
        case None:
            raise click.ClickException(f"{service}.dead-letter has nothing at offset {offset}.")


command.add_command(replay)


async def _lines(settings: CommonSettings, selection: Selection, limit: int | None, bars: Bars) -> None:
    async with LogReader(settings) as log:
        known, shown = await known_now(log, selection.services, bars), 0
        async for letter, note in letters(log, known, selection, bars.stage("letters", known)):
            click.echo(msgspec.json.encode(text.line(letter, note)))
            shown += 1
            if shown == limit:
                return


async def _table(
    settings: CommonSettings, selection: Selection, limit: int, bars: Bars
) -> tuple[Table, Listed]:
    table, listed = _empty_table(), Listed()
    async with LogReader(settings) as log:
        known = await known_now(log, selection.services, bars)
        async for letter, note in letters(log, known, selection, bars.stage("letters", known)):
            listed.count(letter, note)
            if table.row_count < limit:
                table.add_row(*map(Text, text.cells(letter, note)))
    return table, listed


def _empty_table() -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in text.COLUMNS:
        folded = name in text.FOLDED
        table.add_column(name, no_wrap=not folded, overflow="fold", min_width=10 if folded else None)
    return table


def _print(table: Table) -> None:
    if table.row_count:
        at_terminal = Console().is_terminal
        Console(highlight=False, width=None if at_terminal else WIDTH_WITHOUT_TERMINAL).print(table)


async def _found(
    settings: CommonSettings, place: tuple[str, int, int], bars: Bars
) -> tuple[Letter | Replayed | None, Replayed | None]:
    async with LogReader(settings) as log:
        known = await known_now(log, place[:1], bars)
        return await standing_at(log, known, place), known.notes.get(place)


def _say(letter: Letter, note: Replayed | None, with_body: bool) -> None:
    details = text.details(letter, note)
    width = max(len(name) for name, _ in details)
    for name, said in details:
        click.echo(f"{name:<{width}}  {said}")
    if with_body:
        click.echo("The body is personal data: don't pass it on.", err=True)
        click.echo(f"\n{text.body(letter.body)}")
