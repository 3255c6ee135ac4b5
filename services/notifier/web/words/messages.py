"""The words of the page messages, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
