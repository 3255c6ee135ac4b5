"""`hikitome demo`: everything, with a simulated shop in front, and a comparison at the end."""

from pathlib import Path

import click
import msgspec
from rich.console import Console

from deploy.commands.options import port_options, problems_shown, wanted_ports
from deploy.local.demo import Wishes, run_demo
from deploy.local.folder import demo_folder
from deploy.local.play import Course
from deploy.local.report import lines
from deploy.local.screen import Screen
from deploy.local.session import run_session


@click.command(name="demo")
@click.option("--for", "seconds", type=click.FloatRange(1), metavar="SECONDS", help="End by itself.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object, the last line.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another shop.")
@click.option(
    "--customers", type=click.IntRange(1), default=300, show_default=True, help="How many the shop has."
)
@click.option(
    "--speed",
    type=click.FloatRange(0.01, 5),
    default=0.25,
    show_default=True,
    metavar="DAYS",
    help="Simulated days per second.",
)
@click.option(
    "--past",
    type=click.FloatRange(0, 365),
    default=60.0,
    show_default=True,
    metavar="DAYS",
    help="Days the shop hurries through first, 5 in 2 seconds.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to work, and leave everything for a look; by default a temporary place, removed at the end.",
)
@port_options
def command(  # noqa: PLR0913 - they are the command's options
    seconds: float | None,
    as_json: bool,
    seed: int,
    customers: int,
    speed: float,
    past: float,
    data_dir: Path | None,
    ports: str,
    **given: int | None,
) -> None:
    """Run everything with a simulated shop that pushes real signed webhooks, until Ctrl-C.

    The shop hurries through two months of past, then a day takes four seconds. Alerts appear on the desk's
    page and, the first of them, here. At the end every accepted webhook is looked for at the end of its
    path: exit code 0 says that nothing was lost and nothing counted twice, 1 that something was, or
    that the stack could not run.
    """
    console = Console(stderr=as_json, highlight=False)
    wishes = Wishes(
        folder=data_dir or demo_folder(),
        keep=data_dir is not None,
        ports=wanted_ports(ports, given),
        course=Course(seconds, seed, customers),
        days_per_second=speed,
        past_days=past,
    )
    screen = Screen(console)
    with problems_shown():
        report = run_session(lambda stop: run_demo(wishes, screen, stop))
    screen.summary(lines(report))
    if as_json:
        click.echo(msgspec.json.encode(report))
    raise click.exceptions.Exit(0 if report.well() else 1)
