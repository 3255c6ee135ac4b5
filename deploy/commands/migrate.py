"""`hikitome migrate`: every service's schema, brought up to date."""

import asyncio

import click
from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.stack import make_schemas
from shared.postgres.migrations import MigrationChanged
from shared.process.command import documented, read_settings
from shared.process.settings import CommonSettings


@click.command(name="migrate", epilog=documented(CommonSettings))
def command() -> None:
    """Bring the database at HIKITOME_POSTGRES_DSN up to date, as its owner.

    Files that were applied before are left alone, so it may run at every start.
    """
    settings = read_settings(CommonSettings)
    try:
        applied = asyncio.run(make_schemas(settings.postgres_dsn.get_secret_value()))
    except (OSError, SQLAlchemyError, PostgresError) as error:
        raise click.ClickException(f"HIKITOME_POSTGRES_DSN: {error}") from None
    except MigrationChanged as error:
        raise click.ClickException(f"{error} was applied before and has been edited since") from None
    for schema, files in applied.items():
        click.echo(f"{schema}: {', '.join(files) or 'up to date'}")
