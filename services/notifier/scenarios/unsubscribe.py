"""The unsubscribe link: names a customer and a channel, and cannot be made by anyone else."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import cast, get_args

from shared.events.customer import Channel

_CHANNELS: frozenset[str] = frozenset(get_args(Channel))


def sign(secret: bytes, customer_ref: str, channel: Channel) -> str:
    """A token for a URL; it never expires, for a refusal must be possible years later."""
    content = f"{channel}:{customer_ref}".encode()
    return f"{_text(content)}.{_text(_mac(secret, content))}"


def read(secrets: Sequence[bytes], token: str) -> tuple[str, Channel] | None:
    """The customer and the channel, if any of the secrets made this token."""
    try:
        content, mac = (_bytes(part) for part in token.split("."))
    except (ValueError, binascii.Error):
        return None
    if not any([hmac.compare_digest(_mac(secret, content), mac) for secret in secrets]):
        return None
    channel, _, customer_ref = content.decode().partition(":")
    return (customer_ref, cast(Channel, channel)) if channel in _CHANNELS else None


def _mac(secret: bytes, content: bytes) -> bytes:
    return hmac.new(secret, b"unsubscribe\x1f" + content, hashlib.sha256).digest()


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
