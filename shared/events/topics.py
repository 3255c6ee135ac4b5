"""Topics: name, partitions, retention; which event goes where."""

from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """`retention_ms` None means compacted: the newest record of each key stays, a null erases it."""

    name: str
    partitions: int
    retention_ms: int | None


CUSTOMER_EVENTS = Topic("customer-events", 12, 14 * DAY_MS)
CUSTOMER_CONTACTS = Topic("customer-contacts", 12, None)
CHURN_RISK = Topic("churn-risk", 12, 14 * DAY_MS)
RETENTION_ACTIONS = Topic("retention-actions", 12, 14 * DAY_MS)


def dead_letter(group: str) -> Topic:
    """Where a consumer group parks what it can't read; kept long enough for a person to look."""
    return Topic(f"{group}.dead-letter", 1, 28 * DAY_MS)


ALL = (
    CUSTOMER_EVENTS,
    CUSTOMER_CONTACTS,
    CHURN_RISK,
    RETENTION_ACTIONS,
    dead_letter("ingest"),
    dead_letter("scoring"),
    dead_letter("notifier"),
)
