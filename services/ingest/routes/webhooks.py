"""POST /webhooks/{shop}/{cart}: one signed webhook."""

import structlog
from starlette.types import Receive, Scope, Send

from services.ingest.accept import Accepted, Answer, Limited, Parked, Unavailable, Unverified, accept
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Ignored
from services.ingest.durable import Keep
from services.ingest.rate import Allowances
from services.ingest.routes.answer import RETRY_AFTER_SECONDS, answer, refuse, retry_after
from services.ingest.routes.body import Gone, Limits, Refused, Room, read_body, read_headers
from services.ingest.shops import ShopsFile
from shared.clock import Now, monotonic, system_clock
from shared.process.metrics import ingest_ack_seconds, ingest_requests, ingest_untranslatable

log = structlog.get_logger(__name__)

STRANGE = "unknown"
"""The source of what names no cart that there is."""
# Of all bodies together that are still coming in: at most a quarter of what every connection could hold.
_TOGETHER_BYTES = 256 * 1024 * 1024
_OUTCOMES = ("accepted", "ignored", "unverified", "untranslatable", "refused", "limited", "unavailable")
# Looked up once: finding a label's counter costs as much as counting.
_COUNTERS = {
    (source, outcome): ingest_requests.labels(source, outcome)
    for source in (*CARTS, STRANGE)
    for outcome in _OUTCOMES
}


class Webhooks:
    """Verifies, translates and keeps each webhook before it is answered."""

    def __init__(
        self, shops: ShopsFile, keep: Keep, clock: Now, limits: Limits, allowances: Allowances
    ) -> None:
        self._shops = shops
        self._keep = keep
        self._clock = clock
        self._limits = limits
        self._allowances = allowances
        self._room = Room(_TOGETHER_BYTES)

    async def take(self, shop: str, cart: str, scope: Scope, receive: Receive, send: Send) -> None:
        source = cart if cart in CARTS else STRANGE
        headers = read_headers(scope)
        match await read_body(scope["method"], headers, receive, self._limits, self._room):
            case bytes() as body:
                began = monotonic()
                delivery = Delivery(shop, cart, headers, body, system_clock(), self._clock())
                account = self._shops.account(shop, cart)
                outcome = await accept(delivery, account, self._keep, self._allowances)
                _count(source, delivery, outcome)
                await _tell(send, outcome)
                if not isinstance(outcome, Unverified | Limited | Unavailable):
                    ingest_ack_seconds.observe(monotonic() - began)
            case Refused() as refused:
                _COUNTERS[source, "refused"].inc()
                await refuse(send, refused)
            case Gone():
                _COUNTERS[source, "refused"].inc()


async def _tell(send: Send, outcome: Answer) -> None:
    match outcome:
        case Unverified():
            await answer(send, 401)
        case Limited(seconds):
            await answer(send, 429, retry_after(seconds))
        case Unavailable():
            await answer(send, 503, retry_after(RETRY_AFTER_SECONDS))
        case _:
            await answer(send, 202)


def _count(source: str, delivery: Delivery, outcome: Answer) -> None:
    """Nothing is logged of what strangers send, nor of what comes all the time."""
    about = {"shop": delivery.shop, "cart": delivery.cart}
    match outcome:
        case Accepted():
            _COUNTERS[source, "accepted"].inc()
        case Parked(reason):
            _COUNTERS[source, "untranslatable"].inc()
            ingest_untranslatable.labels(source, reason).inc()
            log.warning("webhook parked", **about, reason=reason)
        case Ignored(reason, for_a_person):
            _COUNTERS[source, "ignored"].inc()
            if for_a_person:
                log.warning("webhook ignored", **about, reason=reason)
        case Unverified():
            _COUNTERS[source, "unverified"].inc()
        case Limited():
            _COUNTERS[source, "limited"].inc()
        case Unavailable(reason):
            _COUNTERS[source, "unavailable"].inc()
            log.warning("webhook not durable", **about, reason=reason)
