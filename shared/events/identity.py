"""Identity: which accounts are one customer: what is known of it, what is suspected, what was concluded."""

from typing import Literal

import msgspec

Evidence = Literal["mail", "phone", "line", "household", "cart", "person"]
"""Why two accounts are taken for one customer. `household`: the same name kana at the same address; `cart`:
the platform merged them; `person`: somebody of the shop said so."""


class DuplicateConfirmed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact: the subject and `other`, an account of the same shop, are one customer."""

    other: str
    by: Literal["cart", "person"]


class DuplicateDenied(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact: the subject and `other` are two customers, whatever they share."""

    other: str
    by: Literal["cart", "person"]


class DuplicateSuspected(msgspec.Struct, frozen=True, omit_defaults=True):
    """The subject and `other` share something that does not suffice; a person decides.

    `suspected` False takes an earlier suspicion back.
    """

    other: str
    because: tuple[Evidence, ...]
    suspected: bool = True


class CustomerMerged(msgspec.Struct, frozen=True, omit_defaults=True):
    """Scoring's conclusion: these accounts (the subject among them) are one customer, known by the subject.

    Whole, not a difference: the newest says all about the subject.
    """

    accounts: tuple[str, ...]
    because: tuple[Evidence, ...]


class CustomerSeparated(msgspec.Struct, frozen=True, omit_defaults=True):
    """Scoring's conclusion taken back: the subject is a customer of its own again, not one with `former`."""

    former: str
