"""Faults for as long as one likes: python -m tests.kafka.ingest_faults --minutes 10 --seed 7."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from shared.clock import monotonic
from tests.kafka.apache_kafka import class_path, missing_programs
from tests.kafka.ingest_faults.fault_run import Ground, fault_run, prepared
from tests.kafka.ingest_faults.schedule import Fault, rounds


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="Whole rounds of faults begin for so long.")
@click.option("--seed", default=7, show_default=True, help="Decides which fault comes when, and how long.")
def main(minutes: float, seed: int) -> None:
    """Send 200 webhooks a second to an ingest that dies, over a broker in trouble; count what is lost."""
    missing = missing_programs()
    if missing:
        raise click.ClickException(f"{' and '.join(missing)} not found")
    folder = Path(tempfile.mkdtemp(prefix="hikitome-faults-"))
    click.echo(f"history and logs: {folder}")
    with prepared(folder, class_path()) as ground:
        found = asyncio.run(fault_run(folder, ground, _faults(minutes, seed, ground), seed))
    click.echo(str(found))
    sys.exit(0 if found.good else 1)


def _faults(minutes: float, seed: int, ground: Ground) -> Iterator[Fault]:
    until = monotonic() + 60 * minutes
    for several in rounds(seed):
        for fault in several:
            if monotonic() > until:
                return
            if ground.bears(fault):
                click.echo(f"{(monotonic() - until) / 60 + minutes:5.1f} min  {fault.name}")
                yield fault


if __name__ == "__main__":
    main()
