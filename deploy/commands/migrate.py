"""`hikitome migrate`: every service's schema, brought up to date."""

import asyncio

import click

from deploy.local.stack import make_schemas
from shared.process.command import documented, read_settings
from shared.process.settings import CommonSettings


@click.command(name="migrate", epilog=documented(CommonSettings))
def command() -> None:
    """Bring the database at HIKITOME_POSTGRES_DSN up to date, as its owner.

    Files that were applied before are left alone, so it may run at every start.
    """
    settings = read_settings(CommonSettings)
    applied = asyncio.run(make_schemas(settings.postgres_dsn.get_secret_value()))
    for schema, files in applied.items():
        click.echo(f"{schema}: {', '.join(files) or 'up to date'}")
