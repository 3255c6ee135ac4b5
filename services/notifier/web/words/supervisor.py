"""The words of the supervisor's page, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
