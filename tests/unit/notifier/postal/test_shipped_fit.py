"""What comes with Hikitome and goes by post fits on its form, whatever the customer's reason."""

from dataclasses import replace

import pytest

from services.notifier.postal.layout import fits
from services.notifier.scenarios.scenario import Creative
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.templates.occasion import Sender
from services.notifier.templates.openings import OPENINGS
from services.notifier.templates.render import Templates, Unwritable
from services.notifier.templates.sample import SAMPLES, sample

SENDER = Sender(
    shop_name="みどり健康堂",
    name="みどり健康堂株式会社",
    mail="shop@midori.example",
    postal_address="東京都千代田区丸の内1-1-1 みどりビル10階",
    contact="お客様相談室 0120-000-000（平日9時〜17時）",
    account_url="https://www.midori.example/account",
)
POSTED = [
    (scenario.key, scenario.purpose, creative)
    for scenario in SHIPPED.values()
    for step in scenario.steps
    for creative in step.creatives
    if creative.way == "postal_dm"
]


@pytest.mark.parametrize(("key", "purpose", "creative"), POSTED, ids=lambda value: str(value)[:20])
def test_every_shipped_card_and_letter_fits_for_every_reason(
    key: str, purpose: str, creative: Creative
) -> None:
    templates, looked = Templates(), 0
    for name in SAMPLES:
        for reason in [None, *OPENINGS]:
            occasion = replace(sample(name, purpose), reason=reason)  # type: ignore[arg-type]
            try:
                words = templates.words(creative, SENDER, occasion)
            except Unwritable:
                continue
            looked += 1
            assert fits(creative.form, words.subject, words.text), (key, name, reason)
    assert looked > 0
