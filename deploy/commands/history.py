"""Options that say which history is meant, and that history's events by customer."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from deploy.local.running import any_running_dsn, running_dsn
from deploy.simulated import ORIGIN, envelopes
from services.scoring.settings import ScoringSettings
from services.scoring.store import event_log, persons
from services.scoring.training.owners import grouped
from shared.events.envelope import Envelope, decode
from shared.postgres.engine import create_engine, transaction
from simulation.history import simulate

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class History:
    """The options as they were given; without a file and a simulation it is scoring's event log."""

    events: Path | None
    from_log: bool
    simulation: bool
    seed: int
    customers: int
    days: int
    data_dir: Path | None

    def __post_init__(self) -> None:
        if (self.events is not None) + (self.from_log or self.data_dir is not None) + self.simulation > 1:
            raise click.UsageError("Choose one of --from-log, --events and --simulation.")

    @property
    def in_log(self) -> bool:
        return self.events is None and not self.simulation

    def dsn(self, settings: ScoringSettings) -> str:
        """Of the named stack, else of the settings if they are set, else of a stack that runs here.

        :raises Problem: if nothing runs on the named data directory.
        """
        if self.data_dir is not None:
            return running_dsn(self.data_dir)
        found = None if "postgres_dsn" in settings.model_fields_set else any_running_dsn()
        return found or settings.postgres_dsn.get_secret_value()

    def read(self, settings: ScoringSettings) -> Mapping[str, list[Envelope]]:
        """Everything known of every customer; who has several accounts in our log is one customer.

        :raises Problem: if nothing runs on the named data directory.
        """
        known = grouped(self.log(settings)).by_customer
        return asyncio.run(_by_person(self.dsn(settings), known)) if self.in_log else known

    def log(self, settings: ScoringSettings) -> Iterable[Envelope]:
        """Every event, of whomever."""
        if self.simulation:
            return envelopes(simulate(self.seed, self.customers, self.days, ORIGIN))
        return asyncio.run(_log(self.dsn(settings))) if self.events is None else _file(self.events)


def history_options(command: Command) -> Command:
    """--from-log, --events, --simulation and what belongs to them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--from-log", is_flag=True, help="The event log of scoring; so it is without any of these."),
    click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="The log of a demo, or of `hikitome up`, that runs on this directory. Without it:"
        " HIKITOME_POSTGRES_DSN, or what runs at the usual place.",
    ),
    click.option(
        "--events",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="A file of events, one a line.",
    ),
    click.option("--simulation", is_flag=True, help="A simulated shop; see the three options below."),
    click.option("--seed", type=int, default=1, show_default=True, help="Of the simulation."),
    click.option(
        "--customers", type=click.IntRange(1), default=2000, show_default=True, help="Of the simulation."
    ),
    click.option("--days", type=click.IntRange(1), default=365, show_default=True, help="Of the simulation."),
)


def _file(events: Path) -> Iterator[Envelope]:
    with events.open("rb") as lines:
        for line in lines:
            yield decode(line)


async def _log(dsn: str) -> list[Envelope]:
    engine = create_engine(dsn, "scoring", pool_size=1)
    try:
        async with transaction(engine) as connection:
            return [envelope async for envelope in event_log.whole(connection)]
    finally:
        await engine.dispose()


async def _by_person(dsn: str, known: Mapping[str, list[Envelope]]) -> dict[str, list[Envelope]]:
    engine = create_engine(dsn, "scoring", pool_size=1)
    try:
        async with transaction(engine) as connection:
            person_of = await persons.of_accounts(connection, known)
    finally:
        await engine.dispose()
    found: defaultdict[str, list[Envelope]] = defaultdict(list)
    for account, log in known.items():
        found[person_of[account]] += log
    return dict(found)
