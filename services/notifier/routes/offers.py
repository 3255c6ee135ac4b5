"""/api/alerts/{id}/offers: what may be offered, what not and why, what was offered before, what to say."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.notifier import proposals
from services.notifier.offers.allow import Allowed, Barred
from services.notifier.offers.offer import Catalogue, Offer
from services.notifier.proposals import Proposals
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, whoever_may
from services.notifier.routes.page import language_in
from services.notifier.store.agents import Agent
from services.notifier.web.call_reasons import BY_CODE
from services.notifier.web.call_script import Caller, talk
from services.notifier.web.words import WORDS, Language
from shared.postgres.engine import transaction

Who = Annotated[Agent, Depends(whoever_may("desk"))]


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api/alerts")

    @routes.get("/{alert_id}/offers")
    async def offers(
        alert_id: UUID, who: Who, request: Request, reason: Annotated[str | None, Query(max_length=60)] = None
    ) -> Response:
        """`reason` is what the customer said, as soon as it is known."""
        if reason is not None and reason not in BY_CODE:
            return json_response({"problem": "unknown_reason"}, 422)
        async with transaction(ground.engine) as connection:
            found = await proposals.possible(
                connection, ground.catalogue, str(alert_id), reason, ground.business_now()
            )
        if found is None:
            return json_response({"problem": "missing"}, 404)
        language = language_in(request)
        caller = Caller(ground.settings.shop_name, who.name)
        codes = [each.code for each in found.card.reasons]
        script = talk(caller, found.card.kind, codes, found.facts.reason, language)
        return json_response({**_told(found, ground.catalogue, language), "script": script})

    return routes


def _told(found: Proposals, catalogue: Catalogue, language: Language) -> dict[str, object]:
    return {
        "allowed": [_allowed(one, found, language) for one in found.judged if isinstance(one, Allowed)],
        "barred": [
            {"offer": one.offer.key, "title": title_of(one.offer, language), "because": one.because}
            for one in found.judged
            if isinstance(one, Barred)
        ],
        "given": [
            {
                "at": one.at,
                "offer": one.offer,
                "title": title_of(catalogue.get(one.offer), language) or one.offer,
                "answer": one.answer,
                "agent": one.agent,
            }
            for one in found.made
        ],
        "persuasion": found.persuasion,
    }


def _allowed(one: Allowed, found: Proposals, language: Language) -> dict[str, object]:
    offer, words = one.offer, WORDS[language]
    detail = offer.detail_en if language == "en" and offer.detail_en else offer.detail
    return {
        "offer": offer.key,
        "title": title_of(offer, language),
        "detail": detail,
        "cost": {"amount": offer.cost, "currency": offer.currency},
        "effective_delivery": one.effect.delivery if one.effect else None,
        "effective_from": one.effect.at if one.effect else None,
        "note": _note(one, found, language),
        "disclose": [words[f"disclose_{fact}"] for fact in offer.facts_to_tell()],
        "success": found.success.get(offer.key),
        "last_given": one.last_given,
        "fits": one.fits,
    }


def _note(one: Allowed, found: Proposals, language: Language) -> str | None:
    """What the agent must know before making this offer."""
    words, contract, notes = WORDS[language], found.facts.contract, []
    if one.effect is not None and one.effect.next_parcel != "stopped":
        notes.append(words[f"offer_note_{one.effect.next_parcel}"])
    if contract is not None and contract.minimum_left and one.offer.kind == "skip":
        notes.append(words["offer_note_minimum"].format(n=contract.minimum_left))
    if one.offer.cost and found.facts.likely == "too_dear":
        notes.append(words["offer_note_effect_felt"])
    return " ".join(notes) or None


def title_of(offer: Offer | None, language: Language) -> str | None:
    if offer is None:
        return None
    return offer.title_en if language == "en" and offer.title_en else offer.title
