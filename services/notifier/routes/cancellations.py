"""/api/cancellations: who asked to leave which contract, recorded by anyone here; what came of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier import cancellation, way_out
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, agent_of, entry_of, whoever_may
from services.notifier.routes.page import language_in
from services.notifier.store import audit, cancellations, cards
from services.notifier.store.agents import Agent
from services.notifier.store.cancellations import Cancellation, State
from services.notifier.web.call_reasons import BY_CODE, label_of
from services.notifier.web.sheet import Cell, sheet
from services.notifier.web.words import WORDS, Language
from shared.events.refs import is_customer_ref
from shared.postgres.engine import AsyncConnection, transaction

MOST = 1_000
LATELY = timedelta(days=7)
# PostgreSQL's text refuses NUL, and what is no text has no place in a number.
Code = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Fact = Annotated[str, Field(min_length=1, max_length=way_out.LONGEST_FACT, pattern=r"^[a-z0-9_:.-]+$")]
Who = Annotated[Agent, Depends(whoever_may("desk"))]


class Asked(BaseModel):
    """What is recorded; nothing but the contract is needed."""

    model_config = ConfigDict(extra="forbid")

    subscription: Code | None = None
    reason: str | None = Field(None, max_length=60)
    reason_detail: str | None = Field(None, max_length=60)
    told: list[Fact] = Field([], max_length=20)
    note: str | None = Field(None, max_length=2000)

    def known_reason(self) -> tuple[str | None, str | None]:
        """A wrong code stands in nobody's way: it is left out."""
        reason = BY_CODE.get(self.reason or "")
        if reason is None:
            return None, None
        details = {detail.code for detail in reason.details}
        return reason.code, self.reason_detail if self.reason_detail in details else None


class AskedBy(Asked):
    """Without an alert: whose contract it is."""

    customer_ref: Code


class Done(BaseModel):
    """`reference` is the cart's own number of the cancellation."""

    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f]*$")] | None = None


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(whoever_may("desk"))])
    _recording(routes, ground)
    _settling(routes, ground)

    @routes.get("/api/cancellations")
    async def listed() -> Response:
        async with transaction(ground.engine) as connection:
            waiting = await cancellations.waiting(connection, MOST)
            since = ground.business_now() - LATELY
            settled = await cancellations.settled(connection, since, MOST)
        return json_response({"cancellations": [_told(ground, one) for one in (*waiting, *settled)]})

    @routes.get("/api/cancellations.csv")
    async def exported(request: Request, _who: Who) -> Response:
        """Those that wait, for who ends the contracts at the cart."""
        async with transaction(ground.engine) as connection:
            waiting = await cancellations.waiting(connection, MOST)
            entry = replace(entry_of(request, "export"), detail=f"cancellations {len(waiting)}")
            await audit.append(connection, entry, ground.now())
        today = ground.business_now().astimezone(ground.settings.shop_zone())
        name = f"hikitome-cancellations_{today:%Y%m%d}.csv"
        return Response(
            _sheet(ground, waiting, language_in(request)),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return routes


def _recording(routes: APIRouter, ground: Ground) -> None:
    @routes.post("/api/alerts/{alert_id}/cancel")
    async def cancel_alert(alert_id: UUID, request: Request, asked: Asked) -> Response:
        """Whoever holds the alert, and whether or not it is still open."""
        async with transaction(ground.engine) as connection:
            card = await cards.find(connection, str(alert_id))
        if card is None:
            return json_response({"problem": "missing"}, 404)
        subscription = asked.subscription or card.subscription
        if subscription is None:
            return json_response({"problem": "needs_subscription"}, 422)
        return await _record(ground, request, asked, (card.customer_ref, subscription, str(alert_id)))

    @routes.post("/api/customers/cancel")
    async def cancel_customer(request: Request, asked: AskedBy) -> Response:
        """For whoever calls in, or comes with a complaint."""
        if not is_customer_ref(asked.customer_ref):
            return json_response({"problem": "unknown_customer"}, 422)
        if asked.subscription is None:
            return json_response({"problem": "needs_subscription"}, 422)
        return await _record(ground, request, asked, (asked.customer_ref, asked.subscription, None))


def _settling(routes: APIRouter, ground: Ground) -> None:
    @routes.post("/api/cancellations/{cancellation_id}/done")
    async def done(cancellation_id: UUID, request: Request, said: Done | None = None) -> Response:
        by, reference = agent_of(request).login, said.reference if said is not None else None
        async with transaction(ground.engine) as connection:
            at = ground.business_now()
            fits = await cancellation.done(connection, str(cancellation_id), by, reference or None, at)
            return await _settled(connection, ground, request, (str(cancellation_id), "done", fits))

    @routes.post("/api/cancellations/{cancellation_id}/back")
    async def back(cancellation_id: UUID, request: Request) -> Response:
        """The customer wishes to stay after all, and has said so to this agent."""
        by = agent_of(request).login
        async with transaction(ground.engine) as connection:
            fits = await cancellation.take_back(connection, str(cancellation_id), by, ground.moments())
            return await _settled(connection, ground, request, (str(cancellation_id), "taken_back", fits))


async def _record(
    ground: Ground, request: Request, asked: Asked, whose: tuple[str, str, str | None]
) -> Response:
    """`whose`: the customer, the contract, and the alert if there is one."""
    customer_ref, subscription, alert = whose
    reason, detail = asked.known_reason()
    wanted = cancellation.Request(
        customer_ref=customer_ref,
        subscription=subscription,
        agent=agent_of(request).login,
        alert=alert,
        reason=reason,
        reason_detail=detail,
        told=asked.told,
        note=(asked.note or "").replace("\x00", "").strip() or None,
    )
    async with transaction(ground.engine) as connection:
        recorded = await cancellation.record(connection, wanted, ground.moments())
        kept = recorded.cancellation
        entry = entry_of(request, "cancellation.recorded", kept.customer_ref, alert)
        again = "" if recorded.is_new else " (again)"
        await audit.append(connection, replace(entry, detail=f"{kept.number}{again}"), ground.now())
    return json_response({"cancellation": _told(ground, kept)}, 201 if recorded.is_new else 200)


async def _settled(
    connection: AsyncConnection, ground: Ground, request: Request, what: tuple[str, State, bool]
) -> Response:
    """`what`: which one, what has become of it, and whether that was news."""
    id_, state, is_news = what
    found = await cancellations.find(connection, id_)
    if found is None:
        return json_response({"problem": "missing"}, 404)
    if not is_news and found.state != state:
        return json_response({"problem": "cancellation_over", "cancellation": _told(ground, found)}, 409)
    if is_news:
        entry = entry_of(request, f"cancellation.{state}", found.customer_ref, found.alert)
        await audit.append(connection, replace(entry, detail=found.number), ground.now())
    return json_response({"cancellation": _told(ground, found)})


def _told(ground: Ground, one: Cancellation) -> dict[str, object]:
    return {**msgspec.structs.asdict(one), "overdue": _is_overdue(ground, one)}


def _is_overdue(ground: Ground, one: Cancellation) -> bool:
    """Not done on the day it was asked for."""
    zone = ground.settings.shop_zone()
    return one.state == "requested" and way_out.overdue(one.requested_at, ground.business_now(), zone)


_COLUMNS = (
    *("number", "requested_at", "shop", "cart", "customer", "name", "subscription"),
    *("next_parcel", "effective_delivery", "reason", "source", "agent", "overdue"),
)


def _sheet(ground: Ground, waiting: Sequence[Cancellation], language: Language) -> bytes:
    words = WORDS[language]
    head: list[Cell] = [words[f"sheet_{column}"] for column in _COLUMNS]
    return sheet([head, *(_line(ground, one, language) for one in waiting)])


def _line(ground: Ground, one: Cancellation, language: Language) -> list[Cell]:
    words, (shop, cart, customer) = WORDS[language], one.customer_ref.split("/", 2)
    requested = one.requested_at.astimezone(ground.settings.shop_zone())
    return [
        one.number,
        f"{requested:%Y-%m-%d %H:%M}",
        shop,
        cart,
        customer,
        one.name,
        one.subscription,
        words[f"next_parcel_{one.next_parcel}"],
        one.effective_delivery,
        label_of(one.reason, language),
        words[f"source_{one.source}"],
        one.agent_name,
        words["sheet_yes"] if _is_overdue(ground, one) else None,
    ]
