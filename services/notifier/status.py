"""Status: gathers how the system is from our own tables and from what the other services tell."""

from dataclasses import asdict, dataclass
from importlib.metadata import version

from services.notifier.channels.metrics_reader import MetricsReader
from services.notifier.condition import Figures, Level, Statement, judge, worst
from services.notifier.store import status as store
from shared.clock import Now
from shared.postgres.engine import AsyncEngine, transaction


@dataclass(frozen=True, slots=True)
class Status:
    """`speed` is that of the business clock, so that a message's lateness can be told in real time."""

    engine: AsyncEngine
    reader: MetricsReader
    business_now: Now
    now: Now
    speed: float

    async def statements(self) -> tuple[Level, list[Statement]]:
        """How it is on the whole, and each statement about it."""
        made = judge(await self._figures(), self.now())
        return worst(made), made

    async def _figures(self) -> Figures:
        sources = await self.reader.read()
        business_now = self.business_now()
        async with transaction(self.engine) as connection:
            carts = await store.carts(connection)
            waiting = asdict(await store.waiting(connection, business_now))
            schema = await store.schema(connection)
        oldest = waiting.pop("oldest_due")
        late = (business_now - oldest).total_seconds() / self.speed if oldest else 0.0
        return Figures(
            carts, sources, unsent_seconds=late, schema=schema, version=version("hikitome"), **waiting
        )
