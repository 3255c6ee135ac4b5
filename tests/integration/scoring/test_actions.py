"""What was done about a customer comes back to scoring: it is remembered, and says nothing new by itself."""

from collections.abc import Callable

from services.scoring.artifact import Artifact
from services.scoring.features.treatment import treated
from shared.events.action import ActionSent, AlertClaimed, AlertRaised, AlertResolved
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine
from tests.integration.scoring.conftest import START
from tests.integration.scoring.test_observe import joined, leaving, observe, state_of, told

Happened = Callable[..., Envelope]


async def test_messages_and_talks_are_remembered_and_raise_no_risk_event(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    await observe(engine, artifact, [*joined(happened), *leaving(happened)])
    before = await told(engine)
    assert before
    actions = [
        happened(AlertRaised("a", "episode"), 83.001),
        happened(ActionSent("m", "mail", "scenario", "episode", "step"), 83.002),
        happened(AlertClaimed("a", "episode", "agent"), 83.003),
        happened(AlertResolved("a", "episode", "agent", "kept"), 83.004),
    ]
    for action in actions:
        await observe(engine, artifact, [action])
    assert await told(engine) == before
    state = await state_of(engine)
    assert state.treatment.message is not None
    assert state.treatment.talk is not None
    assert treated(state.treatment, actions[-1].time, 1.0)
    assert state.last_time is not None
    assert state.last_time > START
