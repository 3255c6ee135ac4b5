"""The words of every shipped scenario, as they would arrive at a made-up customer."""

import msgspec
import pytest

from services.notifier.preview import Asked, Shown, Unseen, preview, sample_for
from services.notifier.scenarios.scenario import Scenario
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.scenarios.trigger import OnBirthday, OnEvent, OnRisk, OnSilence, Trigger
from services.notifier.templates.occasion import Sender
from services.notifier.templates.render import Templates

SENDER = Sender(
    shop_name="みどり健康堂",
    name="みどり健康堂",
    mail="shop@example.jp",
    postal_address="東京都千代田区丸の内1-1-1",
    contact="0120-000-000",
    account_url="https://shop.example/account",
)
EVERY = [
    (scenario, step.key, creative.key)
    for scenario in SHIPPED.values()
    for step in scenario.steps
    for creative in step.creatives
]


def seen(scenario: Scenario, step: str, creative: str, sample: str | None = None) -> Shown | Unseen | None:
    return preview(Asked(scenario, step, creative, sample), SENDER, Templates())


@pytest.mark.parametrize(("scenario", "step", "creative"), EVERY)
def test_every_shipped_text_can_be_previewed(scenario: Scenario, step: str, creative: str) -> None:
    shown = seen(scenario, step, creative)
    assert isinstance(shown, Shown)
    assert "{{" not in shown.text + shown.subject
    assert bool(shown.html) == (shown.way == "mail")
    assert shown.sender.shop == "みどり健康堂"


def test_words_that_are_not_there_are_not_shown() -> None:
    assert seen(SHIPPED["churn_warning"], "mail", "nothing") is None
    assert seen(SHIPPED["churn_warning"], "nothing", "churn_warning") is None


def test_what_is_not_known_of_a_customer_is_named() -> None:
    scenario = SHIPPED["churn_warning"]
    step = scenario.steps[0]
    asks = msgspec.structs.replace(step.creatives[0], body="{{ product_title }}")
    told = msgspec.structs.replace(scenario, steps=(msgspec.structs.replace(step, creatives=(asks,)),))
    place = ("steps.0.creatives.0.body", "missing_value", "product_title")
    assert seen(told, "mail", "churn_warning", "bare") == Unseen(*place)
    assert isinstance(seen(told, "mail", "churn_warning"), Shown)


def test_what_cannot_be_put_together_says_where_and_why() -> None:
    scenario = SHIPPED["churn_warning"]
    step = scenario.steps[0]
    wrong = msgspec.structs.replace(step.creatives[0], body="{{ namae }}")
    broken = msgspec.structs.replace(
        scenario, steps=(msgspec.structs.replace(step, creatives=(wrong,)), *scenario.steps[1:])
    )
    assert seen(broken, "mail", "churn_warning") == Unseen("steps.0.creatives.0.body", "unknown_placeholder")


@pytest.mark.parametrize(
    ("trigger", "sample"),
    [
        (OnRisk(frozenset({"high"}), frozenset({"payment"})), "payment"),
        (OnRisk(frozenset({"high"}), frozenset({"repeat"})), "repeat"),
        (OnRisk(frozenset({"high"}), frozenset({"repeat", "subscription"})), "subscription"),
        (OnEvent("payment.failed"), "payment"),
        (OnEvent("order.placed"), "subscription"),
        (OnSilence(90), "repeat"),
        (OnBirthday(), "subscription"),
    ],
)
def test_the_made_up_customer_is_one_whom_the_trigger_would_find(trigger: Trigger, sample: str) -> None:
    assert sample_for(trigger) == sample
