"""Bulk: what the simulated shop's own site and mailer tell, many events a request."""

import itertools
from collections.abc import Iterable

import msgspec

from benchmarks.ingest.job import STAMP_LENGTH, Workload
from shared.events.ids import event_id
from simulation.webhook import Webhook

KEY = "a-key-of-a-shop-that-exists-for-a-minute"
CONNECTIONS = 16
LINES = 1_000
_REQUESTS = 4


class _Item(msgspec.Struct):
    type: str


def bulk(shop: str, webhooks: Iterable[Webhook], lines: int = LINES) -> Workload:
    """So many lines a request, each with an id of its own: the stamp and its number."""
    items = [
        bytes(item)
        for webhook in webhooks
        if webhook.cart == "standard"
        for item in msgspec.json.decode(webhook.body, type=list[msgspec.Raw])
        # It goes to the contacts' topic, which is not compared.
        if _type_of(item) != "contact.changed"
    ]
    endless = itertools.cycle(items)
    chosen = [list(itertools.islice(endless, lines)) for _ in range(_REQUESTS)]
    types = [[_type_of(item) for item in some] for some in chosen]

    def event_ids(request: int, stamp: str) -> list[str]:
        return [
            event_id(shop, "events", f"com.hikitome.{name}.v1", f"{stamp}-{line}")
            for line, name in enumerate(types[request])
        ]

    return Workload(tuple(_request(some) for some in chosen), CONNECTIONS, event_ids)


def _type_of(item: bytes | msgspec.Raw) -> str:
    return msgspec.json.decode(item, type=_Item).type


def _request(items: list[bytes]) -> tuple[bytes, ...]:
    first = b'{"id":"'
    rest = [b'-%d",%b\n' % (number, item[1:]) for number, item in enumerate(items)]
    length = sum(STAMP_LENGTH + len(first) + len(each) for each in rest)
    head = (
        "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: {length}\r\n\r\n"
    )
    return head.encode() + first, *[each + first for each in rest[:-1]], rest[-1]
