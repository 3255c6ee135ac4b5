"""Options that say which dead letters are meant."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from deploy.dead_letters.letter import SERVICES
from deploy.dead_letters.selection import Selection
from services.scoring.features.days import TOKYO

Command = TypeVar("Command", bound=Callable[..., Any])


def _moment(_: click.Context, option: click.Parameter, given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(f"{given} is no moment, as 2026-11-20T09:00+09:00 is") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=TOKYO)
        click.echo(f"{option.opts[0]} {given}: without an offset it is Japan's time, {moment}.", err=True)
    return moment


def selection_options(command: Command) -> Command:
    """--from, --shop, --cart, --reason, --since, --until, --offset, --limit; see `selected`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--from",
        "services",
        type=click.Choice(SERVICES),
        multiple=True,
        help="Letters of this service; may be given several times. [default: all]",
    ),
    click.option("--shop", help="Letters about this shop's customers."),
    click.option("--cart", help="Letters about customers of this cart, as in shopify."),
    click.option("--reason", "reasons", multiple=True, help="As listed; may be given several times."),
    click.option(
        "--since",
        callback=_moment,
        metavar="MOMENT",
        help="From this moment on, as in 2026-11-20T09:00+09:00.",
    ),
    click.option("--until", callback=_moment, metavar="MOMENT", help="Before this moment."),
    click.option(
        "--offset",
        "offsets",
        type=click.IntRange(0),
        multiple=True,
        help="This letter, of the one service that --from names; may be given several times.",
    ),
    click.option("--limit", type=click.IntRange(1), help="The first so many, oldest first."),
)


def selected(replayed_too: bool, **given: Any) -> Selection:
    """What the options say together.

    :raises click.UsageError: if an offset is given without the one topic that it belongs to.
    """
    if given["offsets"] and len(set(given["services"])) != 1:
        raise click.UsageError(f"--offset needs one --from: {', '.join(SERVICES)}.")
    return Selection(
        services=tuple(dict.fromkeys(given["services"])) or SERVICES,
        shop=given["shop"],
        cart=given["cart"],
        reasons=frozenset(given["reasons"]),
        since=given["since"],
        until=given["until"],
        offsets=frozenset(given["offsets"]),
        replayed_too=replayed_too,
    )
