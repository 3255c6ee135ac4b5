"""`hikitome simulate`: a simulated shop's history as a file of events."""

from pathlib import Path

import click

from deploy.simulated import ORIGIN, envelopes
from shared.events.envelope import encode
from simulation.history import simulate


@click.command(name="simulate")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write, one event a line.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another shop.")
@click.option(
    "--customers", type=click.IntRange(1), default=2000, show_default=True, help="How many the shop has."
)
@click.option(
    "--days", type=click.IntRange(1), default=365, show_default=True, help="How long the shop has been open."
)
def command(out: Path, seed: int, customers: int, days: int) -> None:
    """Write a simulated shop's history to a file, as NDJSON of the very events that webhooks become.

    The events carry simulated names and addresses, as real ones would.
    """
    with (
        out.open("wb") as file,
        click.progressbar(envelopes(simulate(seed, customers, days, ORIGIN)), label="Simulating") as events,
    ):
        total = sum(1 for envelope in events if file.write(encode(envelope) + b"\n"))
    click.echo(f"{total} events of {days} days written to {out}")
