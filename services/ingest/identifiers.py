"""Identifiers: a contact's keyed hashes, so that scoring can tell who is who without knowing anybody."""

import hmac
from collections.abc import Sequence

from msgspec.structs import replace

from services.ingest.normal_forms import household, line, mail, name, phone
from shared.events.customer import ContactChanged, CustomerSeen, Identifiers
from shared.events.envelope import Envelope
from shared.events.ids import derived_id

# Most events are of neither kind, and left as they are.
_RECOGNISED = (CustomerSeen, ContactChanged)


def identified(envelopes: Sequence[Envelope], pepper: bytes | None) -> Sequence[Envelope]:
    """The same events, each contact's hashes in the customer.seen that came with it, else in one of its own.

    Hashes are only ever ours: what a sender put in their place is taken out.
    """
    if len(envelopes) == 1 and not isinstance(envelopes[0].data, _RECOGNISED):
        return envelopes
    hashes = _hashes(envelopes, pepper)
    found: list[Envelope] = []
    for envelope in envelopes:
        at = (envelope.subject, envelope.time)
        match envelope.data:
            case CustomerSeen() as seen:
                found.append(replace(envelope, data=replace(seen, identifiers=hashes.pop(at, None))))
            case _:
                found.append(envelope)
    alone = [each for each in envelopes if isinstance(each.data, ContactChanged)]
    return found + [
        _seen(each, ids) for each in alone if (ids := hashes.pop((each.subject, each.time), None))
    ]


def identifiers(contact: ContactChanged, pepper: bytes) -> Identifiers:
    """HMAC-SHA256 of each normal form; its kind is part of what is hashed, so that no two kinds ever meet."""
    forms = {
        "mail": mail(contact.mail),
        "phone": phone(contact.phone),
        "line": line(contact.line),
        "name": name(contact.kana or contact.name),
        "household": household(contact),
    }
    return Identifiers(**{kind: _keyed(pepper, kind, form) for kind, form in forms.items()})


def _hashes(envelopes: Sequence[Envelope], pepper: bytes | None) -> dict[tuple[str, object], Identifiers]:
    if pepper is None:
        return {}
    return {
        (envelope.subject, envelope.time): identifiers(envelope.data, pepper)
        for envelope in envelopes
        if isinstance(envelope.data, ContactChanged)
    }


def _keyed(pepper: bytes, kind: str, form: str | None) -> str | None:
    return form and hmac.digest(pepper, f"{kind}\x1f{form}".encode(), "sha256").hex()


def _seen(contact: Envelope, found: Identifiers) -> Envelope:
    account = contact.subject.split("/", 2)[2]
    return replace(contact, id=derived_id("seen", contact.id), data=CustomerSeen(account, found))
