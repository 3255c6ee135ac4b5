"""Condition: how the system is, judged from its figures, statement by statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Level = Literal["good", "unknown", "look", "act"]
Area = Literal["shops", "services", "flow", "messages", "desk", "model"]
Fact = str | int | float

LEVELS: tuple[Level, ...] = ("good", "unknown", "look", "act")
HOUR, DAY = 3600.0, 86_400.0
# From where on (seconds, or a share) one ought to look, and from where on to act.
QUIET = (24 * HOUR, 72 * HOUR)
LAG = (5.0, 60.0)
SPOOLED = (1.0, 300.0)
SPOOL_FILLED = (0.2, 0.8)
UNPUBLISHED = (60.0, 600.0)
UNSENT = (900.0, 4 * HOUR)
MODEL_AGE = (60 * DAY, 180 * DAY)


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a service's /metrics."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Heard:
    """When a shop's cart was last heard of, in real time."""

    cart: str
    received_at: datetime
    events: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known at a moment. `sources`: what each service told, None of one that did not answer."""

    carts: Sequence[Heard] = ()
    sources: Mapping[str, Sequence[Sample] | None] = field(default_factory=dict)
    messages_due: int = 0
    messages_planned: int = 0
    unsent_seconds: float = 0.0
    unknown: int = 0
    halted: int = 0
    raised: int = 0
    claimed: int = 0
    parked: int = 0
    schema: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is so: `code` names the sentence, `key` the thing; ages are in seconds."""

    area: Area
    key: str
    code: str
    level: Level
    facts: Mapping[str, Fact] = field(default_factory=dict)


def judge(figures: Figures, now: datetime) -> list[Statement]:
    """Everything that is to be said, area by area; `now` is real time."""
    return [
        *_shops(figures, now),
        *_services(figures),
        *_flow(figures),
        *_messages(figures),
        *_desk(figures),
        *_model(figures, now),
    ]


def worst(statements: Iterable[Statement]) -> Level:
    return max((one.level for one in statements), key=LEVELS.index, default="good")


def _level(value: float, limits: tuple[float, float]) -> Level:
    look, act = limits
    return "act" if value >= act else "look" if value >= look else "good"


def _shops(figures: Figures, now: datetime) -> list[Statement]:
    if not figures.carts:
        return [Statement("shops", "carts", "carts_none", "look")]
    return [_cart(heard, (now - heard.received_at).total_seconds()) for heard in figures.carts]


def _cart(heard: Heard, age: float) -> Statement:
    level = _level(age, QUIET)
    code = "cart_heard" if level == "good" else "cart_silent"
    facts: dict[str, Fact] = {"cart": heard.cart, "age": max(0.0, age), "events": heard.events}
    return Statement("shops", f"cart:{heard.cart}", code, level, facts)


def _services(figures: Figures) -> list[Statement]:
    if not figures.sources:
        return [Statement("services", "sources", "sources_none", "unknown")]
    made = [
        Statement("services", f"service:{name}", "service_down", "act", {"service": name})
        if told is None
        else Statement("services", f"service:{name}", "service_up", "good", {"service": name})
        for name, told in figures.sources.items()
    ]
    facts: dict[str, Fact] = {"version": figures.version, "schema": figures.schema}
    return [*made, Statement("services", "version", "version", "good", facts)]


def _flow(figures: Figures) -> list[Statement]:
    made = []
    for service, told in figures.sources.items():
        made += _of_service(service, told) if told is not None else []
    return [*made, *_dead_letters(figures)]


def _of_service(service: str, told: Sequence[Sample]) -> list[Statement]:
    made = []
    lag, pending = _most(told, "hikitome_consumer_lag_seconds"), _most(told, "hikitome_outbox_pending")
    # Every process declares every metric; one that never owned a partition consumes nothing.
    if _most(told, "hikitome_consumer_assigned_partitions") is not None and lag is not None:
        level = _level(lag, LAG)
        code = "lag_none" if level == "good" else "lag_some"
        made.append(Statement("flow", f"lag:{service}", code, level, {"service": service, "age": lag}))
    if service == "ingest":
        made.append(_spool(told))
    elif pending is not None:
        age = _most(told, "hikitome_outbox_oldest_age_seconds") or 0.0
        level = _level(age, UNPUBLISHED)
        code = "outbox_moving" if level == "good" else "outbox_stuck"
        facts: dict[str, Fact] = {"service": service, "n": int(pending), "age": age}
        made.append(Statement("flow", f"outbox:{service}", code, level, facts))
    return made


def _spool(told: Sequence[Sample]) -> Statement:
    records = int(_most(told, "hikitome_spool_records") or 0)
    age = _most(told, "hikitome_spool_oldest_age_seconds") or 0.0
    filled = _most(told, "hikitome_spool_filled_ratio") or 0.0
    if aside := int(_most(told, "hikitome_spool_set_aside") or 0):
        return Statement("flow", "spool", "spool_refused", "act", {"n": aside})
    if not records:
        return Statement("flow", "spool", "spool_empty", "good")
    level = max(_level(age, SPOOLED), _level(filled, SPOOL_FILLED), "look", key=LEVELS.index)
    facts: dict[str, Fact] = {"n": records, "age": age, "percent": round(filled * 100)}
    return Statement("flow", "spool", "spool_waiting", level, facts)


def _dead_letters(figures: Figures) -> list[Statement]:
    answered = [told for told in figures.sources.values() if told is not None]
    if not answered:
        return []
    parked: dict[str, int] = {}
    for told in answered:
        for sample in told:
            topic = _dead_letter_topic(sample)
            if topic is not None and sample.value:
                parked[topic] = parked.get(topic, 0) + int(sample.value)
    if not parked:
        return [Statement("flow", "dead", "dead_none", "good")]
    return [
        Statement("flow", f"dead:{topic}", "dead_some", "act", {"topic": topic, "n": n})
        for topic, n in sorted(parked.items())
    ]


def _dead_letter_topic(sample: Sample) -> str | None:
    match sample.name:
        case "hikitome_dead_letters_total":
            return sample.labels.get("topic", "")
        case "hikitome_ingest_untranslatable_total":
            return "ingest"
        case _:
            return None


def _messages(figures: Figures) -> list[Statement]:
    age = figures.unsent_seconds
    level = _level(age, UNSENT)
    facts: dict[str, Fact] = {"due": figures.messages_due, "planned": figures.messages_planned, "age": age}
    code = "messages_moving" if level == "good" else "messages_stuck"
    unknown, halted = figures.unknown, figures.halted
    return [
        Statement("messages", "messages", code, level, facts),
        *([Statement("messages", "halted", "halted_some", "act", {"n": halted})] if halted else []),
        Statement("messages", "unknown", "unknown_some", "act", {"n": unknown})
        if unknown
        else Statement("messages", "unknown", "unknown_none", "good"),
    ]


def _desk(figures: Figures) -> list[Statement]:
    alerts: dict[str, Fact] = {"n": figures.raised, "claimed": figures.claimed, "parked": figures.parked}
    made = [Statement("desk", "alerts", "alerts_open", "good", alerts)]
    streams = [_most(told or (), "hikitome_sse_clients") for told in figures.sources.values()]
    open_streams = [int(found) for found in streams if found is not None]
    if open_streams:
        made.append(Statement("desk", "streams", "streams_open", "good", {"n": sum(open_streams)}))
    return made


def _model(figures: Figures, now: datetime) -> list[Statement]:
    """Only who scores has one loaded."""
    told = figures.sources.get("scoring")
    if told is None:
        return [Statement("model", "model", "model_unknown", "unknown")]
    loaded = [one for one in told if one.name == "hikitome_model_loaded" and one.value]
    if not loaded:
        return [Statement("model", "model", "model_none", "act")]
    age = now.timestamp() - (_most(told, "hikitome_model_trained_timestamp_seconds") or 0.0)
    level = _level(age, MODEL_AGE)
    facts: dict[str, Fact] = {"version": loaded[0].labels.get("version", ""), "age": max(0.0, age)}
    return [Statement("model", "model", "model_fresh" if level == "good" else "model_old", level, facts)]


def _most(told: Iterable[Sample], name: str) -> float | None:
    return max((one.value for one in told if one.name == name), default=None)
