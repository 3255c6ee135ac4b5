"""Survey: what a customer says of the shop when asked (アンケート).

Source: survey.answered. A question left out leaves the answer before it standing.
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.days import days_since, seconds
from shared.events.engagement import SurveyAnswered
from shared.events.envelope import Envelope

REASONS: dict[str, tuple[str, ...]] = {
    "too_much": ("too_much", "too much", "余", "多い", "たま", "溜ま", "使い切れ"),
    "too_dear": ("too_dear", "too_expensive", "expensive", "price", "高い", "価格", "値段", "家計"),
    "no_effect": ("no_effect", "no effect", "効果", "実感", "合わな"),
}
"""What shops' own lists of reasons have in common; a reason is any of these that it contains."""


class Survey(msgspec.Struct, frozen=True, array_like=True):
    answers: int = 0
    last: float | None = None
    nps: int | None = None
    nps_before: int | None = None
    satisfaction: int | None = None
    again: bool | None = None
    reason: str | None = None


def update(state: Survey, envelope: Envelope) -> Survey:
    match envelope.data:
        case SurveyAnswered() as answer:
            return _answered(state, answer, seconds(envelope.time))
        case _:
            return state


def _answered(state: Survey, answer: SurveyAnswered, at: float) -> Survey:
    return Survey(
        answers=state.answers + 1,
        last=at,
        nps=state.nps if answer.nps is None else answer.nps,
        nps_before=state.nps_before if answer.nps is None else state.nps,
        satisfaction=state.satisfaction if answer.satisfaction is None else answer.satisfaction,
        again=state.again if answer.again is None else answer.again,
        reason=_kind(answer.reason) if answer.reason else state.reason,
    )


def _kind(reason: str) -> str | None:
    """Free text stays out of the state: only which of the closed list it is."""
    words = reason.casefold()
    return next((kind for kind, signs in REASONS.items() if any(sign in words for sign in signs)), None)


def read(state: Survey, cutoff: datetime) -> dict[str, float]:
    """nan before the first answer to that question.

    nps: 0 to 10, the newest; nps_change: that less the one before it; satisfaction: 1 to 5; again_no: 1 when
    they would not order again; survey_too_much, survey_too_dear, survey_no_effect: 1 when that was the reason
    given last, 0 when another or none was.
    """
    drop = nan if state.nps is None or state.nps_before is None else float(state.nps - state.nps_before)
    return {
        "days_since_survey": days_since(state.last, seconds(cutoff)),
        "nps": nan if state.nps is None else float(state.nps),
        "nps_change": drop,
        "satisfaction": nan if state.satisfaction is None else float(state.satisfaction),
        "again_no": nan if state.again is None else float(not state.again),
        **{f"survey_{kind}": nan if state.last is None else float(state.reason == kind) for kind in REASONS},
    }
