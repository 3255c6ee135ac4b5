"""Settle: a person says what became of a message of which no machine can know whether it left."""

from dataclasses import replace
from datetime import datetime
from typing import Literal, get_args

from services.notifier.moments import Moments
from services.notifier.scenarios.action import Action, ActionEvent, deferred, sent, suppressed, told
from services.notifier.store import actions, audit
from services.notifier.store.actions import Judged
from services.notifier.store.audit import Entry
from shared.postgres import outbox
from shared.postgres.engine import AsyncEngine, transaction
from shared.process import metrics

Found = Literal["provider_log", "customer", "judged"]
"""How it was found out: in the provider's records, from the customer, or by one's own judgement."""

FOUNDS: tuple[Found, ...] = get_args(Found)


async def settle(
    engine: AsyncEngine, action: str, judged: Judged, found: Found, by: Entry, moments: Moments
) -> bool:
    """False if it is not unknown any more; who said so stays in the audit log, and the rest is told of it."""
    async with transaction(engine) as connection:
        settled = await actions.settle_unknown(connection, action, judged, moments.business_now)
        if settled is None:
            return False
        event = _event(settled, judged, moments.business_now)
        await outbox.append(connection, [told(settled, event, moments.business_now, moments.now)])
        entry = replace(by, subject=settled.customer_ref, detail=f"{judged} {action}", why=found)
        await audit.append(connection, entry, moments.now)
    metrics.actions.labels(settled.channel, _COUNTED[judged]).inc()
    return True


_COUNTED: dict[Judged, str] = {"sent": "sent", "not_sent": "rejected", "again": "deferred"}


def _event(action: Action, judged: Judged, now: datetime) -> ActionEvent:
    match judged:
        case "sent":
            return sent(action)
        case "not_sent":
            return suppressed(action, "not_sent")
        case "again":
            return deferred(action, "again", now)
