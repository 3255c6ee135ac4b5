"""Because: why a message did not go out, in words; the page's scripts say it the same way (because.js)."""

import re

from services.notifier.web.words import WORDS, Language


def because(reason: str, language: Language) -> str:
    """What has no word of ours is told as the provider put it."""
    words = WORDS[language]
    key, number = named(reason)
    return words[key].replace("{n}", number) if key in words else reason


def named(reason: str) -> tuple[str, str]:
    """The key of its word, and the provider's number in it: smtp_550_at_rcpt is because_smtp_at_rcpt, 550."""
    found = re.search(r"_(\d+)", reason)
    bare = re.sub(r"_\d+", "", reason, count=1)
    return f"because_{bare}", found[1] if found else ""
