"""The words of all pages in Japanese and English; both have the same keys, and no two pages share one."""

from typing import Literal

from services.notifier.web.words import (
    access,
    audit,
    batches,
    because,
    card,
    consents,
    desk,
    duplicates,
    effect,
    effect_said,
    figures,
    integrations,
    messages,
    offers,
    places,
    queue,
    scenario_names,
    scenario_rules,
    scenario_sentence,
    scenario_sheet,
    scenario_steps,
    scenarios,
    status,
    supervisor,
    timeline,
)

Language = Literal["ja", "en"]

PAGES = (
    desk,
    queue,
    card,
    duplicates,
    supervisor,
    figures,
    status,
    access,
    audit,
    integrations,
    offers,
    timeline,
    because,
    places,
    scenarios,
    scenario_names,
    scenario_rules,
    scenario_sentence,
    scenario_sheet,
    scenario_steps,
    effect,
    effect_said,
    messages,
    batches,
    consents,
)
WORDS: dict[Language, dict[str, str]] = {
    "ja": {key: word for page in PAGES for key, word in page.JA.items()},
    "en": {key: word for page in PAGES for key, word in page.EN.items()},
}


def language_of(asked: str | None) -> Language:
    return "en" if asked == "en" else "ja"
