"""Orders of the simulated shop, signed and sent as Shopify would."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from benchmarks.ingest.job import STAMP_LENGTH, Workload
from shared.events.ids import event_id
from simulation.shop import Shop
from simulation.webhook import Webhook, sign

SECRET = "hush"  # noqa: S105 - of a shop that exists for a minute
CONNECTIONS = 64
_TOPIC = "orders/create"
_SEED, _BEGAN, _DAYS = 7, datetime(2026, 4, 1, tzinfo=UTC), 60


def simulated(customers: int = 256) -> list[Webhook]:
    return Shop(_SEED, customers, _BEGAN).until(_BEGAN + timedelta(days=_DAYS))


def orders(shop: str, webhooks: Iterable[Webhook], most: int = 256) -> Workload:
    """One order a request; the stamp is the id of Shopify's event."""
    placed = [webhook for webhook in webhooks if webhook.topic == _TOPIC][:most]

    def event_ids(_request: int, stamp: str) -> list[str]:
        return [event_id(shop, "shopify", _TOPIC, stamp, 0)]

    return Workload(tuple(_request(shop, order) for order in placed), CONNECTIONS, event_ids)


def _request(shop: str, order: Webhook) -> tuple[bytes, ...]:
    headers = {
        **sign(order, f"{shop}.example", SECRET),
        "Host": "127.0.0.1",
        "Accept": "*/*",
        "Content-Length": str(len(order.body)),
    }
    if len(headers.pop("X-Shopify-Event-Id")) != STAMP_LENGTH:
        raise ValueError("a stamp is no longer as long as what it stands for")
    written = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /webhooks/{shop}/shopify HTTP/1.1\r\n{written}X-Shopify-Event-Id: "
    return head.encode(), b"\r\n\r\n" + order.body
