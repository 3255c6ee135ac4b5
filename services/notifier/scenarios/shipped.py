"""The scenarios that come with Hikitome."""

from collections.abc import Mapping

import msgspec

from services.notifier.scenarios.scenario import Creative, Scenario, Step
from services.notifier.scenarios.trigger import OnRisk

CHURN_WARNING = Scenario(
    key="churn_warning",
    version=2,
    title="解約予兆",
    trigger=OnRisk(
        bands=frozenset({"high", "critical"}),
        # Not a payment that fails: to ask how one likes it is beside the point, so an agent calls instead.
        kinds=frozenset({"subscription", "repeat"}),
        # Who has asked to leave, or complained, gets an answer, not persuasion.
        unless=frozenset({"cancel_requested", "leaving_contact", "complaint"}),
    ),
    steps=(
        Step(
            key="mail",
            ways=("mail",),
            creatives=(Creative(key="churn_warning", way="mail", subject="{{ opening_subject }}", body=""),),
        ),
    ),
    salt="churn_warning/1",
)

SCENARIOS: Mapping[str, Scenario] = {CHURN_WARNING.key: CHURN_WARNING}


def with_holdout(scenarios: Mapping[str, Scenario], percent: float) -> dict[str, Scenario]:
    """The same scenarios with another share left alone; who was left alone before stays so when it grows."""
    return {
        key: msgspec.structs.replace(scenario, holdout_percent=percent) for key, scenario in scenarios.items()
    }
