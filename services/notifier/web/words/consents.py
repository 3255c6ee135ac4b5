"""The words of the page consents, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
