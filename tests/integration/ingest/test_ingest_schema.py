"""The OpenAPI description is true: schemathesis draws requests from it, allowed and others, and compares."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.integration.ingest.signed_calls import SHOPS
from tests.integration.ingest.test_ingest_process import Ingest, started

ROOT = Path(__file__).parents[3]
# Who signs for everybody can't ask what happens without a signature. A genuine webhook that makes no sense is
# kept, not refused; what an event's data must be depends on its type, which stands in docs/events-api.md.
NOT_WHEN_SIGNED = "ignored_auth,missing_required_header,negative_data_rejection,positive_data_acceptance"


@pytest.fixture
async def ingest(tmp_path: Path, kafka_bootstrap: str) -> AsyncIterator[Ingest]:
    await provision(CommonSettings.model_validate({"kafka_bootstrap": kafka_bootstrap}))
    shops = tmp_path / "drawn.toml"
    shops.write_text(SHOPS)
    settings = {"HIKITOME_SHOPS_FILE": str(shops), "HIKITOME_OPENAPI": "true", "HIKITOME_LOG_LEVEL": "error"}
    with started(tmp_path, kafka_bootstrap, **settings) as running:
        async with running.client:
            yield running


def drawn(ingest: Ingest, folder: Path, *options: str, **environment: str) -> str:
    """What schemathesis says; the same requests every time."""
    ended = subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis",
            *("run", f"{ingest.client.base_url}/openapi.json", "--no-color", "--checks", "all"),
            *("--generation-deterministic", "--max-examples", "150", "--request-timeout", "10"),
            *options,
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:]
    return ended.stdout


async def outcomes(ingest: Ingest) -> dict[str, float]:
    """How many requests had which outcome."""
    counted: dict[str, float] = {}
    text = (await ingest.look("/metrics")).text
    for outcome, number in re.findall(r'ingest_requests_total\{outcome="(\w+)",.*\} (\S+)', text):
        counted[outcome] = counted.get(outcome, 0) + float(number)
    return {outcome: number for outcome, number in counted.items() if number}


async def test_a_stranger_finds_what_the_description_says_and_no_way_in(
    ingest: Ingest, tmp_path: Path
) -> None:
    assert "3 selected / 3 total" in drawn(ingest, tmp_path)

    assert (await outcomes(ingest)).keys() == {"unverified", "refused"}


async def test_who_signs_finds_what_the_description_says(ingest: Ingest, tmp_path: Path) -> None:
    hooks = "tests.integration.ingest.signed_calls"
    drawn(ingest, tmp_path, "--exclude-checks", NOT_WHEN_SIGNED, SCHEMATHESIS_HOOKS=hooks)

    found = await outcomes(ingest)
    assert {"accepted", "untranslatable"} <= found.keys()
    assert not found.keys() & {"failed", "unavailable", "limited"}
