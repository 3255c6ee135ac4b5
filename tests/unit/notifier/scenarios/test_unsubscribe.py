"""The unsubscribe token: ours alone, for ever, and readable by nobody's luck."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.unsubscribe import read, sign
from shared.events.customer import Channel

NEW, OLD = b"new secret", b"old secret"


@given(st.text(), st.sampled_from(get_args(Channel)))
def test_what_was_signed_is_read_back(customer_ref: str, channel: Channel) -> None:
    assert read([NEW], sign(NEW, customer_ref, channel)) == (customer_ref, channel)


def test_links_signed_before_a_rotation_still_work() -> None:
    assert read([NEW, OLD], sign(OLD, "tea-shop/shopify/1", "mail")) == ("tea-shop/shopify/1", "mail")


def test_another_secret_makes_no_valid_link() -> None:
    assert read([NEW], sign(b"guessed", "tea-shop/shopify/1", "mail")) is None


def test_a_link_for_one_customer_or_channel_is_none_for_another() -> None:
    mac = sign(NEW, "tea-shop/shopify/1", "mail").split(".")[1]
    others: list[tuple[str, Channel]] = [("tea-shop/shopify/2", "mail"), ("tea-shop/shopify/1", "line")]
    for customer, channel in others:
        content = sign(b"guessed", customer, channel).split(".")[0]
        assert read([NEW], f"{content}.{mac}") is None


def test_no_secret_opens_nothing() -> None:
    assert read([], sign(NEW, "tea-shop/shopify/1", "mail")) is None


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "a.b.c", "あ.い", "====.====", "%00.%00"])
def test_garbage_is_nobody(token: str) -> None:
    assert read([NEW], token) is None


@given(st.text())
def test_any_text_at_all_is_read_without_an_error(token: str) -> None:
    assert read([NEW], token) is None


def test_a_token_fits_into_a_url() -> None:
    token = sign(NEW, "tea-shop/shopify/1?&#", "mail")
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
