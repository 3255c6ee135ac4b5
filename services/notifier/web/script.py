"""Talk scripts: what an agent may say about each reason, what to propose first, and what never to say.

They ask before they offer, make one proposal, and never stand between a customer and the way out
(特定商取引法: no false word that hinders a cancellation; 薬機法: no claim of what a product does).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """`opening` turns to the reason, `proposal` (in English `proposal_en`) is what to offer first."""

    opening: str
    proposal: str
    never: str = "「いまは解約できません」「必ず効果が出ます」"
    proposal_en: str = ""


_PACE = Script(
    "お届けのペースは、いまのお暮らしに合っていますか。お手元に余っていませんか。",
    "余っているとき: 次回を1回お休み、またはお届け間隔の変更をご案内。割引は持ち出さない。",
    proposal_en="Where some is left: offer to skip the next parcel or to lengthen the cycle. No discount.",
)
_PAUSED = Script(
    "お休みの間、ご不便はございませんか。再開のご予定はお決まりでしょうか。",
    "再開日を一緒に決める。お休みの延長も可。再開日は必ず声に出して確認する。",
    "「再開しないと解約になります」",
    proposal_en="Settle the day of resuming together, or lengthen the pause. Always say that day aloud.",
)
_PAYMENT = Script(
    "お支払いのお手続きが済んでいないご注文があり、ご確認のためお電話しました。",
    "別のカードやお支払い方法への変更をご案内。行き違いのお詫びを先に。",
    "カード番号を口頭で聞くこと。督促のような言い方",
    proposal_en="Offer another card or another way to pay. Apologise first in case the payment has crossed.",
)
# A charge may be expected to fail that has not failed yet: this is true of either.
_METHOD = Script(
    "ご登録のお支払い方法について、ご確認のお願いがありお電話しました。",
    "カードの有効期限とご利用状況を確かめ、別のカードやお支払い方法への変更をご案内。",
    "カード番号を口頭で聞くこと。督促のような言い方",
    proposal_en="Check the expiry and the state of the card; offer another card or another way to pay.",
)
_SILENCE = Script(
    "その後、商品のお使い心地はいかがですか。ご不便な点はございませんか。",
    "使い方をお聞きし、合う量と間隔をご案内。まだ残っているときは急がせない。",
    proposal_en="Ask how it is used and suggest an amount and a pace that fit. Hurry nobody.",
)
_BEGINNING = Script(
    "お使い始めて、お困りのことはございませんか。飲み忘れや使い方のご不明点はありませんか。",
    "使い方を一つご案内し、次回のお届け日がご都合に合うかを確かめる。",
    proposal_en="Explain one thing about its use, and check that the day of the next parcel suits.",
)
_BUDGET = Script(
    "ご注文の内容は、いまのご希望に合っていますか。ご負担になっていませんか。",
    "数量や間隔の見直しをご案内。割引は、続けたいお気持ちを伺ってから。",
    proposal_en="Offer to review amount and pace. A discount only for who wants to go on.",
)
_BOUND = Script(
    "お約束の回数を続けていただき、ありがとうございます。この先のご希望をお聞かせください。",
    "続ける・間隔を変える・お休みする、を並べてご案内。解約のご希望はそのまま承る。",
    "「自動で続きます」とだけ伝えて終えること",
    proposal_en="Name side by side: go on, another pace, a pause. Take a wish to cancel as it is.",
)
_LATE = Script(
    "前回は発送までお時間をいただき、申し訳ございませんでした。",
    "お詫びと次回のお届け予定日をお伝えし、ご希望の日時を伺う。",
    "遅れを配送会社のせいにすること",
    proposal_en="Apologise, name the day of the next parcel, and ask which day suits.",
)
_REQUESTED = Script(
    "解約のお申し出をいただいております。よろしければ、理由をお聞かせいただけますか。",
    "理由に合うご提案は一つだけ。お断りなら手続きへ進み、次回分が止まるかを必ず確認。",
    "引き止めの繰り返し。「いまは解約できません」",
    proposal_en="One proposal that answers the reason. If refused, end it and check the next parcel.",
)
# What a customer looked at is not said back: nobody wants to be watched.
_WAVERING = Script(
    "ご契約の内容やお届けのことで、ご不明な点はございませんか。",
    "迷われている理由を先に伺う。間隔の変更・お休み・解約のどれも選べることをお伝えする。",
    "「解約ページをご覧になりましたね」",
    proposal_en="Ask first what makes the customer hesitate. Say that pace, pause and end are all open.",
)
_ASKED = Script(
    "先日はお問い合わせをいただき、ありがとうございました。その後、ご不明な点は残っていませんか。",
    "お問い合わせの件が片付いているかを確かめる。残っていれば、その場で手配し期日をお伝えする。",
    "お問い合わせの内容を一から聞き直すこと",
    proposal_en="Check that what was asked is settled. If not, arrange it now and name the day.",
)
_COMPLAINT = Script(
    "先日はご不便をおかけし、申し訳ございませんでした。その後のご様子を伺いたく、お電話しました。",
    "お詫びと対応の結果をお伝えする。ご提案は、ご不便が解消してから。",
    "言い訳。ほかの商品のご案内",
    proposal_en="Apologise and say what was done. No offer until the trouble is over.",
)
_OPINION = Script(
    "ご意見をお寄せいただき、ありがとうございました。ご期待に添えなかった点をお聞かせください。",
    "使い方をお聞きし、合う使い方や量を一つだけご案内。合わなければお休みや解約も承る。",
    proposal_en="Ask how it is used and suggest one way or amount. Pause or end are open too.",
)
_UNREACHED = Script(
    "ご登録のメールアドレスへお届けできておらず、ご連絡先の確認でお電話しました。",
    "連絡先を確かめ、ご希望の連絡方法を伺う。お届けのご都合も併せて確かめる。",
    proposal_en="Check how to reach the customer, and ask which way is welcome.",
)

DEFAULT = Script(
    "いつもご利用ありがとうございます。商品のお使い心地はいかがですか。",
    "まずお話を伺い、ご負担のないお届け方法（間隔の変更・1回お休み）をご案内。",
    proposal_en="Listen first; then offer deliveries that are no burden (another cycle, one skip).",
)

# What the risk itself is about goes before its reasons.
OF_KIND: dict[str, Script] = {"payment": _METHOD}

# By the code of a reason, as in churn.risk_assessed; the weightiest reason that is named here counts.
SCRIPTS: dict[str, Script] = {
    "cancel_requested": _REQUESTED,
    "cancel_page_week": _WAVERING,
    "cancel_page": _WAVERING,
    "leaving_contact": _ASKED,
    "delivery_contact": _ASKED,
    "contact": _ASKED,
    "complaint": _COMPLAINT,
    "complained_before": _COMPLAINT,
    "not_again": _OPINION,
    "survey_no_effect": _OPINION,
    "nps_fell": _OPINION,
    "nps_low": _OPINION,
    "unsatisfied": _OPINION,
    "poor_review": _OPINION,
    "mail_dead": _UNREACHED,
    "skipped_in_a_row": _PACE,
    "skipped": _PACE,
    "skips_lately": _PACE,
    "skips_often": _PACE,
    "skip_page": _PACE,
    "survey_too_much": _PACE,
    "cycle_lengthened": _PACE,
    "short_cycle": _PACE,
    "cycle_changed": _PACE,
    "slowing": _PACE,
    "paused": _PAUSED,
    "resumed": _PAUSED,
    "payment_stopped": _PAYMENT,
    "payment_failing": _PAYMENT,
    "card_expired": _PAYMENT,
    "payment_contact": _PAYMENT,
    "delivery_overdue": _SILENCE,
    "long_silence": _SILENCE,
    "no_second_order": _SILENCE,
    "silence": _SILENCE,
    "no_visit": _SILENCE,
    "early_delivery": _BEGINNING,
    "few_orders": _BEGINNING,
    "discount_only": _BUDGET,
    "discount_mostly": _BUDGET,
    "began_discounted": _BUDGET,
    "spend_falling": _BUDGET,
    "basket_shrinking": _BUDGET,
    "survey_too_dear": _BUDGET,
    "bound_ended": _BOUND,
    "bound_near": _BOUND,
    "shipped_late": _LATE,
}
