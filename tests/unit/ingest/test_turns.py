"""Webhooks that come together are accepted together; what is wrong with one is that one's trouble."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.ingest.accept import Accepted, Answer, Failed, Parked, Unavailable, Unverified, accept
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Translation
from services.ingest.durable import Keep, Kept, NotKept
from services.ingest.rate import Allowance, Allowances
from services.ingest.shops import Account, ShopsFile
from services.ingest.turns import MOST_TOGETHER, Turns
from shared.clock import Now, system_clock
from shared.events.record import Record

Delivered = Callable[..., Delivery]
Payloads = dict[str, dict[str, Any]]


class Keeping:
    """Remembers what was kept at once."""

    def __init__(self) -> None:
        self.rounds: list[int] = []

    async def keep(self, records: Sequence[Record]) -> Kept | NotKept:
        self.rounds.append(len(records))
        return Kept("kafka")


@pytest.fixture
def order(shopify_delivery: Delivered, payloads: Payloads) -> Delivery:
    return shopify_delivery("orders/paid", payloads["order"])


def turns(folder: Path, keep: Keep, clock: Now = system_clock) -> Turns:
    file = folder / "shops.toml"
    file.write_text('[[shops]]\nid = "kirei"\n[[shops.carts]]\ncart = "shopify"\nsecrets = ["hush"]\n')
    return Turns(ShopsFile(file, {}), keep, clock, Allowances(Allowance(1000, 1000)))


async def answers(turns: Turns, deliveries: Sequence[Delivery]) -> list[Answer]:
    """To all, put in the same turn of the loop."""
    return await asyncio.gather(*[turns.accept(d.shop, d.cart, d.headers, d.body) for d in deliveries])


async def test_who_comes_together_waits_for_kafka_once(tmp_path: Path, order: Delivery) -> None:
    keeping = Keeping()

    told = await answers(turns(tmp_path, keeping.keep), [order] * 10)

    assert told == [Accepted()] * 10
    assert keeping.rounds == [10]


async def test_a_crowd_is_taken_in_portions(tmp_path: Path, order: Delivery) -> None:
    keeping = Keeping()

    told = await answers(turns(tmp_path, keeping.keep), [order] * (2 * MOST_TOGETHER + 1))

    assert told == [Accepted()] * (2 * MOST_TOGETHER + 1)
    assert keeping.rounds == [MOST_TOGETHER, MOST_TOGETHER, 1]


async def test_each_gets_its_own_answer(
    tmp_path: Path, order: Delivery, shopify_delivery: Delivered, payloads: Payloads
) -> None:
    forged = shopify_delivery("orders/paid", payloads["order"], secret=b"guessed")
    unreadable = shopify_delivery("orders/paid", b"not json")

    told = await answers(turns(tmp_path, Keeping().keep), [forged, order, unreadable])

    assert told == [Unverified(), Accepted(), Parked("not_json")]


async def test_nobody_waits_for_kafka_with_nothing_to_keep(
    tmp_path: Path, shopify_delivery: Delivered, payloads: Payloads
) -> None:
    keeping = Keeping()

    await answers(turns(tmp_path, keeping.keep), [shopify_delivery("orders/paid", payloads["order"], b"no")])

    assert keeping.rounds == []


async def test_an_error_in_one_is_not_the_others(order: Delivery) -> None:
    def stumble(delivery: Delivery) -> Translation:
        raise ZeroDivisionError(delivery.body)

    account = Account("kirei", CARTS["shopify"], (b"hush",))
    stumbling = replace(account, cart=replace(account.cart, translate=stumble))

    told = await accept([(order, account), (order, stumbling), (order, account)], Keeping().keep)

    assert told[0] == told[2] == Accepted()
    assert isinstance(told[1], Failed)
    assert told[1].error == "ZeroDivisionError"
    assert "customer" not in "".join(told[1].where)


async def test_an_error_of_ours_leaves_nobody_without_an_answer(tmp_path: Path, order: Delivery) -> None:
    def stopped() -> datetime:
        raise OverflowError("date value out of range")

    told = await answers(turns(tmp_path, Keeping().keep, stopped), [order] * 2)

    assert [each.error for each in told if isinstance(each, Failed)] == ["OverflowError"] * 2


async def test_who_had_nothing_to_keep_is_answered_though_keeping_fails(
    tmp_path: Path, order: Delivery, shopify_delivery: Delivered
) -> None:
    async def failing(records: Sequence[Record]) -> Kept | NotKept:
        raise OSError(len(records))

    told = await answers(turns(tmp_path, failing), [order, shopify_delivery("products/update", {"id": 1})])

    assert isinstance(told[0], Failed)
    assert not isinstance(told[1], Failed)


async def test_all_are_asked_to_come_again_when_nothing_can_be_kept(tmp_path: Path, order: Delivery) -> None:
    async def refusing(records: Sequence[Record]) -> Kept | NotKept:
        return NotKept(f"full of {len(records)}")

    assert await answers(turns(tmp_path, refusing), [order] * 2) == [Unavailable("full of 2")] * 2


async def test_who_stops_waiting_is_kept_and_keeps_nobody_else_waiting(
    tmp_path: Path, order: Delivery
) -> None:
    keeping = Keeping()
    two = turns(tmp_path, keeping.keep)
    impatient = asyncio.create_task(two.accept("kirei", "shopify", order.headers, order.body))
    patient = asyncio.create_task(two.accept("kirei", "shopify", order.headers, order.body))
    await asyncio.sleep(0)

    impatient.cancel()

    assert await patient == Accepted()
    assert keeping.rounds == [2]


@pytest.mark.parametrize("name", CARTS)
def test_a_cart_reads_no_headers_but_those_it_names(
    name: str, shopify_delivery: Delivered, standard_delivery: Delivered, payloads: Payloads
) -> None:
    class Watched(dict[str, str]):
        asked: set[str]

        def get(self, header: str, default: Any = None) -> Any:
            self.asked.add(header)
            return super().get(header, default)

    cart = CARTS[name]
    asked: set[str] = set()
    for body in (*payloads.values(), b"not json"):
        for topic in ("orders/create", "orders/paid", "customers/update", "nothing/known"):
            delivery = standard_delivery(body) if name == "standard" else shopify_delivery(topic, body)
            headers = Watched(delivery.headers)
            headers.asked = asked
            watched = msgspec.structs.replace(delivery, headers=headers)
            cart.verify(watched, (b"hush",), delivery.received_at)
            cart.translate(watched)

    assert asked
    assert asked <= {*cart.headers, *cart.proofs}
