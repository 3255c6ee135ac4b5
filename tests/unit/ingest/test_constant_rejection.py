"""Whoever is not let in learns nothing from how long it takes: the same work is done for every cause."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from msgspec.structs import replace

from services.ingest.accept import Unverified
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery
from services.ingest.durable import Keep
from services.ingest.shops import Account
from tests.accepting import accept

Delivered = Callable[..., Delivery]

ONE = Account("kirei", CARTS["shopify"], (b"one",))
TWO = Account("kirei", CARTS["shopify"], (b"one", b"two"))
STANDARD = Account("kirei", CARTS["standard"], (b"one",))


def work(delivery: Delivery, account: Account | None, keep: Keep) -> Counter[str]:
    """How often what is worth measuring was called, until the delivery was found to be nobody's."""
    calls: Counter[str] = Counter()

    def count(_frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in ("hmac_digest", "compare_digest", "b2a_base64"):
            calls[called.__name__] += 1

    sys.setprofile(count)
    try:
        answer = asyncio.run(accept(delivery, account, keep))
    finally:
        sys.setprofile(None)
    assert answer == Unverified()
    return calls


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Keep:
    return request.getfixturevalue("keeper").keep  # type: ignore[no-any-return]


@pytest.mark.parametrize("signature", [None, "A" * 44, "", "é" * 44])
def test_a_shop_that_there_is_not_costs_as_much_as_one_that_there_is(
    shopify_delivery: Delivered, keep: Keep, signature: str | None
) -> None:
    delivery = shopify_delivery("orders/paid", {"id": 1}, headers={"x-shopify-hmac-sha256": signature})

    done = work(delivery, ONE, keep)

    assert done["hmac_digest"] == 2
    assert done == work(delivery, TWO, keep) == work(delivery, None, keep)
    assert done == work(replace(delivery, cart="nothing"), None, keep)


def test_the_same_for_a_standard_webhook(standard_delivery: Delivered, keep: Keep) -> None:
    for headers in ({}, {"webhook-signature": None}, {"webhook-timestamp": "1"}, {"webhook-id": None}):
        delivery = standard_delivery([], (b"forger",), headers=headers)

        assert work(delivery, STANDARD, keep) == work(delivery, None, keep)


def test_a_genuine_signature_of_long_ago_costs_as_much_as_a_forged_one(
    standard_delivery: Delivered, keep: Keep
) -> None:
    genuine = standard_delivery([], (b"one",))
    late = replace(genuine, received_at=genuine.received_at.replace(year=2027))

    assert work(late, STANDARD, keep) == work(late, None, keep)
