"""Heard: what customers do with our messages, and what providers tell of them, becomes events at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from services.notifier import consent
from services.notifier.channels.mail_news import News
from services.notifier.moments import Moments
from services.notifier.scenarios.action import sent
from services.notifier.scenarios.action import told as told_of
from services.notifier.scenarios.answer import answered
from services.notifier.scenarios.link import Target, ToAnswer, ToSurvey
from services.notifier.scenarios.scenario import Reply
from services.notifier.store import actions, addressees, happenings, scenarios, unreachable
from services.notifier.store.addressees import Addressee
from services.notifier.store.alerts import cart_of
from shared.events.action import Way
from shared.events.catalogue import Event
from shared.events.engagement import LineClicked, MailBounced, MailClicked, MailOpened
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection

# What is printed is not clicked.
_CLICKED: Mapping[Way, type[MailClicked] | type[LineClicked]] = {"mail": MailClicked, "line": LineClicked}

Outcome = Literal["heard", "known", "stranger"]


async def click(connection: AsyncConnection, target: Target, moments: Moments) -> Outcome:
    """A person opened a link; the same message's clicks within a minute are one."""
    found = await addressees.by_action(connection, target.action)
    event = _CLICKED.get(found.way) if found is not None else None
    if found is None or event is None:
        return "stranger"
    minute = moments.now.replace(second=0, microsecond=0).isoformat()
    event_id = derived_id("clicked", found.action, minute)
    return await _tell(connection, found, event(found.action), event_id, moments)


async def answer(connection: AsyncConnection, target: ToAnswer, moments: Moments) -> Outcome:
    """A person pressed the button of an answer; the same answer to the same message counts once."""
    found = await addressees.by_action(connection, target.action)
    if found is None:
        return "stranger"
    event_id = derived_id("answered", found.action, target.survey, target.answer)
    return await _tell(connection, found, answered(target.survey, target.answer), event_id, moments)


async def choices(connection: AsyncConnection, target: ToSurvey) -> tuple[Reply, ...]:
    """The answers that may be given, as the scenario has them today; none if it asks no more."""
    found = await addressees.by_action(connection, target.action)
    standing = await scenarios.find(connection, found.scenario) if found is not None else None
    step = standing.scenario.find_step(found.step) if standing is not None and found is not None else None
    asking = (one for one in (step.creatives if step else ()) if one.survey == target.survey)
    return next((one.replies for one in asking), ())


async def news(connection: AsyncConnection, told: News, moments: Moments) -> Outcome:
    """What a provider or a returned mail tells of one mail, once however often it is told."""
    found = await _addressee(connection, told)
    if found is None:
        return "stranger"
    event, event_id = _event(told, found.action), derived_id("mail news", told.id, found.action)
    if event is None:
        return await _prove(connection, found, moments)
    outcome = await _tell(connection, found, event, event_id, moments)
    if outcome == "heard":
        await _follow(connection, found, told, moments.business_now)
    return outcome


async def follow(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """A cart that sends mails itself tells of dead addresses too."""
    for each in envelopes:
        if isinstance(each.data, MailBounced) and each.data.permanent:
            await unreachable.keep(connection, each.subject, "mail", "hard_bounce", each.time)


async def _addressee(connection: AsyncConnection, told: News) -> Addressee | None:
    """By our own id if it comes back; a provider may have put another one that looks like it in its place."""
    found = await addressees.by_action(connection, told.action) if told.action else None
    if found is None and told.provider_id:
        return await addressees.by_provider_id(connection, told.provider_id)
    return found


def _event(told: News, action: str) -> Event | None:
    """None for what is no news of the customer's."""
    match told.what:
        case "delivered":
            return None
        case "opened":
            return MailOpened(action)
        case "clicked":
            return MailClicked(action)
        case "bounced":
            return MailBounced(told.permanent, action)
        case "complained":
            return MailBounced(True, action)


async def _follow(connection: AsyncConnection, found: Addressee, told: News, at: datetime) -> None:
    """Who calls our mail spam has said no to all of it, and is never asked again at this address."""
    if told.what == "complained":
        await unreachable.keep(connection, found.customer_ref, "mail", "complaint", at)
        await consent.unsubscribe(connection, found.customer_ref, "mail", at)
    elif told.what == "bounced" and told.permanent:
        await unreachable.keep(connection, found.customer_ref, "mail", "hard_bounce", at)


async def _tell(
    connection: AsyncConnection, found: Addressee, event: Event, event_id: str, moments: Moments
) -> Outcome:
    if await addressees.is_known(connection, event_id):
        return "known"
    envelope = Envelope(
        id=event_id,
        source=f"/shops/{cart_of(found.customer_ref)}",
        subject=found.customer_ref,
        time=moments.business_now,
        shop=found.shop,
        receivedat=moments.now,
        correlationid=found.correlation_id,
        causationid=found.action,
        data=event,
    )
    await happenings.keep(connection, [envelope])
    await outbox.append(connection, [envelope])
    await _prove(connection, found, moments)
    return "heard"


async def _prove(connection: AsyncConnection, found: Addressee, moments: Moments) -> Outcome:
    """Whatever comes back of a message proves that it left, if nobody knew."""
    proved = await actions.settle_unknown(connection, found.action, "sent", moments.business_now)
    if proved is None:
        return "known"
    await outbox.append(connection, [told_of(proved, sent(proved), moments.business_now, moments.now)])
    return "heard"
