"""The words of all pages in Japanese and English; both have the same keys, and no two pages share one."""

from typing import Literal

from services.notifier.web.words import (
    access,
    audit,
    batches,
    card,
    consents,
    desk,
    duplicates,
    effect,
    figures,
    integrations,
    messages,
    offers,
    places,
    queue,
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
    places,
    scenarios,
    effect,
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
