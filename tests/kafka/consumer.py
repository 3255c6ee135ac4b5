"""A consumer that writes down each event that takes effect; as a process of its own it can freeze itself.

    python -m tests.kafka.consumer SCHEMA GROUP TOPIC FREEZE

FREEZE is where in the second batch it stops itself with SIGSTOP: `before` its transaction, with the records
already in hand; or `inside` it, with its writes done but not committed.
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from sqlalchemy import event, text

from shared.events.envelope import Envelope
from shared.events.topics import DAY_MS, Topic
from shared.kafka.stream import PartitionStream
from shared.postgres.engine import AsyncConnection, create_engine
from shared.process import logs
from shared.process.run import run, start
from shared.process.settings import CommonSettings

_INSERT = text("INSERT INTO effect (event_id, subject, owner) VALUES (:event_id, :subject, :owner)")


class Effects:
    """Observes for a PartitionStream, in the name of `owner`."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    async def observe(self, connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
        rows = [{"event_id": e.id, "subject": e.subject, "owner": self._owner} for e in envelopes]
        await connection.execute(_INSERT, rows)


class Freezing(Effects):
    """Stops its own process once, in its second batch."""

    def __init__(self, owner: str, where: str) -> None:
        super().__init__(owner)
        self._where = where
        self._batches = 0
        self._thawed = False

    def on_begin(self, _: Any) -> None:
        """SQLAlchemy tells of it before the driver says BEGIN: PostgreSQL has no transaction of ours yet."""
        if self._where == "before" and self._batches == 1:
            self._freeze()

    async def observe(self, connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
        await super().observe(connection, envelopes)
        self._batches += 1
        if self._where == "inside" and self._batches == 2:
            self._freeze()

    def _freeze(self) -> None:
        if not self._thawed:
            self._thawed = True
            os.kill(os.getpid(), signal.SIGSTOP)


async def _consume(schema: str, group: str, topic: str, where: str) -> int:
    settings = CommonSettings()
    dsn = settings.postgres_dsn.get_secret_value()
    # The default of a minute would only make the test longer.
    engine = create_engine(dsn, schema, idle_in_transaction_session_timeout="3000")
    freezing = Freezing("zombie", where)
    event.listen(engine.sync_engine, "begin", freezing.on_begin)
    stream = PartitionStream(settings, engine, group, [Topic(topic, 1, DAY_MS)], freezing.observe)
    try:
        return await run(("stream", stream.run))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logs.configure("consumer")
    sys.exit(start(_consume(*sys.argv[1:])))
