"""Reasons: a closed list of sentences, each said only if it is true and has weight in this very score.

Features that speak of one thing are one group: its weight is the sum of their contributions, in log-odds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil

from services.scoring.features.state import NAMES
from shared.events.risk import FactValue, Reason

Readings = Mapping[str, float]
Facts = dict[str, FactValue]

FLOOR = 0.05
"""A group that moves the log-odds by less is no reason: 5 % of the odds."""

MOST = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """`facts` gives what fills the text, or None where it is not true. `{when}` is fact `d` in words."""

    code: str
    text: str
    facts: Callable[[Readings], Facts | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Of the sentences the first true one is said."""

    features: tuple[str, ...]
    sentences: tuple[Sentence, ...]


def _count(name: str, least: int) -> Callable[[Readings], Facts | None]:
    return lambda seen: {"n": int(seen[name])} if seen[name] >= least else None


def _days(name: str, least: float, most: float) -> Callable[[Readings], Facts | None]:
    return lambda seen: {"d": int(seen[name])} if least <= seen[name] <= most else None


def _payment_stopped(seen: Readings) -> Facts | None:
    return {"d": int(seen["days_since_failure"])} if seen["failed_finally"] == 1 else None


def _payment_failing(seen: Readings) -> Facts | None:
    if not seen["failures_open"] >= 1:
        return None
    return {"n": int(seen["failures_open"]), "d": int(seen["days_since_failure"])}


def _paused(seen: Readings) -> Facts | None:
    return {"d": int(seen["days_paused"])} if seen["paused"] == 1 else None


def _delivery_near(seen: Readings) -> Facts | None:
    return {"d": ceil(seen["days_to_due"])} if 0 < seen["days_to_due"] <= 21 else None


def _bound_ended(seen: Readings) -> Facts | None:
    if not seen["deliveries_since_bound"] <= 1:
        return None
    return {"m": int(seen["deliveries"] - seen["deliveries_since_bound"])}


def _bound_near(seen: Readings) -> Facts | None:
    return {"m": int(seen["deliveries"] + 1)} if seen["bound_left"] == 1 else None


def _early_delivery(seen: Readings) -> Facts | None:
    return {"n": int(seen["deliveries"])} if 1 <= seen["deliveries"] <= 4 else None


def _long_silence(seen: Readings) -> Facts | None:
    if not seen["silence_gaps"] >= 1.2:
        return None
    return {"d": int(seen["days_since_order"]), "x": round(seen["silence_gaps"], 1)}


def _no_second_order(seen: Readings) -> Facts | None:
    return (
        {"d": int(seen["days_since_order"])}
        if seen["orders"] == 1 and seen["days_since_order"] >= 30
        else None
    )


def _slowing(seen: Readings) -> Facts | None:
    if not seen["gap_stretch"] >= 1.2:
        return None
    return {"d": int(seen["gap_last_days"]), "u": round(seen["gap_mean_days"])}


def _few_orders(seen: Readings) -> Facts | None:
    return {"n": int(seen["orders"])} if 1 <= seen["orders"] <= 2 else None


def _discount_only(seen: Readings) -> Facts | None:
    return {} if seen["discounted_only"] == 1 else None


def _discount_mostly(seen: Readings) -> Facts | None:
    return {"p": round(seen["discount_share"] * 100)} if seen["discount_share"] >= 0.5 else None


def _began_discounted(seen: Readings) -> Facts | None:
    return {} if seen["began_discounted"] == 1 else None


def _spend_falling(seen: Readings) -> Facts | None:
    return {"p": round(seen["spend_trend"] * 100)} if seen["spend_trend"] <= 0.85 else None


_SKIPS = Group(
    ("skips", "skips_in_a_row", "skip_share", "days_since_skip", "unskips"),
    (
        Sentence("skipped_in_a_row", "前回から{n}回連続でスキップ", _count("skips_in_a_row", 2)),
        Sentence("skipped", "{when}にお届けをスキップ", _days("days_since_skip", 0, 60)),
        Sentence("skips_often", "これまでに{n}回スキップ", _count("skips", 2)),
    ),
)
_PAYMENT = Group(
    ("failures_open", "failures", "days_since_failure", "days_failing", "failed_finally", "recoveries"),
    (
        Sentence("payment_stopped", "決済ができず停止中（最後の失敗は{when}）", _payment_stopped),
        Sentence("payment_failing", "決済が{n}回続けて失敗（最後は{when}）", _payment_failing),
        Sentence("payment_failed_before", "これまでに決済の失敗が{n}回", _count("failures", 1)),
    ),
)
_SHIPMENT = Group(
    ("days_overdue", "days_to_due", "days_since_delivery", "cycles_since_delivery"),
    (
        Sentence("delivery_overdue", "お届け予定日を{d}日過ぎても受注なし", _days("days_overdue", 1, 1000)),
        Sentence("delivery_near", "次回お届けまであと{d}日：解約が多い時期", _delivery_near),
    ),
)
_SILENCE = Group(
    ("days_since_order", "silence_gaps", "silence_of_longest", "orders_30", "orders_90"),
    (
        Sentence("long_silence", "最後のご注文から{d}日（普段の間隔の{x}倍）", _long_silence),
        Sentence("no_second_order", "初回のご注文から{d}日、2回目のご注文なし", _no_second_order),
        Sentence("silence", "最後のご注文から{d}日", _days("days_since_order", 45, 1000)),
    ),
)

GROUPS: tuple[Group, ...] = (
    Group(
        ("days_since_request",),
        (Sentence("cancel_requested", "{when}に解約のお申し出", _days("days_since_request", 0, 1000)),),
    ),
    _SKIPS,
    _PAYMENT,
    _SHIPMENT,
    Group(
        ("paused", "days_paused", "pauses", "days_since_resume"),
        (
            Sentence("paused", "{when}から休止中", _paused),
            Sentence("resumed", "休止から{when}に再開したばかり", _days("days_since_resume", 0, 45)),
            Sentence("paused_before", "これまでに{n}回休止", _count("pauses", 1)),
        ),
    ),
    Group(
        ("bound_left", "deliveries_since_bound", "days_since_bound"),
        (
            Sentence("bound_ended", "回数縛り（{m}回）が終わったばかり", _bound_ended),
            Sentence("bound_near", "回数縛り（{m}回）があと1回で終わる", _bound_near),
        ),
    ),
    Group(
        ("deliveries", "contract_days", "tenure_days", "contracts"),
        (Sentence("early_delivery", "お届け{n}回目：離脱が多い時期", _early_delivery),),
    ),
    _SILENCE,
    Group(
        ("gap_stretch", "gap_last_days", "gap_mean_days", "gap_max_days", "gap_cv"),
        (Sentence("slowing", "ご注文の間隔が延びている（前回{d}日、普段は{u}日）", _slowing),),
    ),
    Group(("orders",), (Sentence("few_orders", "ご注文はまだ{n}回", _few_orders),)),
    Group(
        ("discount_share", "discounted_only", "began_discounted"),
        (
            Sentence("discount_only", "初回割引での購入のみ", _discount_only),
            Sentence("discount_mostly", "ご注文の{p}％が割引での購入", _discount_mostly),
            Sentence("began_discounted", "初回割引をきっかけに始めたお客様", _began_discounted),
        ),
    ),
    Group(
        ("spend_trend", "spend_last", "spend_mean", "spend_total"),
        (Sentence("spend_falling", "前回のご購入額が普段の{p}％に減少", _spend_falling),),
    ),
    Group(
        ("cycle_changes", "days_since_cycle_change", "cycle_longer", "cycle_days"),
        (Sentence("cycle_changed", "{when}にお届け周期を変更", _days("days_since_cycle_change", 0, 120)),),
    ),
    Group(
        ("refunds", "cancelled_orders"),
        (
            Sentence("refunded", "これまでに返金が{n}回", _count("refunds", 1)),
            Sentence("order_cancelled", "これまでにご注文のキャンセルが{n}回", _count("cancelled_orders", 1)),
        ),
    ),
    Group(
        ("ship_days",),
        (Sentence("shipped_late", "前回のご注文の発送まで{d}日", _days("ship_days", 5, 1000)),),
    ),
    Group(
        ("contracts_ended",),
        (Sentence("ended_before", "過去に終了した定期が{n}件", _count("contracts_ended", 1)),),
    ),
)

UNTOLD = Sentence("similar_customers", "離脱した方に近いご購入の傾向", lambda _: {})
"""Said when the score is raised only by what no sentence puts into words."""

_COLUMNS = tuple((group, tuple(NAMES.index(name) for name in group.features)) for group in GROUPS)


def reasons(seen: Readings, contributions: Sequence[float]) -> tuple[Reason, ...]:
    """What raises this score most, weightiest first. `contributions` are in the order of `NAMES`."""
    found: list[Reason] = []
    for group, columns in _COLUMNS:
        weight = sum(contributions[column] for column in columns)
        if weight >= FLOOR:
            found += _first_true(group, seen, weight)
    raised = sum(weight for weight in contributions if weight > 0)
    if not found and raised >= FLOOR:
        return (_said(UNTOLD, {}, raised),)
    return tuple(sorted(found, key=lambda reason: -reason.contribution)[:MOST])


def _first_true(group: Group, seen: Readings, weight: float) -> list[Reason]:
    told = ((sentence, sentence.facts(seen)) for sentence in group.sentences)
    true = (_said(sentence, facts, weight) for sentence, facts in told if facts is not None)
    return list(islice(true, 1))


def _said(sentence: Sentence, facts: Facts, weight: float) -> Reason:
    text = sentence.text.format(**facts, when=_when(facts.get("d", 0)))
    return Reason(sentence.code, text, facts, weight)


def _when(days: FactValue) -> str:
    return {0: "本日", 1: "昨日"}.get(int(days), f"{days}日前")
