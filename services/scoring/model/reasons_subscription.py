"""Reasons that lie in the contract (定期): how far it has come, what its customer did to it, its payments."""

from math import inf, isnan

from services.scoring.model.reasons_sentence import (
    Facts,
    Group,
    Readings,
    Sentence,
    Telling,
    ago,
    ahead,
    days,
    flag,
    number,
)


def _payment_stopped(seen: Readings) -> Facts | None:
    return {"d": ago(seen, "days_since_failure")} if seen["failed_finally"] == 1 else None


def _card_expired(seen: Readings) -> Facts | None:
    return {"d": ago(seen, "days_since_failure")} if seen["card_expired"] == 1 else None


def _payment_failing(seen: Readings) -> Facts | None:
    if not seen["failures_open"] >= 1:
        return None
    return {"n": int(seen["failures_open"]), "d": ago(seen, "days_since_failure")}


def _method_changed(seen: Readings) -> Facts | None:
    return {"d": ago(seen, "days_since_method_change")} if seen["method_changed_since"] == 1 else None


def _payment_always(seen: Readings) -> Facts | None:
    return {"n": int(seen["payments"])} if seen["failures"] == 0 and seen["payments"] >= 2 else None


def _payment_settled(seen: Readings) -> Facts | None:
    return {} if seen["failures_open"] == 0 and seen["recoveries"] >= 1 else None


def _skipped(seen: Readings) -> Facts | None:
    lately = seen["days_since_skip"] <= 60 or seen["skips_in_a_row"] >= 1
    return {"d": ago(seen, "days_since_skip")} if seen["days_since_skip"] >= 0 and lately else None


def _never_skipped(seen: Readings) -> Facts | None:
    return {"n": int(seen["deliveries"])} if seen["skips"] == 0 and seen["deliveries"] >= 3 else None


def _cutoff_today(seen: Readings) -> Facts | None:
    return {} if seen["days_to_cutoff"] > 0 and ahead(seen, "days_to_cutoff") == 0 else None


def _cutoff_near(seen: Readings) -> Facts | None:
    return {"d": ahead(seen, "days_to_cutoff")} if 0 < seen["days_to_cutoff"] <= 7 else None


def _delivery_near(seen: Readings) -> Facts | None:
    left = ahead(seen, "days_to_due") if 0 < seen["days_to_due"] <= 21 else 0
    return {"d": left} if left else None


def _delivery_today(seen: Readings) -> Facts | None:
    return {} if seen["days_to_due"] > 0 and ahead(seen, "days_to_due") == 0 else None


def _delivery_far(seen: Readings) -> Facts | None:
    return {"d": ahead(seen, "days_to_due")} if seen["days_to_due"] > 21 else None


def _paused(seen: Readings) -> Facts | None:
    return {"d": ago(seen, "days_paused")} if seen["paused"] == 1 else None


def _bound_ended(seen: Readings) -> Facts | None:
    if not seen["deliveries_since_bound"] <= 1:
        return None
    return {"m": int(seen["deliveries"] - seen["deliveries_since_bound"])}


def _bound_near(seen: Readings) -> Facts | None:
    return {"m": int(seen["deliveries"] + 1)} if seen["bound_left"] == 1 else None


def _no_bound(seen: Readings) -> Facts | None:
    return {} if seen["contracts"] >= 1 and isnan(seen["bound_left"]) else None


def _lengthened(seen: Readings) -> Facts | None:
    lately = seen["days_since_cycle_change"] <= 120
    return {"d": ago(seen, "days_since_cycle_change")} if seen["cycle_longer"] == 1 and lately else None


def _cycle(least: float, most: float) -> Telling:
    return lambda seen: {"n": round(seen["cycle_days"])} if least <= seen["cycle_days"] <= most else None


_SINCE_DELIVERY = Sentence("since_delivery", "前回のお届けから{d}日", days("days_since_delivery", 1))
_CYCLE = Sentence("cycle", "お届けは{n}日ごと", _cycle(0, inf))

SUBSCRIPTION: tuple[Group, ...] = (
    Group(
        ("days_since_request",),
        (Sentence("cancel_requested", "{on}解約のお申し出", days("days_since_request", 0)),),
    ),
    Group(
        ("skips", "skips_in_a_row", "skip_share", "skips_3_cycles", "days_since_skip", "unskips"),
        (
            Sentence("skipped_in_a_row", "前回から{n}回連続でスキップ", number("skips_in_a_row", 2)),
            Sentence("skips_lately", "直近3周期で{n}回スキップ", number("skips_3_cycles", 2)),
            Sentence("skipped", "{on}お届けをスキップ", _skipped),
            Sentence("skips_often", "これまでに{n}回スキップ", number("skips", 2)),
        ),
        (
            Sentence("never_skipped", "スキップなしでお届け{n}回", _never_skipped),
            Sentence("no_skip_lately", "直近3周期はスキップなし", flag("skips_3_cycles", 0)),
        ),
    ),
    Group(
        (
            "payments",
            "failures_open",
            "failures",
            "failures_90",
            "days_since_failure",
            "days_failing",
            "failed_finally",
            "card_expired",
            "recoveries",
            "days_since_method_change",
            "method_changed_since",
        ),
        (
            Sentence("payment_stopped", "決済ができず停止中（最後の失敗は{when}）", _payment_stopped),
            Sentence("card_expired", "カードの有効期限切れで決済が失敗（{when}）", _card_expired),
            Sentence("payment_failing", "決済が{n}回続けて失敗（最後は{when}）", _payment_failing),
            Sentence("payment_failed_before", "これまでに決済の失敗が{n}回", number("failures", 1)),
        ),
        (
            Sentence("method_changed", "決済の失敗後、{on}お支払い方法を変更", _method_changed),
            Sentence("payment_always", "決済はこれまで{n}回すべて成功", _payment_always),
            Sentence("payment_settled", "決済の失敗は解消済み", _payment_settled),
            Sentence("payment_clean", "決済の失敗なし", flag("failures", 0)),
        ),
    ),
    Group(
        ("days_overdue", "days_to_due", "days_to_cutoff", "days_since_delivery", "cycles_since_delivery"),
        (
            Sentence("delivery_overdue", "お届け予定日を{d}日過ぎても受注なし", days("days_overdue", 1)),
            Sentence("cutoff_today", "次回発送の締切は本日", _cutoff_today),
            Sentence("cutoff_near", "次回発送の締切まであと{d}日", _cutoff_near),
            Sentence("delivery_near", "次回お届けまであと{d}日：解約が多い時期", _delivery_near),
            Sentence("delivery_today", "次回お届けは本日の予定", _delivery_today),
            _SINCE_DELIVERY,
        ),
        (Sentence("delivery_far", "次回お届けはまだ先（あと{d}日）", _delivery_far), _SINCE_DELIVERY),
    ),
    Group(
        ("paused", "days_paused", "pauses", "days_since_resume"),
        (
            Sentence("paused", "{when}から休止中", _paused),
            Sentence("resumed", "休止から{on}再開したばかり", days("days_since_resume", 0, 45)),
            Sentence("paused_before", "これまでに{n}回休止", number("pauses", 1)),
        ),
        (Sentence("never_paused", "休止の履歴なし", lambda seen: {} if seen["pauses"] == 0 else None),),
    ),
    Group(
        ("bound_left", "deliveries_since_bound", "days_since_bound", "days_bound", "days_just_free"),
        (
            Sentence("bound_ended", "回数縛り（{m}回）が終わったばかり", _bound_ended),
            Sentence("bound_near", "回数縛り（{m}回）があと1回で終わる", _bound_near),
            Sentence("bound_over", "回数縛りは終了済み", flag("bound_left", 0)),
            Sentence("no_bound", "回数縛りなし", _no_bound),
        ),
        (Sentence("bound_left", "回数縛り期間中（あと{n}回）", number("bound_left", 1)),),
    ),
    Group(
        ("deliveries", "contract_days", "tenure_days", "contracts"),
        (Sentence("early_delivery", "お届け{n}回目：離脱が多い時期", number("deliveries", 1, 4)),),
        (
            Sentence("many_deliveries", "お届け{n}回目：長く継続", number("deliveries", 6)),
            Sentence("many_contracts", "定期を{n}件ご契約中", number("contracts", 2)),
            Sentence(
                "long_tenure",
                "ご利用期間は{n}か月",
                lambda seen: {"n": int(seen["tenure_days"] / 30.44)} if seen["tenure_days"] >= 183 else None,
            ),
        ),
    ),
    Group(
        ("cycle_changes", "days_since_cycle_change", "cycle_longer", "cycle_days"),
        (
            Sentence("cycle_lengthened", "{on}お届け周期を延長", _lengthened),
            Sentence("cycle_changed", "{on}お届け周期を変更", days("days_since_cycle_change", 0, 120)),
            Sentence("short_cycle", "お届けの間隔が短い（{n}日ごと）", _cycle(0, 21)),
            _CYCLE,
        ),
        (Sentence("long_cycle", "ゆとりのあるお届け間隔（{n}日ごと）", _cycle(45, inf)), _CYCLE),
    ),
    Group(
        ("ship_days",),
        (
            Sentence(
                "shipped_late",
                "前回のご注文の発送まで{d}日",
                lambda seen: {"d": int(seen["ship_days"])} if seen["ship_days"] >= 5 else None,
            ),
        ),
        (
            Sentence(
                "shipped_soon",
                "前回のご注文はすぐに発送",
                lambda seen: {} if seen["ship_days"] <= 2 else None,
            ),
        ),
    ),
    Group(
        ("contracts_ended",),
        (Sentence("ended_before", "過去に終了した定期が{n}件", number("contracts_ended", 1)),),
    ),
)
