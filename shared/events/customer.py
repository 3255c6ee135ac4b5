"""Customers: seen, erased, how to reach them, and what they agreed to."""

from typing import Literal

import msgspec

Channel = Literal["mail", "line", "postal_dm", "phone"]


class Identifiers(msgspec.Struct, frozen=True, omit_defaults=True):
    """Keyed hashes (HMAC-SHA256 with the shop's pepper, hex) of what may tell that two accounts are one.

    Each of its normalised form; None where there is none, or where it says nothing (a filler phone number, a
    role mailbox). `name` is of the name's kana (else the name), `household` of that and the address together.
    """

    mail: str | None = None
    phone: str | None = None
    line: str | None = None
    name: str | None = None
    household: str | None = None


class CustomerSeen(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account exists; it carries no personal data. The newest `identifiers` replace those before."""

    account: str
    identifiers: Identifiers | None = None


class CustomerErased(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything personal must go; a tombstone on customer-contacts comes with it."""

    account: str


class ContactChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to reach the customer, whole: the newest replaces the ones before.

    Personal data: only ever on customer-contacts. `birthday` is MM-DD.
    """

    name: str | None = None
    kana: str | None = None
    mail: str | None = None
    phone: str | None = None
    postcode: str | None = None
    prefecture: str | None = None
    address: str | None = None
    line: str | None = None
    birthday: str | None = None


class ConsentGranted(msgspec.Struct, frozen=True, omit_defaults=True):
    """Opt-in (受信同意) to marketing on one channel; `wording` is what was agreed to."""

    channel: Channel
    wording: str | None = None


class ConsentWithdrawn(msgspec.Struct, frozen=True, omit_defaults=True):
    """Opt-out (受信拒否)."""

    channel: Channel
