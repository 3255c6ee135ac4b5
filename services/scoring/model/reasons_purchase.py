"""Reasons that lie in the orders: when they come, what they are worth, what is in them, how they began."""

from collections.abc import Callable

from services.scoring.model.reasons_sentence import (
    Facts,
    Group,
    Readings,
    Sentence,
    ago,
    days,
    flag,
    number,
    percent,
)


def _long_silence(seen: Readings) -> Facts | None:
    if not seen["silence_gaps"] >= 1.2:
        return None
    return {"d": ago(seen, "days_since_order"), "x": round(seen["silence_gaps"], 1)}


def _no_second_order(seen: Readings) -> Facts | None:
    alone = seen["orders"] == 1 and seen["days_since_order"] >= 30
    return {"d": ago(seen, "days_since_order")} if alone else None


def _as_usual(seen: Readings) -> Facts | None:
    return {"n": int(seen["orders"])} if seen["orders"] >= 3 and seen["silence_gaps"] <= 1 else None


def _gaps(true: Callable[[float], bool]) -> Callable[[Readings], Facts | None]:
    return lambda seen: (
        {"d": round(seen["gap_last_days"]), "u": round(seen["gap_mean_days"])}
        if true(seen["gap_stretch"])
        else None
    )


def _steady(seen: Readings) -> Facts | None:
    steady = seen["orders"] >= 4 and seen["gap_cv"] <= 0.3
    return {"u": round(seen["gap_mean_days"])} if steady else None


def _full_price(seen: Readings) -> Facts | None:
    return {} if seen["discount_share"] == 0 and seen["orders"] >= 2 else None


def _no_returns(seen: Readings) -> Facts | None:
    return {} if seen["refunds"] == 0 and seen["cancelled_orders"] == 0 and seen["orders"] >= 3 else None


def _season(seen: Readings) -> Facts | None:
    return {} if -1 <= seen["season_cos"] <= 1 else None


_USUAL_GAP = Sentence(
    "usual_gap",
    "普段のご注文はおよそ{u}日ごと",
    lambda seen: {"u": round(seen["gap_mean_days"])} if seen["gap_mean_days"] > 0 else None,
)
_SPEND = Sentence(
    "spend",
    "普段のご購入額は{n:,}円",
    lambda seen: {"n": round(seen["spend_mean"])} if seen["spend_mean"] > 0 else None,
)
_MEDIA = (
    Sentence("media_magazine", "流入媒体は雑誌・テレビ・チラシ", flag("media", 0)),
    Sentence("media_line", "流入媒体はLINE", flag("media", 1)),
    Sentence("media_mail", "流入媒体はメール", flag("media", 2)),
    Sentence("media_search", "流入媒体は検索", flag("media", 3)),
    Sentence("media_other", "流入媒体はその他のサイト", flag("media", 4)),
    Sentence("media_sns", "流入媒体はSNS", flag("media", 5)),
    Sentence("media_affiliate", "流入媒体はアフィリエイト広告", flag("media", 6)),
)
"""In the order of the feature's kinds; what each is worth, for or against, is the model's to say."""

PURCHASE: tuple[Group, ...] = (
    Group(
        (
            "days_since_order",
            "silence_gaps",
            "silence_of_longest",
            "silence_of_tenure",
            "silence_z",
            "silence_evidence",
            "still_buying",
            "quiet_60",
            "orders_15",
            "orders_45",
            "orders_120",
            "orders_45_share",
        ),
        (
            Sentence("long_silence", "最後のご注文から{d}日（普段の間隔の{x}倍）", _long_silence),
            Sentence("no_second_order", "初回のご注文から{d}日、2回目のご注文なし", _no_second_order),
            Sentence("silence", "最後のご注文から{d}日", days("days_since_order", 28)),
        ),
        (
            Sentence("as_usual", "いつもの間隔でご注文（これまでに{n}回）", _as_usual),
            Sentence("ordered_lately", "{on}ご注文", days("days_since_order", 0, 45)),
        ),
    ),
    Group(
        (
            "gap_stretch",
            "gap_last_days",
            "gap_previous_days",
            "gap_mean_days",
            "gap_smoothed_days",
            "gap_typical_days",
            "gap_max_days",
            "gap_sd_days",
            "gap_cv",
        ),
        (
            Sentence(
                "slowing", "ご注文の間隔が延びている（前回{d}日、普段は{u}日）", _gaps(lambda x: x >= 1.2)
            ),
            _USUAL_GAP,
        ),
        (
            Sentence(
                "speeding_up",
                "ご注文の間隔が縮まっている（前回{d}日、普段は{u}日）",
                _gaps(lambda x: x <= 0.8),
            ),
            Sentence("steady", "ご注文の間隔が安定（およそ{u}日ごと）", _steady),
            _USUAL_GAP,
        ),
    ),
    Group(
        ("orders", "order_rate"),
        (Sentence("few_orders", "ご注文はまだ{n}回", number("orders", 1, 2)),),
        (Sentence("many_orders", "これまでに{n}回ご注文", number("orders", 5)),),
    ),
    Group(
        ("discount_share", "discount_share_90", "discount_depth", "discounted_only", "began_discounted"),
        (
            Sentence("discount_only", "初回割引での購入のみ", flag("discounted_only")),
            Sentence("discount_mostly", "ご注文の{p}％が割引での購入", percent("discount_share", 0.5)),
            Sentence("began_discounted", "初回割引をきっかけに始めたお客様", flag("began_discounted")),
        ),
        (
            Sentence("full_price", "ご注文はすべて割引なし", _full_price),
            Sentence("began_full_price", "初回から割引なしでご購入", flag("began_discounted", 0)),
            Sentence("lately_full_price", "前回は割引なしでご購入", flag("discount_depth", 0)),
        ),
    ),
    Group(
        ("spend_trend", "spend_last", "spend_mean", "spend_total", "spend_45", "spend_120", "spend_cv"),
        (
            Sentence("spend_falling", "前回のご購入額が普段の{p}％に減少", percent("spend_trend", 0, 0.85)),
            _SPEND,
        ),
        (
            Sentence("spend_rising", "前回のご購入額が普段の{p}％に増加", percent("spend_trend", 1.15)),
            _SPEND,
        ),
    ),
    Group(
        (
            "units_trend",
            "units_last",
            "units_mean",
            "lines_mean",
            "products",
            "new_share",
            "new_share_recent",
        ),
        (
            Sentence(
                "basket_shrinking", "前回のご購入点数が普段の{p}％に減少", percent("units_trend", 0, 0.85)
            ),
        ),
        (
            Sentence("basket_growing", "前回のご購入点数が普段の{p}％に増加", percent("units_trend", 1.15)),
            Sentence("many_products", "これまでに{n}種類の商品をご購入", number("products", 3)),
        ),
    ),
    Group(
        ("refunds", "cancelled_orders"),
        (
            Sentence("refunded", "これまでに返金が{n}回", number("refunds", 1)),
            Sentence("order_cancelled", "これまでにご注文のキャンセルが{n}回", number("cancelled_orders", 1)),
        ),
        (Sentence("no_returns", "返金もご注文のキャンセルもなし", _no_returns),),
    ),
    Group(("media",), _MEDIA, _MEDIA),
    Group(
        ("season_sin", "season_cos", "gift_season"),
        (Sentence("season_against", "例年、離脱が多い時期", _season),),
        (Sentence("season_for", "例年、離脱が少ない時期", _season),),
    ),
)
