"""Samples: made-up customers and contracts, for previews of what is not sent to anyone."""

from collections.abc import Mapping
from datetime import UTC, datetime

from services.notifier.scenarios.link import Links
from services.notifier.templates.occasion import Occasion, Purpose

_UNSUBSCRIBE = "https://example.jp/unsubscribe/sample"
_LINKS = Links("https://example.jp", b"sample", "00000000-0000-5000-8000-000000000000", _UNSUBSCRIBE)
_FACTS: Mapping[str, object] = {
    "product_title": "黒豆のむ美容液",
    "delivery_number": 3,
    "min_deliveries": 4,
    "deliveries": 2,
    "skips": 2,
    "due": datetime(2026, 6, 12, 3, 0, tzinfo=UTC),
    "cutoff": datetime(2026, 6, 9, 3, 0, tzinfo=UTC),
    "days_silent": 92,
    "amount": 3980,
    "score": 9,
    "answer": "good",
}

# By a name that the pages show as words; `bare` knows nothing of its customer but who it is.
SAMPLES: Mapping[str, tuple[str, str | None, str | None]] = {
    "subscription": ("subscription", "skipped", "山田 花子"),
    "repeat": ("repeat", "long_silence", "佐藤 一郎"),
    "payment": ("payment", "payment_failing", "鈴木 恵"),
    "bare": ("subscription", None, None),
}


def sample(name: str, purpose: Purpose = "marketing") -> Occasion:
    """The occasion of one of SAMPLES.

    :raises KeyError: if there is none of that name.
    """
    kind, reason, customer = SAMPLES[name]
    return Occasion(
        kind=kind,
        reason=reason,
        name=customer,
        unsubscribe_url=_UNSUBSCRIBE if purpose == "marketing" else "",
        purpose=purpose,
        facts={} if name == "bare" else _FACTS,
        links=_LINKS,
    )
