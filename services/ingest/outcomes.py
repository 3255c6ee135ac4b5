"""Outcomes: what we count and log of each webhook."""

import structlog

from services.ingest.accept import Accepted, Answer, Failed, Limited, Parked, Unavailable, Unverified
from services.ingest.carts import CARTS
from services.ingest.carts.base import Ignored
from shared.process.metrics import ingest_requests, ingest_untranslatable

log = structlog.get_logger(__name__)

# The source of what names no cart that there is.
_STRANGE = "unknown"
_OUTCOMES = (
    *("accepted", "ignored", "unverified", "untranslatable"),
    *("refused", "limited", "unavailable", "failed"),
)
# Looked up once: finding a label's counter costs as much as counting.
_COUNTERS = {
    (source, outcome): ingest_requests.labels(source, outcome)
    for source in (*CARTS, _STRANGE)
    for outcome in _OUTCOMES
}


def source_of(cart: str) -> str:
    return cart if cart in CARTS else _STRANGE


def refused(cart: str) -> None:
    """Count one that we never had whole."""
    _COUNTERS[source_of(cart), "refused"].inc()


def told(shop: str, cart: str, outcome: Answer) -> None:
    """Nothing is logged of what strangers send, nor of what comes all the time.

    Nor of each that is sent away while nobody keeps anything: of that, once, the spool tells.
    """
    source = source_of(cart)
    match outcome:
        case Accepted():
            _COUNTERS[source, "accepted"].inc()
        case Parked(reason):
            _COUNTERS[source, "untranslatable"].inc()
            ingest_untranslatable.labels(source, reason).inc()
            log.warning("webhook parked", shop=shop, cart=cart, reason=reason)
        case Ignored(reason, for_a_person):
            _COUNTERS[source, "ignored"].inc()
            if for_a_person:
                log.warning("webhook ignored", shop=shop, cart=cart, reason=reason)
        case Unverified():
            _COUNTERS[source, "unverified"].inc()
        case Limited():
            _COUNTERS[source, "limited"].inc()
        case Unavailable():
            _COUNTERS[source, "unavailable"].inc()
        case Failed(error, where):
            _COUNTERS[source, "failed"].inc()
            log.error("request failed", source=source, error=error, where=where)
