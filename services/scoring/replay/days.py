"""Days: a history lived again, everybody asked once a day: the chances, the value, and the states behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.features.state import EMPTY, CustomerState, fold, in_order
from services.scoring.model.answers import answers
from services.scoring.model.assess import days_left, worth
from services.scoring.model.kind import Models
from services.scoring.model.priority import urgency
from services.scoring.model.sight import sight
from services.scoring.training.dataset import Progress
from shared.events.envelope import Envelope
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """Arrays are days × customers: `chances` by kind (nan: not asked), `value` at risk in minor units, and
    `weight` by kind, which times the chance is the priority. `states[day][customer]` is what was known.
    """

    refs: tuple[str, ...]
    moments: tuple[datetime, ...]
    chances: Mapping[RiskKind, Array]
    value: Array
    weight: Mapping[RiskKind, Array]
    states: tuple[tuple[CustomerState, ...], ...]


def moments(last: datetime, days: int) -> tuple[datetime, ...]:
    """So many moments, a day apart; the last one is `last`."""
    return tuple(last - back * DAY for back in reversed(range(days)))


def live(
    histories: Mapping[str, Sequence[Envelope]],
    models: Models,
    when: Sequence[datetime],
    progress: Progress,
) -> Days:
    """Fold up to each moment and score all in one matrix for each kind; the silent are asked as well."""
    refs, logs = tuple(histories), [in_order(history) for history in histories.values()]
    shape = len(when), len(refs)
    chances = {kind: np.full(shape, np.nan) for kind in models}
    weight = {kind: np.zeros(shape) for kind in models}
    value = np.zeros(shape)
    states, done = [EMPTY] * len(refs), [0] * len(refs)
    known: list[tuple[CustomerState, ...]] = []
    for day, moment in enumerate(when):
        states, done = _advance(states, done, logs, moment)
        known.append(tuple(states))
        sights = [sight(state, moment) for state in states]
        for customer, (seen, said) in enumerate(zip(sights, answers(sights, models), strict=True)):
            if seen is None or not said:
                continue
            value[day, customer] = amount = worth(seen, said, models)
            for answer in said:
                chances[answer.kind][day, customer] = answer.probability
                weight[answer.kind][day, customer] = amount * urgency(days_left(seen, answer))
        progress("days", day + 1, len(when))
    return Days(refs, tuple(when), chances, value, weight, tuple(known))


def _advance(
    states: Sequence[CustomerState],
    done: Sequence[int],
    logs: Sequence[Sequence[Envelope]],
    moment: datetime,
) -> tuple[list[CustomerState], list[int]]:
    """Everybody's state at `moment`, and how much of each log it holds."""
    after, position = list(states), list(done)
    for customer, log in enumerate(logs):
        while position[customer] < len(log) and log[position[customer]].time <= moment:
            after[customer] = fold(after[customer], log[position[customer]])
            position[customer] += 1
    return after, position
