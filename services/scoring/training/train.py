"""Train: from an event log to an artifact, with a report of what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import msgspec
import numpy.typing as npt

from services.scoring.artifact import Artifact, Body, Manifest, Part, sealed
from services.scoring.features.state import SCHEMA_HASH
from services.scoring.model.step_tables import StepTables
from services.scoring.training.challengers import Challenger, challenged, interactions
from services.scoring.training.dataset import Dataset, Progress, looks
from services.scoring.training.labels import HORIZON_DAYS
from services.scoring.training.ladder import Climbed, climb, evidence, reachable
from services.scoring.training.owners import grouped
from services.scoring.training.part import part_of, untouched
from services.scoring.training.survival import survival
from shared.events.envelope import Envelope
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train: the horizon of each kind, another shop's model to fall back on, and whether to spend
    the time on challengers.
    """

    horizons: Mapping[RiskKind, float]
    prior: Artifact | None = None
    challengers: bool = True


PLAN = Plan(HORIZON_DAYS)


@dataclass(frozen=True, slots=True)
class Learned:
    """One kind's rows and what the model taken says of each, not having seen its customer.

    `data` are the rows learned from: of untreated customers, unless these were too few, when `data.treated`
    flags the others; `set_aside` rows were not learned from. `why` says why this rung of the ladder.
    """

    data: Dataset
    probability: Array
    tables: StepTables
    challengers: tuple[Challenger, ...]
    set_aside: int
    why: str


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """`left_out` says, for each kind that has no model, why; `ownerless` events could not be used.

    A kind whose model is another shop's, taken as it is, is in the artifact and not in `learned`.
    """

    artifact: Artifact
    learned: Mapping[RiskKind, Learned]
    left_out: Mapping[RiskKind, str]
    ownerless: int


def train_from(
    envelopes: Iterable[Envelope], trained_at: datetime, progress: Progress, plan: Plan = PLAN
) -> TrainingResult:
    """Learn from a whole event log, in any order, with repetitions and events that name no customer.

    :raises ValueError: if no event in it is about a customer.
    """
    log = grouped(envelopes)
    if not log.by_customer:
        raise ValueError("no event is about a customer")
    return train(log.by_customer, trained_at, progress, plan, log.ownerless)


def train(
    histories: Mapping[str, Sequence[Envelope]],
    trained_at: datetime,
    progress: Progress,
    plan: Plan = PLAN,
    ownerless: int = 0,
) -> TrainingResult:
    """The same histories give the same model, whatever their order."""
    looked = looks(dict(sorted(histories.items())), plan.horizons, progress)
    kinds: dict[RiskKind, Part] = {}
    learned: dict[RiskKind, Learned] = {}
    left_out: dict[RiskKind, str] = {}
    for kind, everything in looked.datasets.items():
        prior = plan.prior.body.kinds.get(kind) if plan.prior else None
        data = _left_alone(everything)
        climbed = climb(kind, data, plan.horizons[kind], prior, progress)
        if isinstance(climbed, str):
            left_out[kind] = climbed
            continue
        steps = survival(kind, looked.states, looked.last)
        part = _part(kind, data, climbed, plan.horizons[kind], prior)
        kinds[kind] = _completed(part, everything, data, steps)
        if len(data.left):
            learned[kind] = _learned(kind, everything, data, climbed, plan, progress)
    body = Body(_manifest(histories, trained_at), kinds)
    return TrainingResult(sealed(body), learned, left_out, ownerless)


def _left_alone(everything: Dataset) -> Dataset:
    """The rows to learn from: of untreated customers, where they teach more than another shop's model.

    Else a message that kept its customers would teach that high risks stay.
    """
    untreated = everything.rows(~everything.treated)
    return untreated if reachable(evidence(untreated)) != "prior" else everything


def _part(kind: RiskKind, data: Dataset, climbed: Climbed, horizon_days: float, prior: Part | None) -> Part:
    if prior is not None and not len(data.left):
        return untouched(prior, climbed)
    return part_of(kind, data, climbed, horizon_days, prior)


def _completed(part: Part, everything: Dataset, data: Dataset, steps: tuple[float, ...]) -> Part:
    return msgspec.structs.replace(
        part,
        survival=steps or part.survival,
        treated_rows=int(everything.treated.sum()),
        learned_from="all" if data.treated.any() else "untreated",
    )


def _learned(
    kind: RiskKind, everything: Dataset, data: Dataset, climbed: Climbed, plan: Plan, progress: Progress
) -> Learned:
    others = dict(climbed.others)
    if plan.challengers and climbed.others:
        others["interactions"] = interactions(kind, data, progress)
    taken = climbed.fitted.probability
    return Learned(
        data=data,
        probability=taken,
        tables=climbed.fitted.tables,
        challengers=tuple(challenged(name, data, taken, chance) for name, chance in others.items()),
        set_aside=len(everything.left) - len(data.left),
        why=climbed.why,
    )


def _manifest(histories: Mapping[str, Sequence[Envelope]], trained_at: datetime) -> Manifest:
    times = [envelope.time for history in histories.values() for envelope in history]
    return Manifest(
        schema=SCHEMA_HASH,
        trained_at=trained_at,
        first=min(times),
        last=max(times),
        libraries={name: version(name) for name in ("scikit-learn", "numpy")},
    )
