"""Openings: the first words of a message, fitting the reason that we write at all.

They ask and offer; they neither tell the customer that a machine expects them to leave, nor claim what a
product does (薬機法), nor hide how to cancel (特定商取引法).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opening:
    subject: str
    sentence: str
    offer: str


PACE = Opening(
    "お届けのペースはいかがですか",
    "お届けのペースは、いまのお暮らしに合っていますでしょうか。",
    "商品が余りがちなときは、お届け間隔の変更も承ります。次回のお届け日だけを変えることもできます。",
)
PAUSED = Opening(
    "お届けの再開について",
    "ただいま、お届けをお休みいただいております。その後いかがお過ごしでしょうか。",
    "再開の時期やお届け間隔は、ご都合に合わせてお選びいただけます。お休みのままでも差し支えありません。",
)
RESUMED = Opening(
    "お届けを再開いただき、ありがとうございます",
    "お届けを再開いただき、ありがとうございます。",
    "お届け間隔や次回のお届け日に、ご希望の変更はございませんか。ご都合に合わせて承ります。",
)
PAYMENT = Opening(
    "お支払い方法のご確認のお願い",
    "お支払いのお手続きが完了していないご注文がございます。行き違いの場合は、どうぞご容赦ください。",
    "お手数ですが、お支払い方法のご確認をお願いいたします。別のお支払い方法への変更も承ります。",
)
SILENCE = Opening(
    "その後いかがお過ごしですか",
    "前回のご注文から少し間が空きましたので、ご様子をうかがいたくご連絡いたしました。",
    "使い方で迷われたことや、ご不便な点がございましたら、どんな小さなことでもお聞かせください。",
)
BEGINNING = Opening(
    "お使いになって、いかがですか",
    "当店の商品をお選びいただき、ありがとうございます。お使いになって、お困りのことはございませんか。",
    "使い方のご質問も、お届けのご相談も、担当者が承ります。",
)
BUDGET = Opening(
    "ご注文内容のご相談を承ります",
    "ご注文の内容は、いまのご希望に合っていますでしょうか。",
    "数量の見直しなど、ご負担の少ない方法を一緒に考えさせていただきます。",
)
LATE = Opening(
    "前回のお届けについて",
    "前回のご注文では、発送までにお時間をいただきました。お待たせして申し訳ございませんでした。",
    "お届けについてお気づきの点がございましたら、どうぞお聞かせください。",
)
ANY = Opening(
    "ご利用について、おうかがいします",
    "ご利用いただく中で、気になることやご不便な点はございませんか。",
    "商品のことも、お届けのことも、ご都合に合わせて承ります。",
)

# By the code of the risk's first reason. What is not named here gets ANY: either there is nothing to ask the
# customer (a promised minimum that ends), or it is over and no longer true (a payment that once failed).
OPENINGS: dict[str, Opening] = {
    "skipped_in_a_row": PACE,
    "skipped": PACE,
    "skips_lately": PACE,
    "skips_often": PACE,
    "survey_too_much": PACE,
    "cycle_lengthened": PACE,
    "short_cycle": PACE,
    "cycle_changed": PACE,
    "paused": PAUSED,
    "resumed": RESUMED,
    "payment_stopped": PAYMENT,
    "payment_failing": PAYMENT,
    "card_expired": PAYMENT,
    "long_silence": SILENCE,
    "no_second_order": SILENCE,
    "silence": SILENCE,
    "slowing": SILENCE,
    "delivery_overdue": SILENCE,
    "early_delivery": BEGINNING,
    "few_orders": BEGINNING,
    "discount_only": BUDGET,
    "discount_mostly": BUDGET,
    "began_discounted": BUDGET,
    "spend_falling": BUDGET,
    "basket_shrinking": BUDGET,
    "survey_too_dear": BUDGET,
    "shipped_late": LATE,
}


def opening_for(reason: str | None) -> Opening:
    return OPENINGS.get(reason or "", ANY)
