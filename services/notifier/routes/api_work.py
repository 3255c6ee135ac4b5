"""Work by program: an alert claimed, given back or resolved on behalf of an agent of the desk."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from services.notifier import proposals
from services.notifier.alert import Changed, Engaged, NotYours, Over, TakenBy, TooEarly
from services.notifier.desk import Missing, Nobody, Outcome, Repeated, Unfit
from services.notifier.resolution import Resolution
from services.notifier.routes.alerts import json_response
from services.notifier.routes.api_document import One
from services.notifier.routes.ground import Ground
from services.notifier.routes.programs import problem
from services.notifier.store import audit, cards, colleagues
from services.notifier.store.audit import Entry
from services.notifier.store.cards import Card, anonymous
from services.notifier.store.tokens import Token
from shared.postgres.engine import transaction


@dataclass(frozen=True, slots=True)
class Worker:
    """The desk's own rules hold; what is done is noted as done by the agent, through this token."""

    ground: Ground

    async def claim(self, token: Token, alert_id: str, agent: str) -> Response:
        return await self._do(
            token, "api.claimed", alert_id, agent, lambda: self.ground.desk.claim(alert_id, agent)
        )

    async def release(self, token: Token, alert_id: str, agent: str) -> Response:
        return await self._do(
            token, "api.released", alert_id, agent, lambda: self.ground.desk.release(alert_id, agent)
        )

    async def resolve(self, token: Token, alert_id: str, agent: str, said: Resolution) -> Response:
        if said.disposition == "callback" and said.callback_at is None:
            return problem(422, "needs_callback")
        desk, catalogue = self.ground.desk, self.ground.catalogue
        resolution = proposals.priced(said, catalogue)
        check = proposals.checking(resolution, catalogue, self.ground.moments())
        return await self._do(
            token,
            "api.resolved",
            alert_id,
            agent,
            lambda: desk.resolve(alert_id, agent, resolution, check),
        )

    async def _do(
        self, token: Token, what: str, alert_id: str, agent: str, work: Callable[[], Awaitable[Outcome]]
    ) -> Response:
        async with transaction(self.ground.engine) as connection:
            if not await colleagues.works_here(connection, agent):
                return problem(422, "unknown_agent")
        outcome = await work()
        async with transaction(self.ground.engine) as connection:
            card = await cards.find(connection, alert_id)
            if isinstance(outcome, Changed):
                entry = Entry(f"token {token.name}", "program", what, alert=alert_id, detail=agent)
                await audit.append(connection, entry, self.ground.now())
        return _answer(outcome, card, token)


def _answer(outcome: Outcome, card: Card | None, token: Token) -> Response:
    if card is None:
        return problem(404, "not_found")
    shown = card if "contacts:read" in token.scopes else anonymous(card)
    match outcome:
        case Changed() | Repeated():
            return json_response(One(shown))
        case TakenBy() | Engaged():
            return problem(409, "taken", alert=shown)
        case TooEarly():
            return problem(409, "too_early", alert=shown)
        case NotYours():
            return problem(409, "not_yours", alert=shown)
        case Over():
            return problem(409, "over", alert=shown)
        case Unfit(code):
            return problem(422, code)
        case Nobody():
            return problem(422, "unknown_agent")
        case Missing():
            return problem(404, "not_found")
