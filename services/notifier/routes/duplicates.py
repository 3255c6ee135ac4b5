"""/api/duplicates: pairs of accounts that may be one customer, for supervisors to judge.

References stand in bodies only; addresses carry the pair's id, which says nothing of whom it is about.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.duplicates import MOST_LISTED, Duplicates, Faces, Missing, Overtaken
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, whoever_may
from services.notifier.store.agents import Agent
from services.notifier.web import phone
from services.notifier.web.agreement import address
from shared.events.customer import ContactChanged

# PostgreSQL's text refuses NUL.
_REFERENCE = r"^[^\x00]+$"


class Verdict(BaseModel):
    """One customer (`confirmed`) or two (`denied`), of a pair that was `seen` in this state."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["confirmed", "denied"]
    seen: Literal["open", "confirmed", "denied", "withdrawn"]


class Parting(BaseModel):
    """An account that is not of this person."""

    model_config = ConfigDict(extra="forbid")

    person: str = Field(max_length=400, pattern=_REFERENCE)
    account: str = Field(max_length=400, pattern=_REFERENCE)


Who = Annotated[Agent, Depends(whoever_may("supervise"))]


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api/duplicates")
    duplicates = Duplicates(ground.engine, ground.business_now, ground.now)

    @routes.get("")
    async def listed(_who: Who) -> Response:
        return json_response(await duplicates.listed(MOST_LISTED))

    @routes.post("/separate")
    async def separate(parting: Parting, who: Who) -> Response:
        match await duplicates.separate(parting.person, parting.account, who.login):
            case Missing():
                return json_response({"problem": "missing"}, 404)
            case now:
                return json_response(now)

    @routes.post("/{pair_id}/contacts")
    async def contacts(pair_id: UUID, who: Who) -> Response:
        """Not a GET: it leaves a trace."""
        match await duplicates.show(str(pair_id), who.login):
            case Missing():
                return json_response({"problem": "missing"}, 404)
            case Faces(pair, one, other, agreeing):
                faces = [_readable(one), _readable(other)]
                return json_response({"pair": pair, "faces": faces, "agreeing": agreeing})

    @routes.post("/{pair_id}/judge")
    async def judge(pair_id: UUID, verdict: Verdict, who: Who) -> Response:
        match await duplicates.judge(str(pair_id), verdict.verdict, verdict.seen, who.login):
            case Missing():
                return json_response({"problem": "missing"}, 404)
            case Overtaken(pair):
                return json_response({"problem": "overtaken", "pair": pair}, 409)
            case pair:
                return json_response({"pair": pair})

    return routes


def _readable(contact: ContactChanged) -> dict[str, str | None]:
    return {
        "name": contact.name,
        "kana": contact.kana,
        "phone": phone.read(contact.phone).text if contact.phone else None,
        "mail": contact.mail,
        "address": address(contact),
    }
