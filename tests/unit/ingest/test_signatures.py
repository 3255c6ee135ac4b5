"""Who signed this? Only the whole, untouched body under an active secret of the shop counts."""

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.ingest.carts import CARTS
from services.ingest.carts.base import Cart, Delivery
from services.ingest.carts.signature import is_signed
from services.ingest.carts.standard_webhooks import read_secret

Delivered = Callable[..., Delivery]

SECRET = b"hush"
STANDARD_SECRET = b"0123456789abcdef0123456789abcdef"
SHOPIFY, STANDARD = CARTS["shopify"], CARTS["standard"]

bits = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def verifies(cart: Cart, delivery: Delivery, *secrets: bytes) -> bool:
    return cart.verify(delivery, secrets, delivery.received_at)


def with_headers(delivery: Delivery, **headers: str) -> Delivery:
    renamed = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(delivery, headers={**delivery.headers, **renamed})


def flipped(raw: bytes, bit: int) -> bytes:
    changed = bytearray(raw)
    changed[bit // 8 % len(raw)] ^= 1 << bit % 8
    return bytes(changed)


def read_vectors(shared_data: Path, file: str, name: str) -> list[dict[str, Any]]:
    folder = shared_data / "webhooks"
    vectors = msgspec.json.decode((folder / "vectors" / file).read_bytes())
    chosen = [vector for vector in vectors if vector["name"].startswith(name)]
    for vector in chosen:
        if "body_file" in vector:
            vector["raw"] = (folder / vector["body_file"]).read_bytes()
        else:
            vector["raw"] = vector["body"].encode()
    return chosen


def as_delivery(vector: dict[str, Any], at: datetime) -> Delivery:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    return Delivery("kirei", "any", headers, vector["raw"], at, at)


def test_shopifys_signature_vectors_hold(shared_data: Path) -> None:
    vectors = read_vectors(shared_data, "derived_vectors.json", "shopify")

    for vector in vectors:
        delivery = as_delivery(vector, datetime(2026, 4, 1, tzinfo=UTC))
        assert verifies(SHOPIFY, delivery, SHOPIFY.read_secret(vector["secret"])) is vector["valid"]
    assert vectors


def test_the_published_vectors_of_standard_webhooks_hold(shared_data: Path) -> None:
    vectors = read_vectors(shared_data, "published_vectors.json", "standardwebhooks")

    for vector in vectors:
        sent = datetime.fromtimestamp(int(vector["headers"]["webhook-timestamp"]), UTC)
        delivery = as_delivery(vector, sent + timedelta(seconds=10))
        assert verifies(STANDARD, delivery, read_secret(vector["secret"])) is vector["valid"], vector["name"]
    assert {vector["valid"] for vector in vectors} == {True, False}


def test_an_untouched_delivery_verifies(shopify_delivery: Delivered, standard_delivery: Delivered) -> None:
    assert verifies(SHOPIFY, shopify_delivery("orders/create", {"id": 1}), SECRET)
    assert verifies(STANDARD, standard_delivery({"type": "x"}), STANDARD_SECRET)


@given(bit=st.integers(0, 8 * 200))
@bits
def test_one_flipped_bit_of_the_body_is_enough(
    shopify_delivery: Delivered, standard_delivery: Delivered, bit: int
) -> None:
    shopify, standard = (
        shopify_delivery("orders/create", {"note": "x" * 50}),
        standard_delivery({"type": "x" * 50}),
    )

    assert not verifies(SHOPIFY, replace(shopify, body=flipped(shopify.body, bit)), SECRET)
    assert not verifies(STANDARD, replace(standard, body=flipped(standard.body, bit)), STANDARD_SECRET)


@given(bit=st.integers(0, 8 * 44 - 1))
@bits
def test_one_flipped_bit_of_the_signature_is_enough(
    shopify_delivery: Delivered, standard_delivery: Delivered, bit: int
) -> None:
    shopify, standard = shopify_delivery("orders/create", {"id": 1}), standard_delivery({"type": "x"})
    claimed = shopify.headers["x-shopify-hmac-sha256"]
    listed = standard.headers["webhook-signature"].removeprefix("v1,")

    wrong = flipped(claimed.encode(), bit).decode("latin-1")
    assert not verifies(SHOPIFY, with_headers(shopify, x_shopify_hmac_sha256=wrong), SECRET)
    wrong = flipped(listed.encode(), bit).decode("latin-1")
    assert not verifies(STANDARD, with_headers(standard, webhook_signature=f"v1,{wrong}"), STANDARD_SECRET)


@given(body=st.binary(max_size=200), secret=st.binary(min_size=1, max_size=64))
@bits
def test_whatever_the_body_and_the_secret_the_right_signature_fits_and_another_secrets_does_not(
    shopify_delivery: Delivered, body: bytes, secret: bytes
) -> None:
    delivery = shopify_delivery("orders/create", body, secret)

    assert verifies(SHOPIFY, delivery, secret)
    assert not verifies(SHOPIFY, delivery, secret + b"x")


@pytest.mark.parametrize("secrets", [(SECRET, b"old"), (b"old", SECRET), (b"a", b"b", SECRET)])
def test_any_active_secret_will_do(shopify_delivery: Delivered, secrets: tuple[bytes, ...]) -> None:
    assert verifies(SHOPIFY, shopify_delivery("orders/create", {"id": 1}), *secrets)


def test_no_secret_signs_nothing(shopify_delivery: Delivered) -> None:
    assert not verifies(SHOPIFY, shopify_delivery("orders/create", {"id": 1}))


def test_every_secret_is_tried_even_after_one_has_fitted() -> None:
    tried: list[bytes] = []

    class Secrets(tuple[bytes, ...]):
        def __iter__(self) -> Any:
            for secret in super().__iter__():
                tried.append(secret)
                yield secret

    is_signed(b"body", Secrets((b"first", b"second", b"third")), ["any"])

    assert tried == [b"first", b"second", b"third"]


def test_shopifys_newer_header_is_as_good(shopify_delivery: Delivered) -> None:
    delivery = shopify_delivery("orders/create", {"id": 1})
    newer = {"shopify-hmac-sha256": delivery.headers["x-shopify-hmac-sha256"]}

    assert verifies(SHOPIFY, replace(delivery, headers=newer), SECRET)


BAD_SIGNATURES = [
    "",
    " ",
    "=",
    "日本語",
    "\udcff",
    "\x00",
    "é" * 44,
    "A" * 43,
    "A" * 44,
    "A" * 45,
    "A" * 100_000,
    "%s",
    "null",
    "v1,",
    "not base64 at all!",
]


@pytest.mark.parametrize("wrong", BAD_SIGNATURES, ids=range(len(BAD_SIGNATURES)))
def test_a_malformed_signature_is_merely_wrong(
    shopify_delivery: Delivered, standard_delivery: Delivered, wrong: str
) -> None:
    shopify, standard = shopify_delivery("orders/create", {"id": 1}), standard_delivery({"type": "x"})

    assert not verifies(SHOPIFY, with_headers(shopify, x_shopify_hmac_sha256=wrong), SECRET)
    assert not verifies(STANDARD, with_headers(standard, webhook_signature=wrong), STANDARD_SECRET)
    assert not verifies(STANDARD, with_headers(standard, webhook_signature=f"v1,{wrong}"), STANDARD_SECRET)


@pytest.mark.parametrize(
    "change", [str.lower, str.upper, str.strip, lambda text: text[:-1], lambda text: text + "="]
)
def test_a_signature_is_not_tidied_up(shopify_delivery: Delivered, change: Callable[[str], str]) -> None:
    delivery = shopify_delivery("orders/create", {"id": 1})
    signature = delivery.headers["x-shopify-hmac-sha256"]

    fits = verifies(SHOPIFY, with_headers(delivery, x_shopify_hmac_sha256=change(signature)), SECRET)

    assert fits is (change(signature) == signature)


@pytest.mark.parametrize("encoding", ["hex", "urlsafe"])
def test_another_encoding_of_the_right_digest_does_not_fit(
    shopify_delivery: Delivered, encoding: str
) -> None:
    delivery = shopify_delivery("orders/create", {"id": 3})
    digest = base64.b64decode(delivery.headers["x-shopify-hmac-sha256"])
    other = digest.hex() if encoding == "hex" else base64.urlsafe_b64encode(digest).decode().rstrip("=")

    assert not verifies(SHOPIFY, with_headers(delivery, x_shopify_hmac_sha256=other), SECRET)


def test_a_signature_over_the_body_written_anew_does_not_fit(shopify_delivery: Delivered) -> None:
    delivery = shopify_delivery("orders/create", b'{"id": 1, "note": "a\\/b"}')
    written_anew = msgspec.json.encode(msgspec.json.decode(delivery.body))

    assert not verifies(SHOPIFY, replace(delivery, body=written_anew), SECRET)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_standard_webhook_from_another_time_is_refused(standard_delivery: Delivered, seconds: int) -> None:
    delivery = standard_delivery({"type": "x"})

    assert not STANDARD.verify(delivery, [STANDARD_SECRET], delivery.received_at + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_standard_webhook_may_be_five_minutes_early_or_late(
    standard_delivery: Delivered, seconds: int
) -> None:
    delivery = standard_delivery({"type": "x"})

    assert STANDARD.verify(delivery, [STANDARD_SECRET], delivery.received_at + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "stamp", ["", "now", "1e9", "-1", "1614265330.5", "１６１４２６５３３０", "9" * 5000, " 1", "0x10"]
)
def test_a_timestamp_that_is_no_number_is_merely_wrong(standard_delivery: Delivered, stamp: str) -> None:
    delivery = with_headers(standard_delivery({"type": "x"}), webhook_timestamp=stamp)

    assert not verifies(STANDARD, delivery, STANDARD_SECRET)


def test_a_standard_webhook_without_an_id_is_refused_even_if_it_is_signed(
    standard_delivery: Delivered,
) -> None:
    delivery = standard_delivery({"type": "x"})
    signed = b".".join((b"", delivery.headers["webhook-timestamp"].encode(), delivery.body))
    digest = base64.b64encode(hmac.digest(STANDARD_SECRET, signed, "sha256")).decode()

    assert not verifies(
        STANDARD, with_headers(delivery, webhook_id="", webhook_signature=f"v1,{digest}"), STANDARD_SECRET
    )


def test_one_fitting_signature_in_the_list_is_enough_and_unknown_versions_are_passed_over(
    standard_delivery: Delivered,
) -> None:
    delivery = standard_delivery({"type": "x"})
    fitting = delivery.headers["webhook-signature"]

    for listed in (f"v1a,abc {fitting}", f"{fitting} v1,wrong", f"garbage  {fitting} ,"):
        assert verifies(STANDARD, with_headers(delivery, webhook_signature=listed), STANDARD_SECRET)
    relabelled = fitting.replace("v1,", "v2,")
    assert not verifies(STANDARD, with_headers(delivery, webhook_signature=relabelled), STANDARD_SECRET)


@pytest.mark.parametrize("text", ["whsec_MDEyMw==", "whsec_MDEyMw", "MDEyMw==", "MDEyMw"])
def test_a_standard_secret_is_base64_with_or_without_its_trimmings(text: str) -> None:
    assert read_secret(text) == b"0123"


@pytest.mark.parametrize("text", ["whsec_!!!", "日本", "whsec_A"])
def test_a_standard_secret_that_is_not_base64_is_told_apart_at_once(text: str) -> None:
    with pytest.raises(ValueError, match="must be base64"):
        read_secret(text)
