"""/scenarios: the marketer's scenarios, their words and timing, who is in them, and the switch."""

from typing import get_args

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.notifier.marketing import Marketing
from services.notifier.preview import Asked, Shown, Unseen, preview
from services.notifier.rehearse import house_of
from services.notifier.routes import scenario_deeds
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, whoever_may
from services.notifier.routes.page import language_in
from services.notifier.routes.scenario_bodies import (
    MOST_BODY_BYTES,
    Draft,
    Key,
    Looked,
    Unfit,
    missing,
    read,
    refused,
)
from services.notifier.scenarios.check import problems
from services.notifier.scenarios.scenario import ALWAYS, Did, End
from services.notifier.scenarios.trigger import Happened
from services.notifier.sentence import sentence
from services.notifier.templates.placeholders import PLACEHOLDERS
from services.notifier.templates.render import Templates
from services.notifier.templates.sample import SAMPLES
from services.notifier.web.reason_names import told as reason_names
from shared.events.action import Way
from shared.events.risk import Band, RiskKind

MOST_PEOPLE = 200


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()

    @routes.get("/scenarios", include_in_schema=False)
    async def page(request: Request) -> Response:
        told: dict[str, object] = {
            "ways": [way for way in get_args(Way) if way != "phone"],
            "dids": get_args(Did),
            "ends": [end for end in get_args(End) if end not in ALWAYS],
            "events": get_args(Happened),
            "bands": get_args(Band),
            "kinds": get_args(RiskKind),
            "reason_names": reason_names(language_in(request)),
            "placeholders": list(PLACEHOLDERS),
            "samples": list(SAMPLES),
        }
        return ground.pages.show(request, "scenarios", told)

    calls = APIRouter(prefix="/api/scenarios", dependencies=[Depends(whoever_may("market"))])
    marketing = Marketing(ground.engine, ground.business_now, ground.now)
    _add_drafts(calls, ground)
    calls.include_router(scenario_deeds.router(marketing, house_of(ground.settings)))
    _add_reading(calls, marketing)
    routes.include_router(calls)
    return routes


def _add_drafts(calls: APIRouter, ground: Ground) -> None:
    templates, sender = Templates(), ground.settings.sender()

    @calls.post("/check", max_body_size=MOST_BODY_BYTES)
    async def check(draft: Draft, request: Request) -> Response:
        found = read(draft)
        if isinstance(found, Unfit):
            return json_response({"problems": [found], "sentence": None})
        told = sentence(found.trigger, found.segment, language_in(request))
        return json_response({"problems": problems(found), "sentence": told})

    @calls.post("/preview", max_body_size=MOST_BODY_BYTES)
    async def show(looked: Looked) -> Response:
        if looked.sample is not None and looked.sample not in SAMPLES:
            return json_response({"problem": "missing"}, 404)
        found = read(looked)
        if isinstance(found, Unfit):
            return refused([found])
        match preview(Asked(found, looked.step, looked.creative, looked.sample), sender, templates):
            case Shown() as shown:
                return json_response(shown)
            case Unseen() as unseen:
                return refused([unseen])
            case None:
                return json_response({"problem": "missing"}, 404)


def _add_reading(calls: APIRouter, marketing: Marketing) -> None:
    @calls.get("")
    async def listed(request: Request) -> Response:
        language = language_in(request)
        found = await marketing.listed()
        return json_response(
            {
                "scenarios": [
                    one.told(sentence(one.scenario.trigger, one.scenario.segment, language)) for one in found
                ]
            }
        )

    @calls.get("/{key}")
    async def one(key: Key) -> Response:
        found = await marketing.find(key)
        return missing() if found is None else json_response(found)

    @calls.get("/{key}/versions/{version}")
    async def version(key: Key, version: int) -> Response:
        found = await marketing.version(key, version)
        return missing() if found is None else json_response({"scenario": found})

    @calls.get("/{key}/people")
    async def people(
        key: Key, step: str | None = Query(None, max_length=60), most: int = Query(100, ge=1, le=MOST_PEOPLE)
    ) -> Response:
        return json_response({"people": await marketing.people(key, step, most)})
