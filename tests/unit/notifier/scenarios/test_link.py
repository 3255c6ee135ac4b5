"""The links in messages: they lead where they were made to, and nobody else can make one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios import unsubscribe
from services.notifier.scenarios.link import Links, Target, ToAnswer, ToPage, ToSurvey, is_web, read, sign

OLD, NEW = b"the old secret", b"the new secret"
ACTION = "8d7a3f0e-7a4b-5c1d-9e2f-000000000001"
PAGE = ToPage(ACTION, "https://midori.example/account?a=1&b=茶#top")
ANSWER = ToAnswer(ACTION, "pace", "too_much", "量が多い")
ACTIONS = st.uuids().map(str)
TEXTS = st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize("target", [PAGE, ANSWER, ToSurvey(ACTION, "pace")])
def test_a_link_leads_where_it_was_made_to_with_any_secret_that_still_counts(target: Target) -> None:
    token = sign(OLD, target)
    assert read([OLD], token) == read([NEW, OLD], token) == target
    assert read([NEW], token) is None
    assert token.isascii()
    assert not set(token) & set("+/=.?&%")


@pytest.mark.parametrize("token", ["", "x", "....", "é", "A" * 22, "A" * 60, "=" * 40])
def test_what_nobody_signed_leads_nowhere(token: str) -> None:
    assert read([OLD], token) is None


def test_a_token_of_another_kind_of_link_is_none_of_these() -> None:
    token = unsubscribe.sign(OLD, "tea-shop/shopify/1", "mail")
    assert read([OLD], token) is None
    assert all(read([OLD], part) is None for part in token.split("."))
    assert unsubscribe.read([OLD], sign(OLD, PAGE)) is None


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/account", "https://", "mailto:a@b.jp", "http://[", ""]
)
def test_only_addresses_of_the_web_are_led_to(url: str) -> None:
    assert not is_web(url)
    assert read([OLD], sign(OLD, ToPage(ACTION, url))) is None
    assert Links("https://shop.example", OLD, ACTION, "").to(url) == url


@given(st.one_of(st.builds(ToAnswer, ACTIONS, TEXTS, TEXTS, TEXTS), st.builds(ToPage, ACTIONS, TEXTS)))
def test_every_target_survives_its_token(target: Target) -> None:
    found = read([OLD], sign(OLD, target))
    assert found == (None if isinstance(target, ToPage) and not is_web(target.url) else target)


@given(st.data())
def test_no_changed_token_leads_anywhere(data: st.DataObject) -> None:
    token = sign(OLD, PAGE)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCXYZabc019-_"))
    changed = token[:at] + other + token[at + 1 :]
    assert read([OLD], changed) in (None, PAGE)
    assert changed == token or read([OLD], changed) is None or at == len(token) - 1
