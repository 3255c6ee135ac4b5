"""The words of the page of tokens and outgoing webhooks, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
