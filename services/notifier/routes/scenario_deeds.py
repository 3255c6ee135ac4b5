"""/api/scenarios: what a marketer does with them - saving, switching, recalling, files in and out."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.marketing import Marketing
from services.notifier.playbook import Wrong
from services.notifier.rehearse import House
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import entry_of
from services.notifier.routes.scenario_bodies import (
    MOST_BODY_BYTES,
    Imported,
    Key,
    Period,
    Saved,
    Unfit,
    missing,
    read,
    refused,
)
from services.notifier.scenarios import file
from services.notifier.store.scenarios import Conflict


def router(marketing: Marketing, house: House) -> APIRouter:
    """Before the routes that read one scenario: a file of all is none of them."""
    calls = APIRouter()
    _add_files(calls, marketing)
    _add_saving(calls, marketing)
    _add_switch(calls, marketing)
    _add_rehearsal(calls, marketing, house)
    return calls


def _add_files(calls: APIRouter, marketing: Marketing) -> None:
    @calls.get("/export")
    async def export_all() -> Response:
        return _toml(file.write(await marketing.scenarios()), "scenarios")

    @calls.get("/{key}/export")
    async def export(key: Key) -> Response:
        found = await marketing.scenarios(key)
        return _toml(file.write(found), key) if found else missing()

    @calls.post("/import", max_body_size=MOST_BODY_BYTES)
    async def bring_in(wanted: Imported, request: Request) -> Response:
        try:
            found = file.read(wanted.toml)
        except file.Unreadable as error:
            return refused([Unfit(error.where, "unreadable", error.why)])
        entry = entry_of(request, "scenario.imported")
        match await marketing.bring_in(found, entry, dry=wanted.dry):
            case Wrong(problems):
                return refused(problems)
            case Conflict(version):
                return _overtaken(version)
            case changes:
                return json_response({"scenarios": changes})


def _add_saving(calls: APIRouter, marketing: Marketing) -> None:
    @calls.put("/{key}", max_body_size=MOST_BODY_BYTES)
    async def save(key: Key, wanted: Saved, request: Request) -> Response:
        found = read(wanted)
        if isinstance(found, Unfit):
            return refused([found])
        if found.key != key:
            return refused([Unfit("key", "bad_key")])
        entry = entry_of(request, "scenario.saved")
        match await marketing.save(found, wanted.base_version, wanted.note, entry):
            case Wrong(problems):
                return refused(problems)
            case Conflict(version):
                return _overtaken(version)
            case version:
                return json_response({"version": version})


def _add_switch(calls: APIRouter, marketing: Marketing) -> None:
    @calls.post("/{key}/on")
    async def on(key: Key, request: Request) -> Response:
        return _done(await marketing.switch(key, True, entry_of(request, "scenario.on")))

    @calls.post("/{key}/off")
    async def off(key: Key, request: Request) -> Response:
        return _done(await marketing.switch(key, False, entry_of(request, "scenario.off")))

    @calls.post("/{key}/resume")
    async def resume(key: Key, request: Request) -> Response:
        return _done(await marketing.resume(key, entry_of(request, "scenario.resumed")))

    @calls.post("/{key}/recall")
    async def recall(key: Key, request: Request) -> Response:
        recalled = await marketing.recall(key, entry_of(request, "scenario.recalled"))
        return missing() if recalled is None else json_response({"recalled": recalled})


def _add_rehearsal(calls: APIRouter, marketing: Marketing, house: House) -> None:
    @calls.post("/{key}/dry-run")
    async def dry_run(key: Key, period: Period, request: Request) -> Response:
        entry = entry_of(request, "scenario.rehearsed")
        found = await marketing.rehearse(key, house, period.days, entry)
        return missing() if found is None else json_response(found)


def _done(done: bool) -> Response:
    return json_response({}) if done else missing()


def _overtaken(version: int) -> Response:
    return json_response({"problem": "changed_meanwhile", "version": version}, 409)


def _toml(content: str, name: str) -> Response:
    return Response(
        content,
        media_type="application/toml; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.toml"'},
    )
