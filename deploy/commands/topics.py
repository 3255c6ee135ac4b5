"""`hikitome topics`: every topic, with its partitions and retention."""

import asyncio

import click

from shared.kafka.provision import NotProvisioned, provision
from shared.process.command import documented, read_settings
from shared.process.settings import CommonSettings


@click.command(name="topics", epilog=documented(CommonSettings))
def command() -> None:
    """Make the topics that the brokers at HIKITOME_KAFKA_BOOTSTRAP don't have yet.

    Topics that exist are left as they are, so it may run at every start.
    """
    try:
        made = asyncio.run(provision(read_settings(CommonSettings)))
    except NotProvisioned as error:
        raise click.ClickException(f"HIKITOME_KAFKA_BOOTSTRAP: {error}") from None
    click.echo(f"made: {', '.join(made)}" if made else "nothing to make")
