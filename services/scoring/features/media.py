"""Media: through what a customer first came (流入媒体).

Source: order.placed: its `media` (utm_source, else the host of the site they came from) of the first order
that names one; carts leave it out of renewals.
"""

from datetime import datetime
from math import nan
from typing import Literal

import msgspec

from shared.events.commerce import OrderPlaced
from shared.events.envelope import Envelope

Kind = Literal["magazine", "line", "mail", "search", "other", "sns", "affiliate"]

KINDS: tuple[Kind, ...] = ("magazine", "line", "mail", "search", "other", "sns", "affiliate")
"""In the order in which such customers are usually said to stay: a step or two can tell the halves apart."""

SIGNS: dict[Kind, tuple[str, ...]] = {
    "affiliate": ("affiliate", "a8", "accesstrade", "valuecommerce", "felmat", "rentracks", "moshimo", "afi"),
    "line": ("line", "lin"),
    "sns": ("sns", "instagram", "ig", "facebook", "fb", "twitter", "x", "t", "tiktok", "youtube", "meta"),
    "search": ("search", "google", "yahoo", "bing", "duckduckgo"),
    "magazine": ("magazine", "catalog", "flyer", "dm", "tv", "radio", "newspaper", "offline"),
    "mail": ("mail", "email", "newsletter", "klaviyo", "mailmagazine"),
}
"""A source is of the first kind of which one of its words is a sign; words are what dots and dashes part."""


class Media(msgspec.Struct, frozen=True, array_like=True):
    kind: Kind | None = None


def update(state: Media, envelope: Envelope) -> Media:
    match envelope.data:
        case OrderPlaced(media=str(media)) if state.kind is None and media:
            return Media(_kind(media))
        case _:
            return state


def _kind(media: str) -> Kind:
    words = set("".join(each if each.isalnum() else " " for each in media.casefold()).split())
    return next((kind for kind, signs in SIGNS.items() if words & set(signs)), "other")


def read(state: Media, cutoff: datetime) -> dict[str, float]:
    """media: the place of its kind in `KINDS`, from 0; nan when no order named one."""
    return {"media": nan if state.kind is None else float(KINDS.index(state.kind))}
