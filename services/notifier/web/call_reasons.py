"""Call reasons: why customers want to leave, as agents record it, on two levels, and where each leads.

`persuade` allows a proposal; `safety` (a product that harms) and `complaint` get an answer and no proposal;
`close` is let go with thanks.
"""

from dataclasses import dataclass
from typing import Literal

from services.notifier.web.words import Language

Route = Literal["persuade", "safety", "complaint", "close"]


@dataclass(frozen=True, slots=True)
class Detail:
    """The second level; `ja` and `en` are what is shown."""

    code: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class CallReason:
    """The first level."""

    code: str
    route: Route
    ja: str
    en: str
    details: tuple[Detail, ...]


# Nothing here may name an illness: what agents choose is analysed (要配慮個人情報の推知をしない).
TREE: tuple[CallReason, ...] = (
    CallReason(
        "too_much",
        "persuade",
        "商品が余っている",
        "Has too much left",
        (
            Detail("uses_less", "使う量が少ない", "Uses little"),
            Detail("forgets", "使い忘れる", "Forgets to use it"),
            Detail("interval_short", "お届けが早すぎる", "Parcels come too soon"),
            Detail("household_smaller", "使う人が減った", "Fewer people use it"),
        ),
    ),
    CallReason(
        "no_effect",
        "persuade",
        "効果を感じない",
        "Feels no effect",
        (
            Detail("short_use", "使い始めて間もない", "Began a short while ago"),
            Detail("long_use", "続けても変わらない", "No change after long use"),
            Detail("usage_unclear", "使い方がわからない", "Unsure how to use it"),
        ),
    ),
    CallReason(
        "not_suitable",
        "safety",
        "肌・体に合わない",
        "Does not agree with skin or body",
        (
            Detail("skin", "肌に合わない", "Not good for the skin"),
            Detail("body", "体調がすぐれない", "Feels unwell"),
            Detail("doctor", "医師に止められた", "Advised against by a doctor"),
        ),
    ),
    CallReason(
        "too_dear",
        "persuade",
        "金額",
        "Price",
        (
            Detail("budget", "家計の見直し", "Household budget"),
            Detail("price_rise", "初回より高い・値上げ", "Dearer than the first, or a rise"),
            Detail("shipping", "送料・手数料", "Postage or fees"),
        ),
    ),
    CallReason(
        "taste",
        "persuade",
        "味・使い心地",
        "Taste or feel",
        (
            Detail("flavour", "味・香り", "Taste or smell"),
            Detail("texture", "使い心地・飲みにくさ", "Texture, hard to take"),
            Detail("package", "容器・包装", "Container or wrapping"),
        ),
    ),
    CallReason(
        "competitor",
        "close",
        "他社へ",
        "Goes to another shop",
        (
            Detail("other_product", "他社の商品にする", "Another product"),
            Detail("nearby_shop", "店頭で買う", "Buys in a shop"),
        ),
    ),
    CallReason(
        "timing",
        "persuade",
        "受取・支払の都合",
        "Receiving or paying",
        (
            Detail("cannot_receive", "受け取れない", "Cannot receive parcels"),
            Detail("day", "届く日が合わない", "The day does not suit"),
            Detail("payment_method", "支払方法が合わない", "The way to pay does not suit"),
        ),
    ),
    CallReason(
        "unaware",
        "complaint",
        "定期と知らなかった",
        "Did not know it was a subscription",
        (
            Detail("order_page", "注文時にわからなかった", "Not clear when ordering"),
            Detail("minimum", "回数の約束を知らなかった", "Did not know of the minimum"),
            Detail("not_ordered", "注文した覚えがない", "Does not remember ordering"),
        ),
    ),
    CallReason(
        "family",
        "close",
        "家族の反対・入院・死亡",
        "Family, hospital or death",
        (
            Detail("against", "家族の反対", "The family is against it"),
            Detail("hospital", "入院・施設入居", "In hospital or in care"),
            Detail("death", "ご逝去", "Has died"),
        ),
    ),
    CallReason(
        "moving",
        "persuade",
        "引越",
        "Moves house",
        (
            Detail("address", "住所が変わる", "The address changes"),
            Detail("abroad", "海外へ", "Goes abroad"),
        ),
    ),
    CallReason(
        "service",
        "complaint",
        "サービス不満",
        "Unhappy with the service",
        (
            Detail("delivery", "配送・遅れ・破損", "Delivery, delay or damage"),
            Detail("staff", "電話・窓口の対応", "How the staff behaved"),
            Detail("site", "サイト・手続きの不便", "The site or the procedure"),
        ),
    ),
    CallReason("no_reason", "persuade", "理由なし", "No reason given", ()),
)
BY_CODE: dict[str, CallReason] = {reason.code: reason for reason in TREE}


def told(language: Language) -> list[dict[str, object]]:
    """The tree for a page's script."""
    return [
        {
            "code": reason.code,
            "label": getattr(reason, language),
            "route": reason.route,
            "details": [
                {"code": detail.code, "label": getattr(detail, language)} for detail in reason.details
            ],
        }
        for reason in TREE
    ]


def label_of(code: str | None, language: Language) -> str | None:
    """The name of a first-level reason; None for None and for codes that are not of the tree."""
    reason = BY_CODE.get(code or "")
    return None if reason is None else str(getattr(reason, language))


def route_of(code: str | None) -> Route:
    """Where a reason leads; as long as none is known, a proposal is allowed."""
    reason = BY_CODE.get(code or "")
    return "persuade" if reason is None else reason.route


# What a risk's reason lets one expect the customer to say; the reason that is heard replaces it.
_EXPECTED: dict[str, tuple[str, ...]] = {
    "too_much": (
        "skipped_in_a_row",
        "skipped",
        "skips_lately",
        "skips_often",
        "skip_page",
        "survey_too_much",
        "cycle_lengthened",
        "short_cycle",
        "cycle_changed",
        "slowing",
    ),
    "no_effect": ("survey_no_effect", "not_again", "nps_fell", "nps_low", "unsatisfied", "poor_review"),
    "too_dear": (
        "survey_too_dear",
        "discount_only",
        "discount_mostly",
        "began_discounted",
        "spend_falling",
        "basket_shrinking",
    ),
    "service": ("complaint", "complained_before", "shipped_late"),
}
EXPECTED: dict[str, str] = {risk: code for code, risks in _EXPECTED.items() for risk in risks}
