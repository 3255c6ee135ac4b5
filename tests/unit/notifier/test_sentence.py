"""What sets a scenario off, in one sentence of each language."""

import re

import pytest

from services.notifier.scenarios.segment import Range, Segment
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.scenarios.trigger import OnBirthday, OnEvent, OnRisk, OnSilence, OnSurvey, Trigger
from services.notifier.sentence import sentence

RISK = OnRisk(frozenset({"critical", "high"}), frozenset({"subscription"}))


@pytest.mark.parametrize(
    ("trigger", "segment", "japanese", "english"),
    [
        (
            RISK,
            Segment(),
            "お客様の定期契約の離脱リスクが「高・最高」になったとき",
            "When the risk that a customer leaves (subscription) becomes High, Critical",
        ),
        (
            OnRisk(frozenset({"high"}), frozenset({"payment"}), frozenset({"card_expired"})),
            Segment(),
            "お客様のお支払いの離脱リスクが「高」になったとき（理由: カード期限切れ）",
            "When the risk that a customer leaves (payment) becomes High because of: Card expired",
        ),
        (
            OnEvent("subscription.skipped"),
            Segment(skips_in_a_row=Range(least=2), contract=True),
            "定期契約中の、連続スキップが2回以上のお客様が定期便をスキップしたとき",
            "When a customer (with a subscription, skips in a row: 2 or more) skips a delivery",
        ),
        (
            OnEvent("order.delivered"),
            Segment(delivery_numbers=frozenset({3, 1}), products=frozenset({"B", "A"})),
            "お届け1・3回目の、商品 A・B のお客様に商品が届いたとき",
            "When a customer (delivery 1, 3, of product A, B) gets a parcel",
        ),
        (
            OnEvent("order.placed"),
            Segment(orders=Range(3, 3), spent=Range(most=10_000), amount=Range(1_000, 5_000)),
            "注文が3回の、累計10,000円以下の、注文額1,000〜5,000円のお客様が注文したとき",
            "When a customer (orders: 3, spent: 10,000 yen or less, amount: 1,000 to 5,000 yen)"
            " places an order",
        ),
        (
            OnSurvey("nps", Range(most=6)),
            Segment(),
            "お客様がアンケート「nps」に6点以下で答えたとき",
            "When a customer answers a survey “nps” with 6 points or less",
        ),
        (
            OnSilence(120),
            Segment(prefectures=frozenset({"東京都"})),
            "定期契約のない東京都のお客様から120日間注文がないとき",
            "When a customer (in 東京都) without a subscription has not ordered for 120 days",
        ),
        (OnBirthday(7), Segment(), "お客様の誕生日の7日前", "7 days before the birthday of a customer"),
        (OnBirthday(0), Segment(), "お客様の誕生日", "On the birthday of a customer"),
    ],
)
def test_a_trigger_and_its_segment_are_one_plain_sentence(
    trigger: Trigger, segment: Segment, japanese: str, english: str
) -> None:
    assert sentence(trigger, segment, "ja") == japanese
    assert sentence(trigger, segment, "en") == english


@pytest.mark.parametrize("key", SHIPPED)
def test_every_shipped_scenario_has_its_sentence_without_gaps(key: str) -> None:
    scenario = SHIPPED[key]
    for told in (sentence(scenario.trigger, scenario.segment, language) for language in ("ja", "en")):
        assert told
        assert not re.search(r"[{}]|None", told)
    assert not re.search(r"[ぁ-ん]", sentence(scenario.trigger, scenario.segment, "en"))
