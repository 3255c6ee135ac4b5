"""The words of the customer's card, and of the work with it, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
