"""Owners: which customer each event of a log is about, found out from the log itself."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from services.scoring.identity.accounts import Known, learned
from services.scoring.identity.evidence import crowds
from services.scoring.identity.ownership import declared_by
from services.scoring.identity.persons import resolve
from shared.events.envelope import Envelope
from shared.events.refs import is_customer_ref


@dataclass(frozen=True, slots=True)
class Grouped:
    """Events by customer_ref; `ownerless` ones name an order or a subscription of nobody known."""

    by_customer: dict[str, list[Envelope]]
    ownerless: int


def grouped(envelopes: Iterable[Envelope]) -> Grouped:
    """Owners are found first: a skip may stand in the log before the event that says whose it is.

    Accounts of one person are one customer, as they are where the events are served.
    """
    everything = list(envelopes)
    known = learned(Known(), everything)
    person_of = resolve(known, crowds(known.accounts.values())).of_account()
    owners = {ref: envelope.subject for envelope in everything for ref in declared_by(envelope)}
    by_customer: defaultdict[str, list[Envelope]] = defaultdict(list)
    ownerless = 0
    for envelope in everything:
        owner = envelope.subject if is_customer_ref(envelope.subject) else owners.get(envelope.subject)
        if owner is None:
            ownerless += 1
        else:
            by_customer[person_of.get(owner, owner)].append(envelope)
    return Grouped(dict(by_customer), ownerless)
