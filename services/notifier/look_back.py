"""Look back: what would have set a scenario off in the last days, from what was kept."""

from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import msgspec

from services.notifier.happening import Happening
from services.notifier.scenarios.occasion import (
    Occasion,
    birthdays_on,
    of_birthday,
    of_deed,
    of_risk,
    of_silence,
    sets_off,
)
from services.notifier.scenarios.trigger import OnBirthday, OnEvent, OnRisk, OnSilence, OnSurvey, Trigger
from services.notifier.store import noticed, profiles, rehearsals
from shared.events.catalogue import TYPES, Event
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncConnection

MOST = 20_000


async def occasions(
    connection: AsyncConnection, trigger: Trigger, since: datetime, until: datetime, zone: ZoneInfo
) -> list[Occasion]:
    """By time, at most 20,000; all times are business time."""
    match trigger:
        case OnRisk():
            found = await _risks(connection, since, until)
        case OnEvent(event):
            found = await _deeds(connection, event, since, until)
        case OnSurvey():
            found = await _deeds(connection, "survey.answered", since, until)
        case OnSilence(days):
            length = timedelta(days=days)
            last = await rehearsals.fell_silent(connection, since - length, until - length, length, MOST)
            found = [of_silence(one.customer_ref, one.at, one.event_id, days) for one in last]
        case OnBirthday(days):
            found = await _birthdays(connection, days, since, until, zone)
    return [one for one in found if sets_off(trigger, one.what)][:MOST]


async def _risks(connection: AsyncConnection, since: datetime, until: datetime) -> list[Occasion]:
    entered = await rehearsals.entered(connection, since, until, MOST)
    return [
        of_risk(_envelope(one.event_id, one.customer_ref, one.risk.assessed_at, one.risk), one.risk)
        for one in entered
    ]


async def _deeds(connection: AsyncConnection, what: str, since: datetime, until: datetime) -> list[Occasion]:
    happened = await rehearsals.did(connection, what, since, until, MOST)
    owners = await profiles.owners(connection, {one.customer_ref for one in happened})
    found = [_deed(one, owners[one.customer_ref]) for one in happened if one.customer_ref in owners]
    return [one for one in found if one is not None]


def _deed(happening: Happening, customer_ref: str) -> Occasion | None:
    """None for what can't be told any more, for words that a customer typed are not kept."""
    try:
        data = msgspec.convert(happening.facts, TYPES[f"com.hikitome.{happening.what}.v1"])
    except msgspec.ValidationError:
        return None
    envelope = _envelope(happening.event_id, happening.customer_ref, happening.at, cast(Event, data))
    return of_deed(envelope, customer_ref)


async def _birthdays(
    connection: AsyncConnection, days: int, since: datetime, until: datetime, zone: ZoneInfo
) -> list[Occasion]:
    found: list[Occasion] = []
    day = since.astimezone(zone).date() + timedelta(days=1)
    while day <= until.astimezone(zone).date() and len(found) < MOST:
        born = await noticed.born(connection, birthdays_on(day + timedelta(days=days)), "", MOST)
        found += [of_birthday(one.customer_ref, one.person, day, days, zone) for one in born]
        day += timedelta(days=1)
    return found


def _envelope(event_id: str, subject: str, at: datetime, data: Event) -> Envelope:
    return Envelope(
        id=event_id,
        source="/shops/" + "/".join(subject.split("/", 2)[:2]),
        subject=subject,
        time=at,
        shop=subject.split("/", 1)[0],
        receivedat=at,
        correlationid=event_id,
        data=data,
    )
