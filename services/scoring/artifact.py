"""The model as a file: plain signed data that can't run code, and that proves itself before it serves."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isclose, nan
from typing import Literal

import msgspec

from services.scoring.features.state import NAMES, SCHEMA_HASH
from services.scoring.model.bands import Bands
from services.scoring.model.kind import KindModel, Models
from services.scoring.model.step_tables import StepTables, compiled, log_odds, probability
from shared.events.risk import RiskKind, Rung

DEMO_KEY = b"hikitome-demo-artifact"
"""Signs the artifact that ships with the code. No secret: who trains a model sets a key."""

TOLERANCE = 1e-9


class Golden(msgspec.Struct, frozen=True):
    """A vector (null = unknown) and the probability it had on the day of training."""

    vector: tuple[float | None, ...]
    probability: float


class Part(msgspec.Struct, frozen=True):
    """One kind's model, and what it was made from.

    `rung` says how much could be learned, `auc_interval` (95 %) how sure that is. `survival[n - 1]` is the
    share of customers who go on to delivery (or order) n + 1 after the nth; the last holds for all after it.
    `alerts_per_day` is the capacity the bands were fitted to, None where they take shares of the population.
    `metrics` are of customers the model had not seen; those that end in `_later` of weeks it had not seen.
    `treated_rows` are of customers about whom something was done: set aside where `learned_from` untreated
    ones alone, and never judged on, unless nothing else is left. A prior may have been made of no rows here.
    """

    horizon_days: float
    base_rate: float
    rows: int
    customers: int
    trees: int
    metrics: dict[str, float]
    bands: Bands
    golden: tuple[Golden, ...]
    tables: StepTables
    rung: Rung = "full"
    auc_interval: tuple[float, float] | None = None
    survival: tuple[float, ...] = ()
    alerts_per_day: float | None = None
    treated_rows: int = 0
    learned_from: Literal["untreated", "all"] = "untreated"


class Manifest(msgspec.Struct, frozen=True):
    """`first` and `last` are the window of the data."""

    schema: str
    trained_at: datetime
    first: datetime
    last: datetime
    libraries: dict[str, str]


class Body(msgspec.Struct, frozen=True):
    manifest: Manifest
    kinds: dict[RiskKind, Part]


class _File(msgspec.Struct, frozen=True):
    version: str
    signature: str
    body: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Artifact:
    """`version` is a short hash of the content; `models` are ready to score with."""

    version: str
    body: Body
    models: Models


@dataclass(frozen=True, slots=True)
class Rejected:
    reason: Literal["unreadable", "wrong_signature", "wrong_schema", "golden_mismatch"]


def sealed(body: Body) -> Artifact:
    return Artifact(_version(_canonical(body)), body, _models(body.kinds))


def dump(artifact: Artifact, key: bytes) -> bytes:
    content = _canonical(artifact.body)
    return (
        msgspec.json.encode(_File(artifact.version, _signature(content, key), msgspec.Raw(content))) + b"\n"
    )


def load(data: bytes, key: bytes) -> Artifact | Rejected:
    """Trust nothing before the signature, and no number before the golden predictions come out again."""
    try:
        file = msgspec.json.decode(data, type=_File)
        content = bytes(file.body)
        if not hmac.compare_digest(file.signature.encode(), _signature(content, key).encode()):
            return Rejected("wrong_signature")
        body = msgspec.json.decode(content, type=Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Rejected("unreadable")
    if body.manifest.schema != SCHEMA_HASH:
        return Rejected("wrong_schema")
    artifact = Artifact(_version(content), body, _models(body.kinds))
    return artifact if _proves_itself(artifact) else Rejected("golden_mismatch")


def predict(model: KindModel, golden: Golden) -> float:
    return probability(log_odds(model.additive, [nan if x is None else x for x in golden.vector])[0])


def _proves_itself(artifact: Artifact) -> bool:
    return all(
        isclose(predict(artifact.models[kind], golden), golden.probability, abs_tol=TOLERANCE)
        for kind, part in artifact.body.kinds.items()
        for golden in part.golden
    )


def _models(kinds: Mapping[RiskKind, Part]) -> Models:
    return {
        kind: KindModel(
            compiled(part.tables, NAMES),
            part.bands,
            part.horizon_days,
            part.base_rate,
            part.rung,
            part.survival,
        )
        for kind, part in kinds.items()
    }


def _canonical(body: Body) -> bytes:
    return msgspec.json.encode(body, order="sorted")


def _signature(content: bytes, key: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
