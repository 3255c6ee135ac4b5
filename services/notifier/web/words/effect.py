"""The words of the page effect, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
