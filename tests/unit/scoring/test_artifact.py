"""The model's file: what it is trusted for, and what it is refused for."""

import json
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import msgspec
import pytest

from services.scoring.artifact import (
    DEMO_KEY,
    Artifact,
    Body,
    Golden,
    Manifest,
    Part,
    Rejected,
    dump,
    load,
    sealed,
)
from services.scoring.features.state import NAMES, SCHEMA_HASH
from services.scoring.model.bands import Bands
from services.scoring.model.step_tables import Platt, StepTables, Table, compiled, log_odds, probability

KEY = b"a key"
TABLES = StepTables(
    -2.0, (Table("skips_in_a_row", (0.5,), (-0.3, 1.2), missing=0.0, mean=-0.1),), Platt(1.1, 0.05)
)
SHIPPED = Path(__file__).parents[3] / "services" / "scoring" / "artifacts" / "first.json"


def golden(skips: float) -> Golden:
    vector = [skips if name == "skips_in_a_row" else nan for name in NAMES]
    score, _ = log_odds(compiled(TABLES, NAMES), vector)
    return Golden(tuple(None if x != x else x for x in vector), probability(score))


def body(schema: str = SCHEMA_HASH, goldens: tuple[Golden, ...] = (golden(0.0), golden(2.0))) -> Body:
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    part = Part(
        horizon_days=30.0,
        base_rate=0.1,
        rows=1000,
        customers=100,
        trees=50,
        metrics={"auc": 0.7},
        bands=Bands(0.1, 0.2, 0.4),
        golden=goldens,
        tables=TABLES,
    )
    return Body(Manifest(schema, moment, moment, moment, {"numpy": "2"}), {"subscription": part})


def test_what_is_written_is_read_again() -> None:
    artifact = sealed(body())
    again = load(dump(artifact, KEY), KEY)
    assert isinstance(again, Artifact)
    assert again == artifact
    assert again.models["subscription"].base_rate == 0.1


def test_the_version_is_of_the_content() -> None:
    assert sealed(body()).version == sealed(body()).version
    assert sealed(body()).version != sealed(body(goldens=())).version


def test_another_key_is_refused() -> None:
    assert load(dump(sealed(body()), KEY), b"another") == Rejected("wrong_signature")


def test_a_changed_number_is_refused() -> None:
    changed = dump(sealed(body()), KEY).replace(b'"horizon_days":30.0', b'"horizon_days":60.0')
    assert load(changed, KEY) == Rejected("wrong_signature")


def test_features_of_another_schema_are_refused() -> None:
    assert load(dump(sealed(body(schema="another")), KEY), KEY) == Rejected("wrong_schema")


def test_a_prediction_that_does_not_come_out_again_is_refused() -> None:
    wrong = Golden(golden(2.0).vector, golden(2.0).probability + 1e-6)
    assert load(dump(sealed(body(goldens=(wrong,))), KEY), KEY) == Rejected("golden_mismatch")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b"[1,2]", b'{"version":"1"}'])
def test_what_is_no_artifact_is_refused(data: bytes) -> None:
    assert load(data, KEY) == Rejected("unreadable")


def test_a_number_that_is_none_is_refused_even_when_signed() -> None:
    """NaN has no JSON: it is written as null, and where a step must stand null is unreadable."""
    broken = StepTables(nan, TABLES.tables, TABLES.platt)
    part = msgspec.structs.replace(body().kinds["subscription"], tables=broken, golden=())
    data = dump(sealed(Body(body().manifest, {"subscription": part})), KEY)
    assert load(data, KEY) == Rejected("unreadable")


def test_the_file_is_plain_json() -> None:
    file = json.loads(dump(sealed(body()), KEY))
    assert set(file) == {"version", "signature", "body"}


def test_the_model_that_ships_proves_itself() -> None:
    artifact = load(SHIPPED.read_bytes(), DEMO_KEY)
    assert isinstance(artifact, Artifact)
    assert {"subscription", "repeat"} <= set(artifact.models)
    assert artifact.body.kinds["subscription"].metrics["auc"] > 0.75
