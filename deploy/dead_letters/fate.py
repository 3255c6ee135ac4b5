"""A fate: what a replay makes of a letter, as far as that can be told without touching anything."""

from collections.abc import Callable
from dataclasses import dataclass

from deploy.dead_letters.letter import Letter
from services.ingest.accept import ParkedDelivery
from services.ingest.carts.base import Ignored, Untranslatable
from services.ingest.replay import NobodysNow, Readable, retranslate
from services.ingest.shops import Account
from shared.events.envelope import InvalidEvent, decode
from shared.events.record import Record
from shared.events.topics import ALL
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.replayed import Outcome

_ORIGINS = frozenset(topic.name for topic in ALL if not topic.name.endswith(".dead-letter"))


@dataclass(frozen=True, slots=True)
class Closes:
    """These records are published, and the letter is open no longer; `told` is what a person must do then."""

    outcome: Outcome
    events: int = 0
    records: tuple[Record, ...] = ()
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """Nothing is published and the letter stays open."""

    why: str


Fate = Closes | Stays

AccountOf = Callable[[str, str], Account | None]


def fate(letter: Letter, account_of: AccountOf) -> Fate:
    """`account_of` is asked only where a delivery was parked."""
    match letter.content:
        case ParkedDelivery() as parked:
            return _delivery(parked, account_of)
        case DeadLetter() as parked:
            return _record(parked, letter)
        case _:
            return Stays("not written by us")


def _delivery(parked: ParkedDelivery, account_of: AccountOf) -> Fate:
    match retranslate(parked, account_of(parked.shop, parked.cart)):
        case Readable(events, records):
            return Closes("translated", events, records)
        case Ignored(reason, for_a_person):
            return Closes("ignored", told=reason if for_a_person else None)
        case Untranslatable(reason):
            return Stays(f"still {reason}")
        case NobodysNow():
            return Stays("no such shop or cart in the shops file")


def _record(parked: DeadLetter, letter: Letter) -> Fate:
    """Only what its reader would read now goes back; anything else it would park once more."""
    if parked.topic not in _ORIGINS:
        return Stays("its topic is not one of ours")
    try:
        decode(letter.body)
    except InvalidEvent as error:
        return Stays(f"still {error.reason}")
    return Closes("put_back", 1, (Record(parked.topic, letter.key, letter.body),))
