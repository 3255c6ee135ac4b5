"""The words of the page batches, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
