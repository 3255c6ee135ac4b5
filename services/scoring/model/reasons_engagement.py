"""Reasons that lie in what a customer does besides ordering: looks at, reads, asks, says, recommends."""

from services.scoring.model.reasons_sentence import (
    Facts,
    Group,
    Readings,
    Sentence,
    ago,
    days,
    flag,
    number,
    unknown,
)


def _cancel_views_week(seen: Readings) -> Facts | None:
    if not seen["cancel_views_week"] > seen["cancel_views_last"]:
        return None
    return {"n": int(seen["cancel_views_week"]), "d": ago(seen, "days_since_cancel_page")}


def _cancel_views(seen: Readings) -> Facts | None:
    if not seen["days_since_cancel_page"] <= 60:
        return None
    return {"n": int(seen["cancel_views_last"]), "d": ago(seen, "days_since_cancel_page")}


def _cancel_unseen(seen: Readings) -> Facts | None:
    return {} if seen["cancel_pages_30"] == 0 else None


def _nps_change(seen: Readings) -> Facts:
    return {"n": int(seen["nps"]), "b": int(seen["nps"] - seen["nps_change"])}


def _nps_fell(seen: Readings) -> Facts | None:
    return _nps_change(seen) if seen["nps_change"] < 0 and seen["nps"] <= 8 else None


def _nps_rose(seen: Readings) -> Facts | None:
    return _nps_change(seen) if seen["nps_change"] > 0 and seen["nps"] >= 7 else None


def _not_recommended(seen: Readings) -> Facts | None:
    return {} if seen["reviews"] == 0 and seen["referrals"] == 0 else None


_CONTACT = Sentence("contact", "お問い合わせが{when}", days("days_since_contact", 0, 30))
_CONTACTS = Sentence("contacts", "これまでにお問い合わせが{n}回", number("contacts", 1))
_NPS = Sentence("nps", "NPS {n}（10点中）", number("nps", 7, 8))

ENGAGEMENT: tuple[Group, ...] = (
    Group(
        (
            "cancel_pages_7",
            "cancel_pages_30",
            "days_since_cancel_page",
            "cancel_views_week",
            "cancel_views_last",
        ),
        (
            Sentence(
                "cancel_page_week", "解約ページをこの1週間で{n}回表示（最後は{when}）", _cancel_views_week
            ),
            Sentence("cancel_page", "解約ページを{on}{n}回表示", _cancel_views),
        ),
        (
            Sentence("cancel_page_unseen", "解約ページの表示なし", _cancel_unseen),
            Sentence(
                "cancel_page_long_ago",
                "解約ページの表示は{when}が最後",
                days("days_since_cancel_page", 14),
            ),
        ),
    ),
    Group(
        (
            "knows_engagement",
            "pages_30",
            "days_since_page",
            "skip_pages_30",
            "days_since_skip_page",
            "account_pages_30",
            "faq_pages_30",
        ),
        (
            Sentence("skip_page", "お届け変更のページを{on}表示", days("days_since_skip_page", 0, 30)),
            Sentence("no_visit", "サイトを{d}日訪問なし", days("days_since_page", 30)),
        ),
        (Sentence("visited", "サイトを{on}訪問", days("days_since_page", 0, 30)),),
    ),
    Group(
        ("mail_opens_30", "mail_clicks_30", "days_since_mail_open", "days_since_mail_click", "mail_dead"),
        (
            Sentence("mail_dead", "メールが届かない（宛先不明）", flag("mail_dead")),
            Sentence("mail_unopened", "メールを{d}日開封なし", days("days_since_mail_open", 21)),
            Sentence("mail_never_opened", "メールの開封記録なし", unknown("days_since_mail_open")),
        ),
        (
            Sentence("mail_clicked", "メールのリンクを{on}クリック", days("days_since_mail_click", 0, 14)),
            Sentence("mail_opened", "メールを{on}開封", days("days_since_mail_open", 0, 21)),
        ),
    ),
    Group(
        ("line_blocked", "days_since_line_block"),
        (Sentence("line_blocked", "LINEをブロック（{when}）", days("days_since_line_block", 0)),),
        (Sentence("line_friend", "LINEの友だち登録中", flag("line_blocked", 0)),),
    ),
    Group(
        (
            "contacts",
            "contacts_30",
            "days_since_contact",
            "complaints",
            "days_since_complaint",
            "days_since_leaving_contact",
            "days_since_delivery_contact",
            "days_since_payment_contact",
        ),
        (
            Sentence(
                "leaving_contact",
                "解約についてのお問い合わせが{when}",
                days("days_since_leaving_contact", 0, 60),
            ),
            Sentence("complaint", "お問い合わせ（クレーム）が{when}", days("days_since_complaint", 0, 90)),
            Sentence(
                "payment_contact",
                "お支払いについてのお問い合わせが{when}",
                days("days_since_payment_contact", 0, 30),
            ),
            Sentence(
                "delivery_contact",
                "お届けについてのお問い合わせが{when}",
                days("days_since_delivery_contact", 0, 30),
            ),
            _CONTACT,
            Sentence("complained_before", "これまでにクレームが{n}回", number("complaints", 1)),
            _CONTACTS,
        ),
        (_CONTACT, _CONTACTS),
    ),
    Group(
        (
            "days_since_survey",
            "nps",
            "nps_change",
            "satisfaction",
            "again_no",
            "survey_too_much",
            "survey_too_dear",
            "survey_no_effect",
        ),
        (
            Sentence("not_again", "アンケートで再購入の意向なし", flag("again_no")),
            Sentence("survey_too_much", "アンケートで「余っている」と回答", flag("survey_too_much")),
            Sentence("survey_too_dear", "アンケートで「価格が高い」と回答", flag("survey_too_dear")),
            Sentence("survey_no_effect", "アンケートで「効果を感じない」と回答", flag("survey_no_effect")),
            Sentence("nps_fell", "NPS {n}（前回{b}から低下）", _nps_fell),
            Sentence("nps_low", "NPS {n}（10点中）", number("nps", 0, 6)),
            Sentence("unsatisfied", "アンケートの満足度は5段階で{n}", number("satisfaction", 1, 2)),
            Sentence("survey_unanswered", "アンケートの回答なし", unknown("days_since_survey")),
            _NPS,
        ),
        (
            Sentence("nps_rose", "NPS {n}（前回{b}から上昇）", _nps_rose),
            Sentence("nps_high", "NPS {n}（10点中）", number("nps", 9, 10)),
            Sentence("satisfied", "アンケートの満足度は5段階で{n}", number("satisfaction", 4, 5)),
            Sentence("would_buy_again", "アンケートで再購入の意向あり", flag("again_no", 0)),
            _NPS,
        ),
    ),
    Group(
        ("referrals", "days_since_referral", "reviews", "review_rating", "days_since_review"),
        (
            Sentence("poor_review", "レビューの評価は星{n}", number("review_rating", 1, 2)),
            Sentence("not_recommended", "レビューもご紹介もまだなし", _not_recommended),
        ),
        (
            Sentence("referred", "お友達を{n}名紹介", number("referrals", 1)),
            Sentence("good_review", "レビューの評価は星{n}", number("review_rating", 4, 5)),
            Sentence("reviewed", "レビューを{n}件投稿", number("reviews", 1)),
        ),
    ),
)
