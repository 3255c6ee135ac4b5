"""`hikitome dead-letters` on a real broker, as somebody at a terminal runs it."""

import asyncio
import base64
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from deploy.cli import main
from deploy.local.broker import Broker
from services.ingest.accept import Accepted, Parked
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Translation, Untranslatable
from services.ingest.durable import Kept, NotKept
from services.ingest.shops import Account
from shared.events.commerce import OrderDelivered
from shared.events.envelope import Envelope, encode
from shared.events.ids import derived_id
from shared.events.record import Received, Record
from shared.kafka.dead_letters import park
from shared.kafka.letters import LogReader
from shared.kafka.producer import Acked, EventProducer
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.accepting import accept

HIKITOME = Path(sys.executable).with_name("hikitome")
PEPPER = "0123456789abcdef"
ACCOUNT = Account("kirei", CARTS["shopify"], (b"hush",), pepper=PEPPER.encode())
CUSTOMER = msgspec.json.encode(
    {"id": 42, "first_name": "花子", "last_name": "山田", "email": "hanako@example.jp", "currency": "JPY"}
)
SHOP = '[[shops]]\nid = "{id}"\npepper = "{pepper}"\ncarts = [{{ cart = "shopify", secrets = ["hush"] }}]\n'


def not_yet(_: Delivery) -> Translation:
    """A version of the cart that can't read anything yet."""
    return Untranslatable("wrong_shape")


BEFORE_THE_FIX = replace(ACCOUNT, cart=replace(CARTS["shopify"], translate=not_yet))


def delivery(topic: str, body: bytes, shop: str = "kirei") -> Delivery:
    now = datetime.now(UTC)
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": base64.b64encode(hmac.digest(b"hush", body, "sha256")).decode(),
        "x-shopify-event-id": f"e-{topic}",
    }
    return Delivery(shop, "shopify", headers, body, now, now)


@dataclass
class Memory:
    """Remembers what it is given."""

    records: list[Record] = field(default_factory=list)

    async def keep(self, records: Sequence[Record]) -> Kept | NotKept:
        self.records.extend(records)
        return Kept("kafka")


@dataclass(frozen=True)
class Terminal:
    """A person with a broker, a shops file, and the command."""

    settings: CommonSettings
    shops: Path

    def run(self, *arguments: str, answer: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        usual = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HIKITOME_")},
            "HIKITOME_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "HIKITOME_KAFKA_IDEMPOTENT": "false",
            "HIKITOME_KAFKA_FETCH_MAX_WAIT_MS": "10",
            "HIKITOME_SHOPS_FILE": str(self.shops),
        }
        return subprocess.run(
            [HIKITOME, "dead-letters", *arguments],
            env=usual | environment,
            input=answer,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def listed(self, *arguments: str) -> list[dict[str, object]]:
        ended = self.run("list", "--json", *arguments)
        assert ended.returncode == 0, ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def publish(self, *records: Record) -> None:
        async def send() -> None:
            async with EventProducer(self.settings, 10) as producer:
                assert await producer.publish(records) == Acked()

        asyncio.run(send())

    def park(self, account: Account, *deliveries: Delivery) -> None:
        """What `accept` leaves behind of them, which is a dead letter each."""

        async def parked() -> list[Record]:
            kept = Memory()
            for each in deliveries:
                assert isinstance(await accept(each, account, kept.keep), Parked)
            return kept.records

        self.publish(*asyncio.run(parked()))

    def records(self, topic: str) -> list[tuple[bytes | None, bytes | None]]:
        """Everything in a topic."""

        async def read() -> list[tuple[bytes | None, bytes | None]]:
            async with LogReader(self.settings) as log:
                extent = await log.extent(topic)
                assert extent is not None
                return [(record.key, record.value) async for record in log.records(extent)]

        return asyncio.run(read())


@pytest.fixture
def terminal(own_broker: Broker, tmp_path: Path) -> Terminal:
    settings = CommonSettings(
        kafka_bootstrap=own_broker.bootstrap, kafka_idempotent=False, kafka_fetch_max_wait_ms=10
    )
    asyncio.run(provision(settings))
    shops = tmp_path / "shops.toml"
    shops.write_text(SHOP.format(id="kirei", pepper=PEPPER))
    return Terminal(settings, shops)


def at_once(one: Delivery) -> list[tuple[bytes | None, bytes | None]]:
    """What the delivery would have become if it could have been read when it came."""
    kept = Memory()
    assert asyncio.run(accept(one, ACCOUNT, kept.keep)) == Accepted()
    return [(record.key, record.value) for record in kept.records]


def test_after_the_fix_a_webhook_becomes_what_it_would_have_been_and_only_once(terminal: Terminal) -> None:
    genuine, broken = delivery("customers/update", CUSTOMER), delivery("orders/create", b"<html>")
    terminal.park(BEFORE_THE_FIX, genuine)
    terminal.park(ACCOUNT, broken)

    ended = terminal.run("replay", "--yes")

    assert ended.returncode == 1, ended.stderr
    assert ended.stdout.splitlines() == [
        "Done: 1 closed, 1 still open.",
        "  ingest: 1 letter translated to 2 events",
        "  ingest: 1 letter stays open: still not_json",
    ]
    published = [*terminal.records("customer-events"), *terminal.records("customer-contacts")]
    assert published == at_once(genuine)
    assert [letter["reason"] for letter in terminal.listed()] == ["not_json"]

    again = terminal.run("replay", "--yes")
    assert "0 closed, 1 still open" in again.stdout
    assert len([*terminal.records("customer-events"), *terminal.records("customer-contacts")]) == 2


def test_a_list_shows_what_is_open_and_with_all_what_became_of_the_rest(terminal: Terminal) -> None:
    terminal.park(
        BEFORE_THE_FIX, *(delivery(topic, CUSTOMER) for topic in ("customers/create", "customers/update"))
    )
    assert terminal.run("replay", "--yes", "--limit", "1").returncode == 0

    table = terminal.run("list", "--all").stdout
    assert "kirei/shopify" in table
    assert "translated 20" in table
    assert table.splitlines()[-1] == "2 letters (1 of them replayed): ingest wrong_shape 2"
    (still_open,) = terminal.listed()
    assert (still_open["service"], still_open["offset"], still_open["state"]) == ("ingest", 1, "open")
    assert terminal.listed("--shop", "another") == []
    assert terminal.listed("--since", "2999-01-01T00:00Z") == []
    assert len(terminal.listed("--all", "--from", "ingest", "--offset", "0", "--reason", "wrong_shape")) == 1


def test_a_shop_that_is_missing_is_told_and_its_letter_waits_for_it(terminal: Terminal) -> None:
    terminal.park(replace(BEFORE_THE_FIX, shop="lab"), delivery("customers/update", CUSTOMER, "lab"))

    assert "no such shop or cart in the shops file" in terminal.run("replay", "--yes").stdout
    terminal.shops.write_text(SHOP.format(id="lab", pepper=PEPPER))

    assert terminal.run("replay", "--yes").returncode == 0
    assert {key for key, _ in terminal.records("customer-contacts")} == {b"lab/shopify/42"}


def test_who_was_erased_since_is_not_brought_back(terminal: Terminal) -> None:
    terminal.park(BEFORE_THE_FIX, delivery("customers/update", CUSTOMER))
    tombstone = (b"kirei/shopify/42", None)
    terminal.publish(Record("customer-contacts", *tombstone))

    ended = terminal.run("replay", "--yes")

    assert ended.stdout.splitlines()[1] == "  ingest: 1 letter translated to 1 event"
    assert terminal.records("customer-contacts") == [tombstone]


def test_a_dry_run_changes_nothing_and_a_no_does_not_either(terminal: Terminal) -> None:
    terminal.park(BEFORE_THE_FIX, delivery("customers/update", CUSTOMER))

    dry, refused = terminal.run("replay", "--dry-run"), terminal.run("replay", answer="n\n")

    assert (dry.returncode, refused.returncode) == (0, 1)
    assert dry.stdout.splitlines() == ["If replayed:", "  ingest: 1 letter translated to 2 events"]
    assert terminal.records("customer-events") == terminal.records("customer-contacts") == []
    assert len(terminal.records("ingest.dead-letter")) == 1
    assert terminal.run("replay", answer="y\n").returncode == 0
    assert len(terminal.records("ingest.dead-letter")) == 2


def test_a_record_of_scoring_goes_back_to_its_topic_as_it_was(terminal: Terminal) -> None:
    moment, number = datetime(2026, 4, 1, tzinfo=UTC), derived_id("test", "1")
    value = encode(
        Envelope(
            id=number,
            source="/shops/kirei/shopify",
            subject="kirei/shopify/5",
            time=moment,
            shop="kirei",
            receivedat=moment,
            correlationid=number,
            data=OrderDelivered(order="1"),
        )
    )
    key = b"kirei/shopify/5"
    terminal.publish(
        park("scoring", Received("customer-events", 3, 99, 0, key, value), "unknown_type"),
        park("notifier", Received("churn-risk", 0, 7, 0, key, b"{"), "not_json"),
    )

    ended = terminal.run("replay", "--yes", "--from", "scoring", HIKITOME_SHOPS_FILE="/no/such/file")

    assert ended.returncode == 0, ended.stderr
    assert terminal.records("customer-events") == [(key, value)]
    assert terminal.records("churn-risk") == []
    assert [letter["service"] for letter in terminal.listed()] == ["notifier"]


def test_one_letter_is_shown_and_its_body_only_when_asked_for(terminal: Terminal) -> None:
    terminal.park(BEFORE_THE_FIX, delivery("customers/update", CUSTOMER))

    shown, with_body = terminal.run("show", "ingest", "0"), terminal.run("show", "ingest", "0", "--body")

    assert (shown.returncode, with_body.returncode) == (0, 0)
    assert "wrong_shape" in shown.stdout
    assert "customers/update" in shown.stdout
    assert "hanako" not in shown.stdout + shown.stderr
    assert '  "first_name": "花子",\n' in with_body.stdout
    assert "personal data" in with_body.stderr
    nothing = terminal.run("show", "ingest.dead-letter", "7")
    assert nothing.returncode == 1
    assert nothing.stderr == "Error: ingest.dead-letter has nothing at offset 7.\n"


def test_foreign_bytes_are_listed_and_never_touched(terminal: Terminal) -> None:
    for value in (b"\xff\x00", None, b"{}", b"[" * 5000):
        terminal.publish(
            Record("ingest.dead-letter", None, value), Record("scoring.dead-letter", b"\xff", value)
        )

    assert [letter["reason"] for letter in terminal.listed()] == ["foreign"] * 8
    assert terminal.run("list").stdout.splitlines()[-1] == "8 letters: ingest foreign 4, scoring foreign 4"
    assert terminal.run("show", "scoring", "0", "--body").returncode == 0
    assert terminal.run("replay", "--yes").returncode == 1
    assert len(terminal.records("ingest.dead-letter")) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--offset", "3"), "--offset needs one --from"),
        (("list", "--since", "yesterday"), "yesterday is no moment"),
        (("show", "cheese", "1"), "cheese is none of ingest, scoring, notifier"),
        (("replay", "--from", "cheese"), "'cheese' is not one of"),
    ],
)
def test_what_makes_no_sense_is_told(arguments: tuple[str, ...], said: str) -> None:
    ended = CliRunner().invoke(main, ["dead-letters", *arguments])
    assert ended.exit_code == 2
    assert said in ended.stderr


@pytest.mark.parametrize("arguments", [("list",), ("show", "ingest", "0"), ("replay", "--yes")])
def test_brokers_out_of_reach_are_told_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    nowhere = Terminal(CommonSettings(kafka_bootstrap="127.0.0.1:1"), tmp_path / "shops.toml")
    ended = nowhere.run(*arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: HIKITOME_KAFKA_BOOTSTRAP: 127.0.0.1:1")
    assert len(ended.stderr.splitlines()) == 1


def test_a_broken_shops_file_is_told_and_nothing_is_replayed(terminal: Terminal) -> None:
    terminal.park(BEFORE_THE_FIX, delivery("customers/update", CUSTOMER))
    terminal.shops.write_text("[[shops]]")

    ended = terminal.run("replay", "--yes")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: HIKITOME_SHOPS_FILE is refused: ")
    assert len(terminal.listed()) == 1
