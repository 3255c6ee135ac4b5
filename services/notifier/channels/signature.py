"""The signature of what providers tell us: Standard Webhooks, checked over the raw bytes."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

PREFIX = "whsec_"
# Older than this it may be a recording, played again.
TOLERANCE = timedelta(minutes=5)
# The standard's headers, and the older ones of the service that many providers send by.
_NAMES = ("webhook", "svix")


def delivery_signed(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """The delivery's id, if its sender knows the key and signed lately; `now` is real time."""
    name = next((one for one in _NAMES if f"{one}-id" in headers), _NAMES[0])
    delivery, sent_at = headers.get(f"{name}-id", ""), headers.get(f"{name}-timestamp", "")
    if not delivery or not _is_fresh(sent_at, now):
        return None
    content = b".".join((delivery.encode(), sent_at.encode(), body))
    own = hmac.new(key, content, hashlib.sha256).digest()
    given = headers.get(f"{name}-signature", "").split(" ")[:10]
    return delivery if any([hmac.compare_digest(own, _bytes(one)) for one in given]) else None


def key_of(secret: str) -> bytes:
    """:raises ValueError: if it is no secret of Standard Webhooks."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def _is_fresh(sent_at: str, now: datetime) -> bool:
    if not (sent_at.isdecimal() and sent_at.isascii() and len(sent_at) < 12):
        return False
    return abs(int(sent_at) - now.timestamp()) <= TOLERANCE.total_seconds()


def _bytes(signature: str) -> bytes:
    version, _, value = signature.partition(",")
    try:
        return base64.b64decode(value, validate=True) if version == "v1" else b""
    except (ValueError, binascii.Error):
        return b""
