"""Metrics reader: asks other services how they are, at their /metrics, and does not wait long for it."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from prometheus_client.parser import text_string_to_metric_families

from services.notifier.condition import Sample

PATIENCE = 2.0
# Most of an answer are histograms, which nobody here reads and which would cost more than all else.
WANTED = (
    "hikitome_consumer_assigned_partitions",
    "hikitome_consumer_lag_seconds",
    "hikitome_dead_letters_total",
    "hikitome_ingest_untranslatable_total",
    "hikitome_model_loaded",
    "hikitome_model_trained_timestamp_seconds",
    "hikitome_outbox_oldest_age_seconds",
    "hikitome_outbox_pending",
    "hikitome_spool_",
    "hikitome_sse_clients",
)


@dataclass(frozen=True, slots=True)
class MetricsReader:
    """`sources` are addresses by service; making a TLS context takes long, so there is one for all time."""

    sources: Mapping[str, str]
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def read(self) -> dict[str, Sequence[Sample] | None]:
        """What each service tells; None of one that does not answer in time, or not with metrics."""
        if not self.sources:
            return {}
        async with httpx.AsyncClient(timeout=PATIENCE, verify=self.tls) as client:
            told = await asyncio.gather(*(_ask(client, address) for address in self.sources.values()))
        return dict(zip(self.sources, told, strict=True))


async def _ask(client: httpx.AsyncClient, address: str) -> Sequence[Sample] | None:
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await client.get(address)
        return samples(answer.text) if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, TimeoutError, ValueError):
        return None


def samples(text: str) -> list[Sample]:
    """The numbers we want among those that a service shows.

    :raises ValueError: if a line of them is no metric.
    """
    lines = "".join(f"{line}\n" for line in text.splitlines() if line.startswith(WANTED))
    return [
        Sample(sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(lines)
        for sample in family.samples
    ]
