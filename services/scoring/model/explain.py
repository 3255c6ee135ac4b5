"""Explain: one customer's score taken apart, so that each part can be read and all add up."""

from datetime import datetime

import msgspec

from services.scoring.features.state import CustomerState
from services.scoring.model.answers import answers
from services.scoring.model.assess import Assessment, assess, days_left
from services.scoring.model.episode import Previous
from services.scoring.model.kind import Models
from services.scoring.model.priority import urgency
from services.scoring.model.sight import sight


class Explanation(msgspec.Struct, frozen=True):
    """log_odds = baseline + the reasons' and strengths' contributions + `untold`, of the kind that is told.

    `untold` is what the model weighs and no sentence says. `days_left` until the parcel can't be changed any
    more; None where nothing is due. priority = value at risk × probability × `urgency`.
    """

    assessment: Assessment
    baseline: float
    untold: float
    log_odds: float
    days_left: float | None
    urgency: float


def explain(state: CustomerState, moment: datetime, models: Models) -> Explanation | None:
    """At `moment`, with no memory of what was told before. None where there is no score."""
    seen = sight(state, moment)
    said = answers([seen], models)[0]
    if seen is None or not said:
        return None
    assessed = assess(state, Previous(), moment, models)
    answer = next(each for each in said if each.kind == assessed.kind)
    left = days_left(seen, answer)
    told = sum(each.contribution for each in (*assessed.reasons, *assessed.strengths))
    baseline = answer.model.additive.baseline
    return Explanation(
        assessment=assessed,
        baseline=baseline,
        untold=sum(answer.contributions) - told,
        log_odds=answer.log_odds,
        days_left=left,
        urgency=urgency(left),
    )
