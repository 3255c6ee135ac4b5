"""Event ids: the same webhook is the same event, wherever and however often it reappears."""

import hashlib
import uuid

# Any fixed namespace will do; changing it would make every event new.
_NAMESPACE = uuid.UUID("5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11").bytes
# A uuid's seventeenth digit has two bits of the hash and two that say how the others are laid out.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def event_id(shop: str, cart: str, topic: str, delivery: str, part: int | str = 0) -> str:
    """uuid5 of shop, cart, topic and the platform's own event or delivery id.

    `part` tells apart the several events that one delivery may be translated to.
    """
    return _uuid5(f"{shop}\x1f{cart}\x1f{topic}\x1f{delivery}\x1f{part}")


def derived_id(*parts: str) -> str:
    """uuid5 of what makes an internal event unique (an episode and its phase, say)."""
    return _uuid5("\x1f".join(parts))


def _uuid5(name: str) -> str:
    """What `str(uuid.uuid5(...))` gives, without the objects in between: it is made for every event."""
    digits = hashlib.sha1(_NAMESPACE + name.encode()).hexdigest()  # noqa: S324 - RFC 9562 says SHA-1
    return (
        f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
    )
