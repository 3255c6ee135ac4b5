"""A reason's words: sentences with facts in them, said only where true, for features that belong together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, floor, inf, isnan

from shared.events.risk import FactValue, Reason

Readings = Mapping[str, float]
"""The features by name, and `DAY_GONE`."""

Facts = dict[str, FactValue]
Telling = Callable[[Readings], Facts | None]
"""The facts that fill a sentence, or None where it is not true."""

DAY_GONE = "day_gone"
"""How much of the cut-off's date is over in the shop's zone, 0 to 1: people count dates, not hours."""

_TICK = 1e-6


@dataclass(frozen=True, slots=True)
class Sentence:
    """`{when}` is fact `d` in words (本日, 昨日, 3日前), `{on}` the same before a verb (3日前に)."""

    code: str
    text: str
    facts: Telling


@dataclass(frozen=True, slots=True)
class Group:
    """Features that speak of one thing. Of the sentences the first true one is said: of `sentences` where
    they raise the score, of `strengths` where they lower it. A sentence in both only says how things are;
    what that is worth, for or against, is the model's to say.
    """

    features: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    strengths: tuple[Sentence, ...] = ()


def said(sentence: Sentence, facts: Facts, weight: float) -> Reason:
    days = int(facts.get("d", 0))
    when = {0: "本日", 1: "昨日"}.get(days, f"{days}日前")
    text = sentence.text.format(**facts, when=when, on=when if days < 2 else f"{when}に")
    return Reason(sentence.code, text, facts, weight)


def ago(seen: Readings, name: str) -> int:
    """How many dates before the cut-off's own something happened: 0 today, 1 yesterday."""
    return max(ceil(seen[name] - seen[DAY_GONE] - _TICK), 0)


def ahead(seen: Readings, name: str) -> int:
    """How many dates from now something will be: 0 today, 1 tomorrow."""
    return floor(seen[name] + seen[DAY_GONE] + _TICK)


def always(_: Readings) -> Facts | None:
    return {}


def number(name: str, least: float, most: float = inf) -> Telling:
    """Fact `n`: a count, where it is between these."""
    return lambda seen: {"n": int(seen[name])} if least <= seen[name] <= most else None


def days(name: str, least: float, most: float = inf) -> Telling:
    """Fact `d`: dates ago."""
    return lambda seen: {"d": ago(seen, name)} if least <= seen[name] <= most else None


def percent(name: str, least: float, most: float = inf) -> Telling:
    """Fact `p`: a share or a ratio."""
    return lambda seen: {"p": round(seen[name] * 100)} if least <= seen[name] <= most else None


def flag(name: str, value: float = 1.0) -> Telling:
    """No fact: the sentence says it all."""
    return lambda seen: {} if seen[name] == value else None


def unknown(name: str) -> Telling:
    """No fact: nothing of this was ever told."""
    return lambda seen: {} if isnan(seen[name]) else None
