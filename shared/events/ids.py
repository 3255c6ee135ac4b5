"""Event ids: the same webhook is the same event, wherever and however often it reappears."""

import uuid

# Any fixed namespace will do; changing it would make every event new.
_NAMESPACE = uuid.UUID("5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11")


def event_id(shop: str, cart: str, topic: str, delivery: str, part: int | str = 0) -> str:
    """uuid5 of shop, cart, topic and the platform's own event or delivery id.

    `part` tells apart the several events that one delivery may be translated to.
    """
    name = "\x1f".join((shop, cart, topic, delivery, str(part)))
    return str(uuid.uuid5(_NAMESPACE, name))


def derived_id(*parts: str) -> str:
    """uuid5 of what makes an internal event unique (an episode and its phase, say)."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))
