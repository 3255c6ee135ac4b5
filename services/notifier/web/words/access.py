"""The words of the log-in by a provider, the accounts and the audit log, in Japanese and English."""

JA: dict[str, str] = {}

EN: dict[str, str] = {}
