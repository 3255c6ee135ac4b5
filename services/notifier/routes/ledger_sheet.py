"""The ledger and the proof of consent as sheets: each message or word a line, its reason in words."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from services.notifier.store.ledger import Entry
from services.notifier.store.proof import Said
from services.notifier.web.because import because
from services.notifier.web.sheet import Cell
from services.notifier.web.words import WORDS, Language

_LEDGER = (
    "when",
    "customer",
    "ref",
    "scenario",
    "step",
    "channel",
    "creative",
    "outcome",
    "reason",
    "changed",
)
_PROOF = (
    "at",
    "customer",
    "ref",
    "channel",
    "word",
    "wording",
    "source",
    "holds",
    "event",
    "recorded",
    "until",
)


def ledger(entries: Iterable[Entry], zone: ZoneInfo, language: Language) -> Iterator[list[Cell]]:
    """The times are the shop's: when it went out or was to, and when that was last changed."""
    words = WORDS[language]
    yield [words[f"ledger_{column}"] for column in _LEDGER]
    for one in entries:
        yield [
            _moment(one.began_at or one.due_at, zone),
            one.name,
            one.customer_ref,
            one.title or one.scenario,
            one.step,
            words[f"channel_{one.channel}"],
            one.creative,
            words[f"outcome_{one.outcome}"],
            because(one.reason, language) if one.reason else "",
            _moment(one.changed_at, zone),
        ]


def proof(said: Iterable[Said], zone: ZoneInfo, language: Language) -> Iterator[list[Cell]]:
    """Every word as it was said; the event's id leads to what the cart sent."""
    words = WORDS[language]
    yield [words[f"proof_{column}"] for column in _PROOF]
    for one in said:
        yield [
            _moment(one.at, zone),
            one.name,
            one.customer_ref,
            words[f"channel_{one.channel}"],
            words["said_yes" if one.granted else "said_no"],
            one.wording,
            one.source,
            words["said_yes" if one.holds else "said_no"],
            one.event_id,
            _moment(one.recorded_at, zone),
            one.keep_until.astimezone(zone).strftime("%Y/%m/%d"),
        ]


def _moment(at: datetime, zone: ZoneInfo) -> str:
    """As a Japanese Excel reads it."""
    return at.astimezone(zone).strftime("%Y/%m/%d %H:%M:%S")
