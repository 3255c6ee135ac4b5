"""The script of a call from greeting to end: by what the risk is about, and by the reason once it is heard.

What is said to a customer stays Japanese on an English page too; what tells the agent what to do does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.notifier.web.call_reasons import Route, route_of
from services.notifier.web.script import DEFAULT, OF_KIND, SCRIPTS, Script
from services.notifier.web.words import Language


@dataclass(frozen=True, slots=True)
class Talk:
    """`greeting` names the company, the agent and the purpose, as the law wants; `never` is the NG box."""

    greeting: str
    opening: str
    proposal: str
    refused: str
    closing: str
    never: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, for which shop."""

    shop: str
    agent: str


_GREETING = (
    "お世話になっております。{shop}の{agent}と申します。{purpose}お電話いたしました。"
    "ただいま、少しお時間をいただけますでしょうか。（ご本人確認のあとで本題へ）"
)
_PURPOSE = {
    "subscription": "定期便のご様子を伺いたく、",
    "repeat": "商品をお使いになった、その後のご様子を伺いたく、",
    "payment": "ご登録のお支払い方法の確認で、",
}

_REFUSED: dict[Language, str] = {
    "ja": (
        "「承知いたしました。それでは解約のお手続きをいたします。」二度目のご提案はしない。"
        "次回分が止まるか、いつのお届けから解約かをお伝えし、受付番号を控えていただく。"
    ),
    "en": (
        "「承知いたしました。それでは解約のお手続きをいたします。」 No second proposal. Say whether the next"
        " parcel still stops and from which delivery it ends; have the number written down."
    ),
}
_CLOSING: dict[Route, str] = {
    "persuade": "「お話をお聞かせいただき、ありがとうございました。」何がいつから変わるかを繰り返す。",
    "safety": "「おつらいところ、お知らせいただきありがとうございました。どうぞお大事になさってください。」",
    "complaint": "「ご不便をおかけし、申し訳ございませんでした。」対応と期日、担当者の名前を繰り返す。",
    "close": "「これまでご利用いただき、ありがとうございました。」",
}
_NEVER: dict[Route, str] = {
    "persuade": "「効きます」「必ず効果が出ます」「いまは解約できません」。お断りのあとの再提案",
    "safety": "「使い続ければ慣れます」「好転反応です」。ご提案・割引。体調への助言",
    "complaint": "言い訳。「サイトに書いてあります」。ほかの商品のご案内",
    "close": "引き止め。他社の悪口。ご事情を詳しく尋ねること",
}

# By the reason that was heard: what to propose first (crm: 理由 → 最初のご提案), or what to do instead.
_PROPOSAL: dict[str, dict[Language, str]] = {
    "too_much": {
        "ja": "次回を1回お休みするか、お届け間隔を延ばすことをご案内。割引は持ち出さない。",
        "en": "Offer to skip the next parcel or to lengthen the cycle. No discount.",
    },
    "no_effect": {
        "ja": "使い方・量・続けた期間を伺い、使い方を一つだけご案内。効果は語らず、表示にあることだけを。",
        "en": "Ask how it is used and explain one thing. Claim no effect; say only what is on the label.",
    },
    "not_suitable": {
        "ja": "ご使用をおやめいただき、症状があれば医師へのご相談を。ご提案はせず、品質窓口へ報告。",
        "en": "Ask to stop using it, and to see a doctor if unwell. No proposal. Report it to quality.",
    },
    "too_dear": {
        "ja": "実感を伺ってから、間隔の変更、次に休止をご案内。割引は最後に、許された内容だけを一度。",
        "en": "Ask whether it does good; then another cycle, then a pause. A discount comes last, and once.",
    },
    "taste": {
        "ja": "使い方のひと工夫を一つご案内。別の商品は、できるご提案にあるときだけ。",
        "en": "Suggest one way to use it better. Another product only where it is among the offers.",
    },
    "competitor": {
        "ja": "引き止めずに手続きへ。差し支えなければ、選ばれた点を一つだけ伺う。",
        "en": "Do not persuade; go on to the procedure. Ask for one reason at most, if welcome.",
    },
    "timing": {
        "ja": "受け取りやすい日・間隔・場所、お支払い方法の変更をご案内。",
        "en": "Offer another day, cycle or place to receive it, or another way to pay.",
    },
    "unaware": {
        "ja": "お詫びし、ご注文時の表示と日時を確かめて責任者へ。ご提案はしない。解約のご希望はすぐ承る。",
        "en": "Apologise, note what was shown when it was ordered, tell a supervisor. No proposal.",
    },
    "family": {
        "ja": "お見舞い・お悔やみを申し上げ、すぐに手続きへ。以後のご連絡を止める（連絡不要）。",
        "en": "Offer sympathy and end it at once. Stop all further contact (do not contact).",
    },
    "moving": {
        "ja": "新しいご住所とお届け開始日を伺う。落ち着かれるまでの休止もご案内。",
        "en": "Ask for the new address and date, or offer a pause until things have settled.",
    },
    "service": {
        "ja": "お詫びし、事実と、いつまでに何をするかをお伝えする。ご提案はしない。",
        "en": "Apologise; say what happened, and what is done until when. No proposal.",
    },
    "no_reason": {
        "ja": "理由を重ねて尋ねない。間隔の変更・お休み・解約のどれも選べることをお伝えする。",
        "en": "Do not press for a reason. Say that another cycle, a pause and the end are all open.",
    },
}


def talk(
    caller: Caller, kind: str, risk_reasons: Sequence[str], reason: str | None, language: Language
) -> Talk:
    """`risk_reasons` by weight, `reason` (of the call reasons) as soon as the customer has given one."""
    known = next((SCRIPTS[code] for code in risk_reasons if code in SCRIPTS), DEFAULT)
    script = _heard(OF_KIND.get(kind, known), reason, language)
    route = route_of(reason)
    purpose = _PURPOSE.get(kind, _PURPOSE["subscription"])
    return Talk(
        greeting=_GREETING.format(shop=caller.shop, agent=caller.agent, purpose=purpose),
        opening=script.opening,
        proposal=script.proposal,
        refused=_REFUSED[language],
        closing=_CLOSING[route],
        never=script.never,
    )


def _heard(script: Script, reason: str | None, language: Language) -> Script:
    if reason not in _PROPOSAL:
        return replace(script, proposal=script.proposal_en if language == "en" else script.proposal)
    return replace(script, proposal=_PROPOSAL[reason][language], never=_NEVER[route_of(reason)])
