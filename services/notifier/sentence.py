"""Sentence: what sets a scenario off and for whom, as one plain sentence for the marketer."""

from collections.abc import Iterable, Mapping
from typing import assert_never, get_args

import msgspec

from services.notifier.scenarios.segment import Range, Segment
from services.notifier.scenarios.trigger import OnBirthday, OnEvent, OnRisk, OnSilence, OnSurvey, Trigger
from services.notifier.web.reason_names import NAMES
from services.notifier.web.words import WORDS, Language
from shared.events.risk import Band, RiskKind

# The attributes of a segment that name things, and those that are numbers with their unit.
_NAMED = ("products", "not_products", "media", "prefectures")
_MEASURED = {
    "orders": "times",
    "spent": "money",
    "amount": "money",
    "customer_days": "days",
    "silent_days": "days",
    "bound_left": "times",
    "skips_in_a_row": "times",
}


def sentence(trigger: Trigger, segment: Segment, language: Language) -> str:
    """Japanese ends with とき or a day; English begins with "When", "On" or a number of days."""
    words = WORDS[language]
    if isinstance(trigger, OnSilence):
        # It says itself that there is no contract.
        segment = msgspec.structs.replace(segment, contract=None)
    who = _who(segment, words, language)
    match trigger:
        case OnRisk():
            return _risk(trigger, who, words, language)
        case OnEvent(event):
            return words[f"sentence_event_{event.replace('.', '_')}"].format(who=who)
        case OnSurvey():
            return _survey(trigger, who, words)
        case OnSilence(days):
            return words["sentence_silence"].format(who=who, days=days)
        case OnBirthday(days):
            return words["sentence_birthday" if days else "sentence_birthday_today"].format(
                who=who, days=days
            )
        case _:
            assert_never(trigger)


def _who(segment: Segment, words: Mapping[str, str], language: Language) -> str:
    parts = [*_named(segment, words), *_measured(segment, words)]
    if segment.delivery_numbers:
        parts.insert(
            0, _filled("delivery_numbers", map(str, sorted(segment.delivery_numbers)), words, "sentence_list")
        )
    if segment.contract is not None:
        parts.insert(0, words["sentence_who_contract" if segment.contract else "sentence_who_no_contract"])
    customer = words["sentence_customer"]
    if not parts:
        return customer
    told = words["sentence_and"].join(parts)
    return f"{told}{customer}" if language == "ja" else f"{customer} ({told})"


def _named(segment: Segment, words: Mapping[str, str]) -> list[str]:
    return [
        _filled(name, sorted(values), words, "sentence_list")
        for name in _NAMED
        if (values := getattr(segment, name))
    ]


def _measured(segment: Segment, words: Mapping[str, str]) -> list[str]:
    limits = ((name, unit, getattr(segment, name)) for name, unit in _MEASURED.items())
    return [
        words[f"sentence_who_{name}"].format(range=_range(limit, unit, words))
        for name, unit, limit in limits
        if limit != Range()
    ]


def _filled(name: str, values: Iterable[str], words: Mapping[str, str], joint: str) -> str:
    return words[f"sentence_who_{name}"].format(values=words[joint].join(values))


def _range(limit: Range, unit: str, words: Mapping[str, str]) -> str:
    least, most = _number(limit.least), _number(limit.most)
    if limit.least is not None and limit.least == limit.most:
        form = "exactly"
    elif limit.most is None:
        form = "least"
    else:
        form = "most" if limit.least is None else "both"
    return words[f"sentence_range_{form}"].format(least=least, most=most, unit=words[f"sentence_unit_{unit}"])


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _risk(trigger: OnRisk, who: str, words: Mapping[str, str], language: Language) -> str:
    joint = words["sentence_list"]
    kinds = joint.join(words[f"sentence_kind_{one}"] for one in get_args(RiskKind) if one in trigger.kinds)
    bands = joint.join(words[f"band_{one}"] for one in get_args(Band) if one in trigger.bands)
    told = words["sentence_risk"].format(who=who, kinds=kinds, bands=bands)
    if trigger.reasons:
        told += words["sentence_reasons"].format(reasons=_reasons(trigger.reasons, joint, language))
    if trigger.unless:
        told += words["sentence_unless"].format(reasons=_reasons(trigger.unless, joint, language))
    return told


def _reasons(codes: frozenset[str], joint: str, language: Language) -> str:
    place = 0 if language == "ja" else 1
    return joint.join(NAMES[code][place] if code in NAMES else code for code in sorted(codes))


def _survey(trigger: OnSurvey, who: str, words: Mapping[str, str]) -> str:
    survey = words["sentence_survey_name"].format(survey=trigger.survey) if trigger.survey else ""
    answer = ""
    if trigger.score != Range():
        answer += words["sentence_survey_score"].format(range=_range(trigger.score, "points", words))
    if trigger.answers:
        answers = words["sentence_list"].join(sorted(trigger.answers))
        answer += words["sentence_survey_answers"].format(answers=answers)
    return words["sentence_survey"].format(who=who, survey=survey, answer=answer)
