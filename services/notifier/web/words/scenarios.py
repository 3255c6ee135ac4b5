"""The words of the page scenarios, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
