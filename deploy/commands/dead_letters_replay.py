"""`hikitome dead-letters replay`: letters that can be read by now take the way they should have taken."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache

import click

from deploy.commands.dead_letters_options import selected, selection_options
from deploy.commands.dead_letters_topics import SETTINGS, Bars, kafka_problems_shown, known_now
from deploy.dead_letters.contacts import Standing, contact_keys, standing, without_old_contacts
from deploy.dead_letters.fate import AccountOf, fate
from deploy.dead_letters.reading import Archive, Step, letters
from deploy.dead_letters.replaying import Judged, NotAcknowledged, replay
from deploy.dead_letters.selection import Selection
from deploy.dead_letters.tally import Replaying
from services.ingest.settings import IngestSettings, environment
from services.ingest.shops import InvalidShopsFile, Shops, read_shops
from shared.clock import system_clock
from shared.events.topics import CUSTOMER_CONTACTS
from shared.kafka.letters import LogReader
from shared.kafka.producer import EventProducer
from shared.process.command import read_settings

PUBLISHING_SECONDS = 30.0
NOTHING = "No open letter matches."


@dataclass(frozen=True, slots=True)
class Errand:
    """Which letters are to be replayed, where, and for whom."""

    settings: IngestSettings
    selection: Selection
    limit: int | None
    account_of: AccountOf


@dataclass(frozen=True, slots=True)
class Known:
    """What the topics said before the first letter is judged."""

    archive: Archive
    contacts: Standing


@click.command(name="replay", short_help="Put back what can be read by now.", epilog=SETTINGS)
@selection_options
@click.option("--dry-run", is_flag=True, help="Say what would become of each; publish nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def command(limit: int | None, dry_run: bool, yes: bool, **given: object) -> None:
    """Try the open letters again: say what would become of them, ask, do it, and count.

    A webhook is translated anew by this version, with today's shops file; its events have the ids and the
    time of receipt that they would have had then. A record of scoring or the notifier goes back, untouched,
    to the topic that it came from, if it can be read by now. What still can't be read stays open, and so does
    a webhook whose shop or cart is no longer in the shops file. A contact is left out where a newer one is
    known, or the customer was erased since.

    Once the brokers have acknowledged the events, a note in the dead-letter topic closes the letter. Should
    the command die in between, the letter is still open: replay it again. The events have the same ids, and
    readers drop what they have seen.

    Exit code 0: every letter that was meant is closed, or --dry-run. 1: some stay open, or the brokers are
    out of reach. 2: the options make no sense.
    """
    settings = read_settings(IngestSettings)
    errand = Errand(settings, selected(False, **given), limit, _account_of(settings))
    with kafka_problems_shown():
        known = asyncio.run(_known(errand))
        if (dry_run or not yes) and not _is_agreed(errand, known, dry_run):
            return
        _replay(errand, known)


def _is_agreed(errand: Errand, known: Known, dry_run: bool) -> bool:
    """Say what would become of the letters, and ask if there is anything to ask."""
    would = asyncio.run(_foreseen(errand, known))
    _say("If replayed:", would)
    if not would.letters:
        click.echo(NOTHING)
    if dry_run or not would.letters:
        return False
    if not would.closed:
        raise click.ClickException("None of them can be replayed yet.")
    return click.confirm(f"Replay them on {errand.settings.kafka_bootstrap}?", abort=True)


def _replay(errand: Errand, known: Known) -> None:
    done = Replaying()
    try:
        asyncio.run(_published(errand, known, done))
    except NotAcknowledged as error:
        raise click.ClickException(
            f"HIKITOME_KAFKA_BOOTSTRAP: {errand.settings.kafka_bootstrap} did not acknowledge ({error})."
            " Whatever is not counted above is still open; replay again, nothing counts twice."
        ) from None
    finally:
        # However it ended: whoever is interrupted wants to know how far it came.
        _say(f"Done: {done.closed.total():,} closed, {done.stays.total():,} still open.", done)
    if not done.letters:
        click.echo(NOTHING)
    if done.stays:
        raise click.exceptions.Exit(1)


def _say(title: str, counted: Replaying) -> None:
    if counted.letters:
        click.echo("\n".join([title, *counted.lines()]))


async def _known(errand: Errand) -> Known:
    with Bars() as bars:
        async with LogReader(errand.settings) as log:
            archive = await known_now(log, errand.selection.services, bars)
            unaware = Known(archive, {})
            found = _judged(log, errand, unaware, bars.stage("whose contacts", archive))
            keys = {key async for _, its_fate in found for key in contact_keys(its_fate)}
            extent = await log.extent(CUSTOMER_CONTACTS.name) if keys else None
            if extent is None:
                return unaware
            return Known(archive, await standing(log, extent, keys, bars.of("contacts", extent.offsets)))


async def _foreseen(errand: Errand, known: Known) -> Replaying:
    would = Replaying()
    with Bars() as bars:
        async with LogReader(errand.settings) as log:
            async for letter, its_fate in _judged(log, errand, known, bars.stage("looking", known.archive)):
                would.count(letter, its_fate)
    return would


async def _published(errand: Errand, known: Known, done: Replaying) -> None:
    settings = errand.settings
    with Bars() as bars:
        async with LogReader(settings) as log, EventProducer(settings, PUBLISHING_SECONDS) as producer:
            judged = _judged(log, errand, known, bars.stage("replaying", known.archive))
            await replay(judged, producer.publish, system_clock, done)


async def _judged(log: LogReader, errand: Errand, known: Known, step: Step) -> AsyncIterator[Judged]:
    taken = 0
    async for letter, _ in letters(log, known.archive, errand.selection, step):
        yield letter, without_old_contacts(fate(letter, errand.account_of), known.contacts)
        taken += 1
        if taken == errand.limit:
            return


def _account_of(settings: IngestSettings) -> AccountOf:
    """The shops file is read once, and only if a webhook is among the letters."""

    @cache
    def shops() -> Shops:
        try:
            return read_shops(settings.shops_file, environment())
        except InvalidShopsFile as error:
            raise click.ClickException(f"HIKITOME_SHOPS_FILE is refused: {error}") from None

    return lambda shop, cart: shops().accounts.get((shop, cart))
