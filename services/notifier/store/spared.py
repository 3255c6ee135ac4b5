"""Spared: customers of a holdout (比較群) whom the desk did not call, written down once an episode."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import text

from services.notifier.scenarios.action import Action
from services.notifier.store.given import arrays, given
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncConnection

# A step of every scenario, which no scenario has to name.
_STEP = "desk"


@dataclass(frozen=True, slots=True)
class Spared:
    """A call that was not made: to whom, and in the holdout of which scenario."""

    customer_ref: str
    scenario: str
    episode: str
    correlation_id: str
    causation_id: str

    def action(self) -> Action:
        return Action(
            id=derived_id("action", self.customer_ref, self.scenario, self.episode, _STEP),
            customer_ref=self.customer_ref,
            scenario=self.scenario,
            episode=self.episode,
            step=_STEP,
            channel="phone",
            creative=_STEP,
            shop=self.customer_ref.split("/", 1)[0],
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            attempt=0,
            fence=0,
        )


_ACTION = {
    "id": "uuid",
    "customer_ref": "text",
    "scenario": "text",
    "episode": "text",
    "step": "text",
    "channel": "text",
    "creative": "text",
    "shop": "text",
    "correlation_id": "text",
    "causation_id": "text",
}
# Who was called in this episode, or stands in the queue, was not spared in it.
_ADD = text(
    f"WITH fresh AS (INSERT INTO action ({', '.join(_ACTION)}, state, reason, due_at)"  # noqa: S608
    f" SELECT given.*, 'suppressed', 'holdout', e.enrolled_at FROM {given(_ACTION)}"
    " JOIN enrolment AS e USING (customer_ref, scenario, episode)"
    " WHERE NOT EXISTS (SELECT FROM alert AS a WHERE a.episode = given.episode"
    " AND (a.attempts > 0 OR a.state <> 'withdrawn'))"
    " ON CONFLICT DO NOTHING RETURNING id)"
    " INSERT INTO action_history (action_id, state, reason) SELECT id, 'suppressed', 'holdout' FROM fresh"
    " RETURNING action_id"
)


async def add(connection: AsyncConnection, spared: Sequence[Spared]) -> list[Action]:
    """Write down those who are enrolled, and give what was not known yet."""
    actions = {one.id: one for one in sorted((each.action() for each in spared), key=lambda one: one.id)}
    if not actions:
        return []
    rows = [
        {name: value for name, value in asdict(one).items() if name in _ACTION} for one in actions.values()
    ]
    added = await connection.execute(_ADD, arrays(_ACTION, rows))
    return [actions[id_] for id_ in sorted(str(row.action_id) for row in added)]
