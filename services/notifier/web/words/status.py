"""The words of the status page, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
