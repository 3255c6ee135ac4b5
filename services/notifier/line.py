"""LINE tells: who added or blocked us, and what was answered, become events and hold at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notifier.channels.line_webhook import Heard
from services.notifier.channels.line_words import Answer
from services.notifier.moments import Moments
from services.notifier.scenarios.answer import answered
from services.notifier.store import addressees, happenings, line_users, unreachable
from services.notifier.store.alerts import cart_of
from shared.events.catalogue import Event
from shared.events.engagement import LineBlocked, LineFollowed
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection

BLOCKED = "line_blocked"


async def hear(connection: AsyncConnection, heard: Sequence[Heard], moments: Moments) -> int:
    """What LINE told, once however often it tells it; how many were of users that nobody here is."""
    told = [await _told(connection, one, moments) for one in heard]
    envelopes = [one for each in told for one in each if not await addressees.is_known(connection, one.id)]
    await happenings.keep(connection, envelopes)
    await follow(connection, envelopes)
    await outbox.append(connection, envelopes)
    return sum(not each for each in told)


async def follow(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Who blocks us can't be reached until we are unblocked; the newest holds, whichever was heard last.

    After the happenings were kept, from which it is read.
    """
    refs = [one.subject for one in envelopes if isinstance(one.data, (LineFollowed, LineBlocked))]
    if not refs:
        return
    for standing in await line_users.standings(connection, refs):
        if standing.blocked:
            await unreachable.keep(connection, standing.customer_ref, "line", BLOCKED, standing.since)
        else:
            await unreachable.clear(connection, standing.customer_ref, "line")


async def _told(connection: AsyncConnection, heard: Heard, moments: Moments) -> list[Envelope]:
    match heard.said:
        case Answer(action, survey, code):
            found = await line_users.addressee(connection, action, heard.user)
            return [] if found is None else [_envelope(heard, found, answered(survey, code), moments)]
        case said:
            event = LineFollowed() if said == "followed" else LineBlocked()
            refs = await line_users.accounts(connection, heard.user)
            return [_envelope(heard, ref, event, moments) for ref in refs]


def _envelope(heard: Heard, customer_ref: str, event: Event, moments: Moments) -> Envelope:
    event_id = derived_id("line", heard.id, customer_ref)
    return Envelope(
        id=event_id,
        source=f"/shops/{cart_of(customer_ref)}",
        subject=customer_ref,
        time=_business_time(heard.at, moments),
        shop=customer_ref.split("/", 1)[0],
        receivedat=moments.now,
        correlationid=event_id,
        data=event,
    )


def _business_time(at: datetime, moments: Moments) -> datetime:
    """As long ago as it was; a clock of LINE's that is ahead of ours does not lead into the future."""
    return moments.business_now - max(timedelta(0), moments.now - at)
