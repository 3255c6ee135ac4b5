"""How the commands reach the dead-letter topics: a bar for the reading, problems in words."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import Progress

from deploy.dead_letters.reading import Archive, Step, archive, extents_of
from shared.events.topics import dead_letter
from shared.kafka.letters import LogReader, OutOfReach
from shared.process import logs

SETTINGS = (
    "Settings: HIKITOME_KAFKA_BOOTSTRAP and Kafka's others, HIKITOME_SHOPS_FILE for replay; python -m"
    " services.ingest --help explains them. In a container of ingest they are set: docker compose exec ingest"
    " hikitome dead-letters list. For what `hikitome up` runs: HIKITOME_KAFKA_BOOTSTRAP=127.0.0.1:8792"
    " HIKITOME_KAFKA_IDEMPOTENT=false HIKITOME_SHOPS_FILE=<its data directory>/shops.toml"
)


class Bars:
    """A bar for each stage, on standard error, where a person can see it."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(console=console, transient=True, disable=not console.is_terminal)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def stage(self, name: str, known: Archive) -> Step:
        return self.of(name, known.offsets)

    def of(self, name: str, total: int) -> Step:
        task = self._progress.add_task(name, total=total)
        return lambda more: self._progress.advance(task, more)


@contextmanager
def kafka_problems_shown() -> Iterator[None]:
    """Brokers out of reach are a message and exit code 1; what the client says besides is left out."""
    logs.configure("dead-letters", "error")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        yield
    except OutOfReach as error:
        raise click.ClickException(f"HIKITOME_KAFKA_BOOTSTRAP: {error}") from None


async def known_now(log: LogReader, services: Sequence[str], bars: Bars) -> Archive:
    """What the topics hold, and which letters are done; a topic that isn't there is told, and is empty."""
    extents = await extents_of(log, services)
    for service in services:
        if service not in extents:
            click.echo(f"{dead_letter(service).name}: no such topic; hikitome topics makes it.", err=True)
    total = sum(extent.offsets for extent in extents.values())
    return await archive(log, extents, bars.of("what is done", total))
