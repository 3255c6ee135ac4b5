"""The writer: each way gets its own address, its own words, and links that only this message has."""

import json
import re
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.notifier.scenarios import unsubscribe
from services.notifier.scenarios.action import Action
from services.notifier.scenarios.decide import Facts
from services.notifier.scenarios.link import ToPage, read
from services.notifier.scenarios.recipient import Recipient
from services.notifier.scenarios.scenario import Creative
from services.notifier.templates.occasion import Sender
from services.notifier.writer import Writer
from shared.events.action import Way

SECRET = b"secret of these tests"
NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
SENDER = Sender(
    "みどり茶房", "みどり茶房", "a@midori.example", "東京都1-1", "0120-000-000", "https://midori.example/a"
)
CUSTOMER = "tea-shop/shopify/1001"
ACTION = Action(
    id="8d7a3f0e-7a4b-5c1d-9e2f-000000000001",
    customer_ref=CUSTOMER,
    scenario="churn_warning",
    episode="e1",
    step="first",
    channel="mail",
    creative=None,
    shop="tea-shop",
    correlation_id="c",
    causation_id="c",
    attempt=0,
    fence=1,
)
FACTS = Facts(
    enrolled_at=NOW,
    ended=None,
    erased=False,
    do_not_contact=False,
    consents=frozenset(),
    reachable=frozenset(),
    open_ways=frozenset(),
)
HANAKO = Recipient(
    FACTS,
    kind="subscription",
    reason="skipped",
    name="山田 花子",
    mail="hanako@example.jp",
    line="U0001",
    told={"skips": 2, "product_title": "緑茶"},
)
WRITER = Writer(SENDER, "https://shop.example/", SECRET)


def written(way: Way, body: str = "{{ addressee }} {{ account_url }}", **changes: Any) -> Any:
    creative = Creative("a", way, body, endpoint="0b7c5f3e-0000-4000-8000-000000000001")
    return WRITER.write(ACTION, creative, "key", HANAKO, NOW, **changes)


@pytest.mark.parametrize(
    ("way", "address"),
    [
        ("mail", "hanako@example.jp"),
        ("line", "U0001"),
        ("postal_dm", ""),
        ("insert", ""),
        ("webhook", "0b7c5f3e-0000-4000-8000-000000000001"),
    ],
)
def test_each_way_has_its_address(way: str, address: str) -> None:
    message = written(cast(Way, way))
    assert (message.address, message.key, message.action) == (address, "key", ACTION.id)
    assert message.creative.way == way


@pytest.mark.parametrize("way", ["mail", "line", "postal_dm"])
def test_each_channel_is_refused_by_a_link_of_its_own(way: str) -> None:
    url = written(cast(Way, way)).unsubscribe_url
    assert url.startswith("https://shop.example/unsubscribe/")
    assert unsubscribe.read([SECRET], url.rpartition("/")[2]) == (CUSTOMER, way)


def test_a_message_of_service_has_none() -> None:
    message = written("mail", purpose="service")
    assert message.unsubscribe_url == ""
    assert "unsubscribe" not in message.text + message.html


def test_links_name_the_action() -> None:
    (token,) = re.findall(r"/go/([\w-]+)", written("mail").text)
    assert read([SECRET], token) == ToPage(ACTION.id, SENDER.account_url)
    assert token in written("postal_dm").link


def test_another_program_gets_facts_and_no_address_of_the_customers() -> None:
    message = written("webhook", "{{ product_title }}を{{ skips }}回スキップ")
    assert json.loads(message.text) == {
        "customer_ref": CUSTOMER,
        "scenario": "churn_warning",
        "step": "first",
        "note": "緑茶を2回スキップ",
        "facts": {"skips": 2, "product_title": "緑茶"},
    }
    assert "hanako" not in message.text
