"""The offers file: a shop's own discounts, gifts and products as TOML, checked before they are offered."""

from collections.abc import Iterator

import msgspec

from services.notifier.offers.offer import NEW_CONTRACT, SHIPPED, Catalogue, Offer, catalogue
from services.notifier.web.call_reasons import BY_CODE, route_of


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`without` names shipped offers that the shop does not make."""

    offer: tuple[Offer, ...] = ()
    without: tuple[str, ...] = ()


def read(text: str) -> Catalogue:
    """The shipped offers and the file's, which replace those of the same key.

    :raises ValueError: naming everything that is wrong with it.
    """
    try:
        file = msgspec.toml.decode(text, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"the offers file can't be read: {error}") from error
    if problems := list(_problems(file)):
        raise ValueError("the offers file is wrong: " + "; ".join(problems))
    own = {offer.key: offer for offer in file.offer}
    shipped = {key: offer for key, offer in SHIPPED.items() if key not in file.without}
    return catalogue(shipped | own)


def _problems(file: _File) -> Iterator[str]:
    keys = [offer.key for offer in file.offer]
    yield from (f"{key} is there twice" for key in sorted({key for key in keys if keys.count(key) > 1}))
    unknown = sorted(set(file.without) - SHIPPED.keys())
    yield from (f"without: {key} is none of {', '.join(SHIPPED)}" for key in unknown)
    for offer in file.offer:
        yield from (f"{offer.key}: {problem}" for problem in _problems_of(offer))


def _problems_of(offer: Offer) -> Iterator[str]:
    for reason in offer.reasons:
        if reason not in BY_CODE:
            yield f"unknown reason {reason}; known are {', '.join(BY_CODE)}"
        elif route_of(reason) != "persuade":
            yield f"whoever leaves for {reason} is made no offer"
    if offer.kind == "discount" and offer.cost == 0:
        yield "a discount costs something: give its cost in minor units"
    if offer.new_contract and offer.kind not in ("product", "gift", "discount"):
        yield f"{', '.join(NEW_CONTRACT)} are told of a new contract, which a {offer.kind} is not"
