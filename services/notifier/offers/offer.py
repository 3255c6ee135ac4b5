"""An offer as data, and those that come with Hikitome because they need no budget."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec

Kind = Literal["skip", "cycle", "pause", "product", "gift", "discount"]
Disclosure = Literal[
    "effective_from", "resume_date", "amount", "price", "payment", "period", "cancellation", "written_terms"
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are proposed: what costs nothing first, a pause before a discount."""

# 特定商取引法 11条, 12条の6 and, for a contract made by telephone, the written terms of 18条.
NEW_CONTRACT: tuple[Disclosure, ...] = (
    "amount",
    "price",
    "payment",
    "period",
    "cancellation",
    "written_terms",
)


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`key` is its kind, with more behind an underscore where there are several of a kind.

    `cost` is what it costs the shop, in minor units of `currency`. `reasons` are those it answers first.
    It isn't made again within `spacing_days`. `within_minimum`: also before the promised minimum of
    deliveries (回数縛り) is reached. `new_contract`: the customer enters into something new, and must be told
    all that the law asks for.
    """

    key: Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(KINDS)})(_[a-z0-9]+)*$", max_length=40)]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    title_en: Annotated[str, msgspec.Meta(max_length=80)] = ""
    detail: Annotated[str, msgspec.Meta(max_length=400)] = ""
    detail_en: Annotated[str, msgspec.Meta(max_length=400)] = ""
    cost: Annotated[int, msgspec.Meta(ge=0)] = 0
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "JPY"
    reasons: tuple[str, ...] = ()
    spacing_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 90
    within_minimum: bool = True
    new_contract: bool = False
    disclose: tuple[Disclosure, ...] = ()

    @property
    def kind(self) -> Kind:
        return next(kind for kind in KINDS if kind == self.key.split("_")[0])

    def facts_to_tell(self) -> tuple[Disclosure, ...]:
        wanted = NEW_CONTRACT if self.new_contract else ()
        return tuple(dict.fromkeys((*self.disclose, *wanted)))


Catalogue = Mapping[str, Offer]
"""By key, in the order in which they are proposed."""


def catalogue(offers: Mapping[str, Offer]) -> Catalogue:
    """The same offers in their order; of one kind the cheaper first."""
    ordered = sorted(offers.values(), key=lambda offer: (KINDS.index(offer.kind), offer.cost))
    return {offer.key: offer for offer in ordered}


_SHIPPED = (
    Offer(
        key="skip",
        title="次回を1回お休み",
        title_en="Skip the next parcel",
        detail="次回のお届けだけをお休みし、その次からまたお届けします。",
        detail_en="Leaves out the next parcel only; the one after it comes again.",
        reasons=("too_much", "timing"),
        spacing_days=0,
        disclose=("effective_from",),
    ),
    Offer(
        key="cycle",
        title="お届け間隔の変更",
        title_en="Another delivery cycle",
        detail="お使いになる量に合わせて、お届けの間隔を変えます。",
        detail_en="Parcels come at the pace at which the product is used.",
        reasons=("too_much", "timing", "too_dear"),
        spacing_days=30,
        disclose=("effective_from",),
    ),
    Offer(
        key="pause",
        title="しばらくお休み（休止）",
        title_en="Pause for a while",
        detail="再開日を決めて、それまでお届けを止めます。",
        detail_en="No parcels until a date that is agreed on now.",
        reasons=("moving", "too_dear", "no_effect"),
        spacing_days=180,
        # A pause of what was promised would be a cancellation under another name.
        within_minimum=False,
        disclose=("effective_from", "resume_date"),
    ),
)
SHIPPED: Catalogue = catalogue({offer.key: offer for offer in _SHIPPED})
