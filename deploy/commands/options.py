"""Options that several commands share, and how a Problem becomes an exit code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from deploy.local.layout import ANY_FREE, Ports, option
from deploy.local.problem import Problem
from deploy.local.session import Interrupted

Command = TypeVar("Command", bound=Callable[..., Any])

_WHAT = {
    "ingest": "where webhooks arrive",
    "scoring": "the risk API",
    "desk": "the call centre's page",
    "mails": "the page of sent mails",
    "line": "a LINE of our own",
    "ingest_admin": "health and metrics of ingest",
    "scoring_admin": "health and metrics of scoring",
    "desk_admin": "health and metrics of the notifier",
    "smtp": "the mail catcher's SMTP",
    "postgres": "PostgreSQL",
    "broker": "the Kafka broker",
}


def port_options(command: Command) -> Command:
    """--ports auto, and an option for each port."""
    for name, port in reversed(Ports().items()):
        described = click.option(
            option(name),
            type=int,
            metavar="PORT",
            help=f"{_WHAT[name]} [default: {port}]",
        )
        command = described(command)
    return click.option(
        "--ports",
        type=click.Choice(["default", "auto"]),
        default="default",
        help="auto: any free port for whatever has no option of its own here.",
    )(command)


def wanted_ports(ports: str, given: dict[str, int | None]) -> Ports:
    for name, port in given.items():
        if port is not None and not 0 <= port <= 65535:
            raise click.BadParameter(f"{port} is no port", param_hint=f"--{name.replace('_', '-')}")
    base = ANY_FREE if ports == "auto" else Ports()
    return base.with_wanted({name.removesuffix("_port"): port for name, port in given.items()})


@contextmanager
def problems_shown() -> Iterator[None]:
    """A Problem is a message and exit code 1; Ctrl-C before the start is over, 130 as shells have it."""
    try:
        yield
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem
    except Interrupted as interrupted:
        click.echo("Stopped.", err=True)
        raise click.exceptions.Exit(130) from interrupted
