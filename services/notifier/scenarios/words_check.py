"""The check of a creative: whether its words can be put together, fit where they go, and can be answered."""

import re
from collections.abc import Iterator
from typing import Literal

from services.notifier.postal.layout import fits
from services.notifier.scenarios.problem import KEY, Problem
from services.notifier.scenarios.scenario import Creative
from services.notifier.templates.placeholders import asked_in, fault_in, unknown_in
from shared.events.action import Way

MOST_LINE_CHARACTERS = 5_000
MOST_REPLIES = 13
MOST_LABEL_CHARACTERS = 20
MOST_SUBJECT_CHARACTERS = 120

# What is put into a parcel needs no words, and a program is told what happened anyway.
_ANSWER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,59}")
_NEEDS_WORDS: frozenset[Way] = frozenset({"mail", "line", "postal_dm"})
_CAN_ASK: frozenset[Way] = frozenset({"mail", "line", "postal_dm"})


def of_words(creative: Creative, purpose: Literal["marketing", "service"], path: str) -> Iterator[Problem]:
    """All that is wrong with it, wherever it stands in its scenario."""
    if not KEY.fullmatch(creative.key):
        yield Problem(f"{path}.key", "bad_key")
    if creative.share < 1:
        yield Problem(f"{path}.share", "share_not_positive")
    yield from _of_text(creative.subject, purpose, f"{path}.subject")
    yield from _of_text(creative.body, purpose, f"{path}.body")
    yield from _of_emptiness(creative, path)
    yield from _of_size(creative, path)
    yield from _of_survey(creative, path)


def _of_text(text: str, purpose: str, path: str) -> Iterator[Problem]:
    fault = fault_in(text)
    if fault is not None:
        yield Problem(path, fault, ", ".join(unknown_in(text)))
    elif purpose == "service" and "unsubscribe_url" in asked_in(text):
        yield Problem(path, "unsubscribe_in_service")


def _of_emptiness(creative: Creative, path: str) -> Iterator[Problem]:
    if creative.way in _NEEDS_WORDS and not creative.body.strip():
        yield Problem(f"{path}.body", "empty_words")
    if creative.way == "mail" and not creative.subject.strip():
        yield Problem(f"{path}.subject", "subject_missing")
    if creative.way == "insert" and not (creative.item or "").strip():
        yield Problem(f"{path}.item", "item_missing")
    if creative.way == "webhook" and not (creative.endpoint or "").strip():
        yield Problem(f"{path}.endpoint", "endpoint_missing")


def _of_size(creative: Creative, path: str) -> Iterator[Problem]:
    if len(creative.subject) > MOST_SUBJECT_CHARACTERS or "\n" in creative.subject:
        yield Problem(f"{path}.subject", "subject_too_long", str(MOST_SUBJECT_CHARACTERS))
    if creative.way == "line" and utf16_units(creative.body) > MOST_LINE_CHARACTERS:
        yield Problem(f"{path}.body", "line_too_long", str(MOST_LINE_CHARACTERS))
    if creative.way == "postal_dm" and not fits(creative.form, creative.subject, creative.body):
        yield Problem(
            f"{path}.body", "postcard_too_long" if creative.form == "postcard" else "letter_too_long"
        )


def utf16_units(text: str) -> int:
    """How LINE counts characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _of_survey(creative: Creative, path: str) -> Iterator[Problem]:
    if creative.survey is not None and not KEY.fullmatch(creative.survey):
        yield Problem(f"{path}.survey", "bad_key")
    if creative.survey is not None and not creative.replies:
        yield Problem(f"{path}.replies", "survey_without_replies")
    if creative.replies and (creative.survey is None or creative.way not in _CAN_ASK):
        yield Problem(f"{path}.replies", "replies_without_survey")
    if len(creative.replies) > MOST_REPLIES:
        yield Problem(f"{path}.replies", "replies_too_many", str(MOST_REPLIES))
    seen: set[str] = set()
    for place, reply in enumerate(creative.replies):
        at = f"{path}.replies.{place}"
        if not reply.label.strip():
            yield Problem(f"{at}.label", "empty")
        if utf16_units(reply.label) > MOST_LABEL_CHARACTERS:
            yield Problem(f"{at}.label", "label_too_long", str(MOST_LABEL_CHARACTERS))
        if not _ANSWER.fullmatch(reply.answer):
            yield Problem(f"{at}.answer", "bad_key")
        if reply.answer in seen:
            yield Problem(f"{at}.answer", "duplicate", reply.answer)
        seen.add(reply.answer)
