"""POST /webhooks/{shop}/{cart}: one signed webhook."""

import structlog
from starlette.types import Receive, Scope, Send

from services.ingest.accept import Accepted, Answer, Parked, Unavailable, Unverified, accept
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Ignored
from services.ingest.durable import Keep
from services.ingest.routes.answer import RETRY_AFTER_SECONDS, answer, refuse, retry_after
from services.ingest.routes.body import Gone, Limits, Refused, read_body, read_headers
from services.ingest.shops import ShopsFile
from shared.clock import Now, monotonic, system_clock
from shared.process.metrics import ingest_ack_seconds, ingest_requests, ingest_untranslatable

log = structlog.get_logger(__name__)


class Webhooks:
    """Verifies, translates and keeps each webhook before it is answered."""

    def __init__(self, shops: ShopsFile, keep: Keep, clock: Now, limits: Limits) -> None:
        self._shops = shops
        self._keep = keep
        self._clock = clock
        self._limits = limits

    async def take(self, shop: str, cart: str, scope: Scope, receive: Receive, send: Send) -> None:
        source = cart if cart in CARTS else "unknown"
        headers = read_headers(scope)
        match await read_body(scope["method"], headers, receive, self._limits):
            case Gone():
                ingest_requests.labels(source, "refused").inc()
            case Refused() as refused:
                ingest_requests.labels(source, "refused").inc()
                await refuse(send, refused)
            case body:
                began = monotonic()
                delivery = Delivery(shop, cart, headers, body, system_clock(), self._clock())
                outcome = await accept(delivery, self._shops.account(shop, cart), self._keep)
                _count(source, delivery, outcome)
                await _tell(send, outcome)
                if not isinstance(outcome, Unverified | Unavailable):
                    ingest_ack_seconds.observe(monotonic() - began)


async def _tell(send: Send, outcome: Answer) -> None:
    match outcome:
        case Unverified():
            await answer(send, 401)
        case Unavailable():
            await answer(send, 503, retry_after(RETRY_AFTER_SECONDS))
        case _:
            await answer(send, 202)


def _count(source: str, delivery: Delivery, outcome: Answer) -> None:
    about = {"shop": delivery.shop, "cart": delivery.cart}
    match outcome:
        case Accepted():
            ingest_requests.labels(source, "accepted").inc()
        case Parked(reason):
            ingest_requests.labels(source, "untranslatable").inc()
            ingest_untranslatable.labels(source, reason).inc()
            log.warning("webhook parked", **about, reason=reason)
        case Ignored(reason, for_a_person):
            ingest_requests.labels(source, "ignored").inc()
            (log.warning if for_a_person else log.debug)("webhook ignored", **about, reason=reason)
        case Unverified():
            ingest_requests.labels(source, "unverified").inc()
            log.info("webhook unverified", source=source)
        case Unavailable(reason):
            ingest_requests.labels(source, "unavailable").inc()
            log.warning("webhook not durable", **about, reason=reason)
