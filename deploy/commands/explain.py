"""`hikitome explain`: why customers are scored as they are, for somebody who has never seen the model."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click
import msgspec
from rich.console import Console

from deploy.commands.explain_text import ENGLISH, JAPANESE, legend, lines
from deploy.commands.history import History, history_options
from deploy.commands.options import problems_shown
from services.scoring.__main__ import open_model
from services.scoring.artifact import Artifact
from services.scoring.features.days import TOKYO
from services.scoring.features.state import refold
from services.scoring.model.explain import Explanation, explain
from services.scoring.settings import ScoringSettings
from services.scoring.store import event_log, persons, states
from shared.clock import system_clock
from shared.events.envelope import Envelope
from shared.postgres.engine import create_engine, transaction
from shared.process.command import read_settings

Logs = Mapping[str, Sequence[Envelope]]
Explained = list[tuple[str, Explanation | None]]


@click.command(name="explain")
@click.argument("refs", nargs=-1, metavar="[CUSTOMER]...")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="The first so many.")
@click.option("--at", type=str, metavar="MOMENT", help="As it was known then, as in 2026-03-01T09:00+09:00.")
@click.option("--english", is_flag=True, help="Labels in English; reasons are Japanese sentences.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@history_options
def command(
    refs: tuple[str, ...], top: int, at: str | None, english: bool, as_json: bool, **history: Any
) -> None:
    """Say of customers how likely they are to leave, why, and what each fact weighs.

    CUSTOMER is <shop>/<cart>/<the cart's customer id>; without any, those of the highest priority. Of the
    accounts of one person any will do. While a demo or `hikitome up` runs here, its log is read.

    --at folds the events again up to that moment, by the time at which they happened, and reads them at that
    moment with today's model: nothing that happened later counts, though an event that reached us late does.
    Bands are shown as for a customer of whom nothing was told before.
    """
    settings, given = read_settings(ScoringSettings), History(**history)
    artifact, moment = open_model(settings), None if at is None else _moment(at)
    with problems_shown():
        logs, newest = _logs(given, settings, refs, top if moment is None else None)
    unknown = [ref for ref in refs if not logs.get(ref)]
    if unknown or not logs:
        raise click.ClickException(f"Nothing is known of {', '.join(unknown) or 'anybody'}.")
    asked = moment or newest
    found = _explained({ref: logs[ref] for ref in refs} or logs, asked, artifact)
    _show(found if refs else _first(found, top), asked, artifact, as_json, english)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is no moment", param_hint="--at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=TOKYO)


def _logs(
    history: History, settings: ScoringSettings, refs: Sequence[str], most: int | None
) -> tuple[Logs, datetime]:
    """The logs of those who may be shown, and the newest moment that they speak of."""
    if history.in_log:
        return asyncio.run(_from_log(history.dsn(settings), refs, most))
    logs = history.read(settings)
    if not logs:
        raise click.ClickException("The history has no event about a customer.")
    return logs, max(envelope.time for log in logs.values() for envelope in log)


async def _from_log(dsn: str, refs: Sequence[str], most: int | None) -> tuple[Logs, datetime]:
    """Of the named, of the most urgent as they were scored last, or of all when the past is asked about."""
    engine = create_engine(dsn, "scoring", pool_size=1)
    try:
        async with transaction(engine) as connection:
            wanted = list(refs) or await states.most_urgent(connection, most)
            whose = await persons.of_accounts(connection, wanted)
            accounts = await persons.members(connection, set(whose.values()))
            logs = await event_log.histories(connection, accounts)
            newest = await states.newest_look(connection) or system_clock()
            return {ref: logs[person] for ref, person in whose.items()}, newest
    finally:
        await engine.dispose()


def _explained(logs: Logs, moment: datetime, artifact: Artifact) -> Explained:
    known = {ref: [envelope for envelope in log if envelope.time <= moment] for ref, log in logs.items()}
    return [(ref, explain(refold(log), moment, artifact.models)) for ref, log in known.items()]


def _first(found: Explained, top: int) -> Explained:
    scored = [(ref, it) for ref, it in found if it is not None]
    return list(sorted(scored, key=lambda each: each[1].assessment.priority, reverse=True)[:top])


def _show(found: Explained, moment: datetime, artifact: Artifact, as_json: bool, english: bool) -> None:
    if as_json:
        for ref, it in found:
            head = {"customer": ref, "at": moment, "model": artifact.version}
            body = msgspec.structs.asdict(it) if it else {"assessment": None}
            click.echo(msgspec.json.encode(head | body))
        return
    console, words = Console(highlight=False, soft_wrap=True), ENGLISH if english else JAPANESE
    console.print(words.title.format(moment=moment.astimezone(TOKYO), model=artifact.version))
    console.print(legend(words))
    for number, (ref, it) in enumerate(found, start=1):
        console.print("\n".join(["", *lines(number, ref, it, words)]))
