"""Talk scripts: what an agent may say about each reason, what to propose first, and what never to say.

They ask before they offer, make one proposal, and never stand between a customer and the way out
(特定商取引法: no false word that hinders a cancellation; 薬機法: no claim of what a product does).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """`opening` turns to the reason, `proposal` is the one thing to offer first."""

    opening: str
    proposal: str
    never: str = "「いまは解約できません」「必ず効果が出ます」"


_PACE = Script(
    "お届けのペースは、いまのお暮らしに合っていますか。お手元に余っていませんか。",
    "余っているとき: 次回を1回お休み、またはお届け間隔の変更をご案内。割引は持ち出さない。",
)
_PAUSED = Script(
    "お休みの間、ご不便はございませんか。再開のご予定はお決まりでしょうか。",
    "再開日を一緒に決める。お休みの延長も可。再開日は必ず声に出して確認する。",
    "「再開しないと解約になります」",
)
_PAYMENT = Script(
    "お支払いのお手続きが済んでいないご注文があり、ご確認のためお電話しました。",
    "別のカードやお支払い方法への変更をご案内。行き違いのお詫びを先に。",
    "カード番号を口頭で聞くこと。督促のような言い方",
)
_SILENCE = Script(
    "その後、商品のお使い心地はいかがですか。ご不便な点はございませんか。",
    "使い方をお聞きし、合う量と間隔をご案内。まだ残っているときは急がせない。",
)
_BEGINNING = Script(
    "お使い始めて、お困りのことはございませんか。飲み忘れや使い方のご不明点はありませんか。",
    "使い方を一つご案内し、次回のお届け日がご都合に合うかを確かめる。",
)
_BUDGET = Script(
    "ご注文の内容は、いまのご希望に合っていますか。ご負担になっていませんか。",
    "数量や間隔の見直しをご案内。割引は、続けたいお気持ちを伺ってから。",
)
_BOUND = Script(
    "お約束の回数を続けていただき、ありがとうございます。この先のご希望をお聞かせください。",
    "続ける・間隔を変える・お休みする、を並べてご案内。解約のご希望はそのまま承る。",
    "「自動で続きます」とだけ伝えて終えること",
)
_LATE = Script(
    "前回は発送までお時間をいただき、申し訳ございませんでした。",
    "お詫びと次回のお届け予定日をお伝えし、ご希望の日時を伺う。",
    "遅れを配送会社のせいにすること",
)
_REQUESTED = Script(
    "解約のお申し出をいただいております。よろしければ、理由をお聞かせいただけますか。",
    "理由に合うご提案は一つだけ。お断りなら手続きへ進み、次回分が止まるかを必ず確認。",
    "引き止めの繰り返し。「いまは解約できません」",
)

DEFAULT = Script(
    "いつもご利用ありがとうございます。商品のお使い心地はいかがですか。",
    "まずお話を伺い、ご負担のないお届け方法（間隔の変更・1回お休み）をご案内。",
)

# By the code of a reason, as in churn.risk_assessed; the weightiest reason that is named here counts.
SCRIPTS: dict[str, Script] = {
    "cancel_requested": _REQUESTED,
    "skipped_in_a_row": _PACE,
    "skipped": _PACE,
    "skips_often": _PACE,
    "cycle_changed": _PACE,
    "slowing": _PACE,
    "paused": _PAUSED,
    "resumed": _PAUSED,
    "payment_stopped": _PAYMENT,
    "payment_failing": _PAYMENT,
    "delivery_overdue": _SILENCE,
    "long_silence": _SILENCE,
    "no_second_order": _SILENCE,
    "silence": _SILENCE,
    "early_delivery": _BEGINNING,
    "few_orders": _BEGINNING,
    "discount_only": _BUDGET,
    "discount_mostly": _BUDGET,
    "began_discounted": _BUDGET,
    "spend_falling": _BUDGET,
    "bound_ended": _BOUND,
    "bound_near": _BOUND,
    "shipped_late": _LATE,
}
