"""`hikitome up`: everything on this machine, without a simulation, until Ctrl-C."""

from pathlib import Path

import click

from deploy.commands.options import port_options, problems_shown, wanted_ports
from deploy.local.folder import default_folder
from deploy.local.session import run_session
from deploy.local.up import run_up


@click.command(name="up")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_folder(),
    show_default=True,
    help="Where the database, the shop's secret and the logs are kept.",
)
@port_options
def command(data_dir: Path, ports: str, **given: int | None) -> None:
    """Run everything on this machine, without a simulation, until Ctrl-C.

    The first run makes a shop with a secret and an account for the desk; both stay in the data directory. The
    embedded broker keeps everything in memory: what no service has read when it stops is gone, so a shop in
    earnest runs on Apache Kafka (docker-compose.yml).
    """
    with problems_shown():
        wanted = wanted_ports(ports, given)
        raise click.exceptions.Exit(run_session(lambda stop: run_up(data_dir, wanted, stop)))


__all__ = ["command"]
