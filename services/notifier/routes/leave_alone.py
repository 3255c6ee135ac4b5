"""/api/never and /api/do-not-wake: the two lists of whom to leave alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from services.notifier.leave_alone import MOST_LISTED, LeaveAlone
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.routes.messages import Ref
from services.notifier.store import do_not_wake, never
from shared.events.customer import Channel

# So many lines of a file at a time: more would not fit into a body.
MOST_AT_ONCE = 500

Address = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\x00]+$")]
Prefix = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{never.PREFIX}}}$")]
Skip = Annotated[int, Query(ge=0, le=1_000_000)]


class Banned(BaseModel):
    """Addresses as people write them: in a body, and nowhere else."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    addresses: list[Address] = Field(min_length=1, max_length=MOST_AT_ONCE)
    because: never.Because


class BannedCustomer(BaseModel):
    """All addresses of a person on these channels."""

    model_config = ConfigDict(extra="forbid")

    customer_ref: Ref
    channels: list[Channel] = Field(min_length=1, max_length=4)
    because: never.Because


class Allowed(BaseModel):
    """One entry, as the list shows it."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    prefix: Prefix


class Sleepers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer_refs: list[Ref] = Field(min_length=1, max_length=MOST_AT_ONCE)
    because: do_not_wake.Because


class Woken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer_ref: Ref


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api", dependencies=[Depends(whoever_may("market"))])
    key = ground.settings.never_key()
    lists = LeaveAlone(ground.engine, key, ground.now, ground.business_now)

    @routes.get("/never")
    async def banned(channel: Channel | None = None, skip: Skip = 0) -> Response:
        return json_response({"entries": await lists.never(channel, skip), "most": MOST_LISTED})

    @routes.post("/never")
    async def ban(wanted: Banned, request: Request) -> Response:
        by = entry_of(request, "never.added")
        added, unfit = await lists.ban(wanted.channel, wanted.addresses, wanted.because, by)
        return json_response({"added": added, "unfit": unfit}, 201 if added else 200)

    @routes.post("/never/customer")
    async def ban_customer(wanted: BannedCustomer, request: Request) -> Response:
        by = entry_of(request, "never.added", wanted.customer_ref)
        added = await lists.ban_customer(wanted.customer_ref, wanted.channels, wanted.because, by)
        return json_response({"added": added}, 201 if added else 200)

    @routes.post("/never/remove")
    async def allow(wanted: Allowed, request: Request) -> Response:
        if await lists.allow(wanted.channel, wanted.prefix, entry_of(request, "never.removed")):
            return json_response({})
        return json_response({"problem": "missing"}, 404)

    @routes.get("/do-not-wake")
    async def sleepers(skip: Skip = 0) -> Response:
        return json_response({"entries": await lists.sleepers(skip), "most": MOST_LISTED})

    @routes.post("/do-not-wake")
    async def let_sleep(wanted: Sleepers, request: Request) -> Response:
        by = entry_of(request, "do_not_wake.added")
        added = await lists.let_sleep(wanted.customer_refs, wanted.because, by)
        return json_response({"added": added}, 201 if added else 200)

    @routes.post("/do-not-wake/remove")
    async def wake(wanted: Woken, request: Request) -> Response:
        by = entry_of(request, "do_not_wake.removed", wanted.customer_ref)
        if await lists.wake(wanted.customer_ref, by):
            return json_response({})
        return json_response({"problem": "missing"}, 404)

    return routes
