"""The ground that all routes stand on: the parts that `app` has put together, and who may do what on them."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import HTTPException, Request

from services.notifier.auth import Door
from services.notifier.desk import Desk
from services.notifier.moments import Moments
from services.notifier.offers.offer import Catalogue
from services.notifier.rights import Right, may
from services.notifier.routes.page import Pages
from services.notifier.settings import NotifierSettings
from services.notifier.store.agents import Agent
from services.notifier.store.audit import Entry
from services.notifier.stream import Fanout
from shared.clock import Now
from shared.postgres.engine import AsyncEngine


@dataclass(frozen=True, slots=True)
class Ground:
    """`business_now` dates the facts, `now` (real time) is for leases, sessions and traces."""

    settings: NotifierSettings
    engine: AsyncEngine
    business_now: Now
    now: Now
    desk: Desk
    door: Door
    fanout: Fanout
    pages: Pages
    catalogue: Catalogue

    def moments(self) -> Moments:
        return Moments(self.now(), self.business_now())


def agent_of(request: Request) -> Agent:
    """The gate has put it there."""
    agent: Agent = request.state.agent
    return agent


def whoever_may(right: Right) -> Callable[[Request], Agent]:
    """For `Depends`: the agent whose session this is.

    The dependency raises HTTPException 403 for whoever lacks the right.
    """

    def agent_with(request: Request) -> Agent:
        agent = agent_of(request)
        if not may(agent.role, right):
            raise HTTPException(403, "not_allowed")
        return agent

    return agent_with


def entry_of(request: Request, what: str, subject: str | None = None, alert: str | None = None) -> Entry:
    """For the audit log: this request's agent, from the peer's address."""
    agent = agent_of(request)
    whence = request.client.host if request.client else None
    return Entry(agent.login, agent.role, what, subject, alert, whence=whence)
