"""Hostile words: what no template may do, and what no customer's name can do."""

import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.link import Links
from services.notifier.scenarios.scenario import Creative
from services.notifier.templates.occasion import Occasion, Sender, values
from services.notifier.templates.placeholders import (
    MOST_CHARACTERS,
    PLACEHOLDERS,
    asked_in,
    fault_in,
    unknown_in,
)
from services.notifier.templates.render import Templates, Unwritable

TEMPLATES = Templates()
SENDER = Sender(
    "みどり茶房", "みどり茶房", "a@midori.example", "東京都1-1", "0120-000-000", "https://midori.example/a"
)
URL = "https://desk.midori.example/unsubscribe/abc"
LINKS = Links("https://desk.midori.example", b"secret", "8d7a3f0e-7a4b-5c1d-9e2f-000000000001", URL)
OCCASION = Occasion("subscription", None, "山田 花子", URL, links=LINKS)

FORBIDDEN = (
    "{{ addressee.__class__ }}",
    "{{ addressee['__class__'] }}",
    "{{ addressee[0] }}",
    "{{ addressee() }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ 'a' * 100000000 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ [1, 2] }}",
    "{{ " + "9" * 4500 + " }}",
    "{{ 0x" + "f" * 4000 + " }}",
    "{{ 1e99999 }}",
    "{{ none }}",
    "{{ addressee|attr('x') }}",
    "{{ addressee|upper }}",
    "{{ addressee|replace('a', 'b') }}",
    "{{ kind is defined }}",
    "{% for x in addressee %}x{% endfor %}",
    "{% set a = 1 %}",
    "{% macro m() %}{% endmacro %}",
    "{% include 'mail.html' %}",
    "{% extends 'mail.html' %}",
    "{% import 'mail.html' as m %}",
    "{% block b %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% call x() %}{% endcall %}",
    "{% autoescape false %}{% endautoescape %}",
    "\ue000a\ue001",
)
BROKEN = ("{{ addressee", "{% if kind %}", "{% nothing %}", "{{ }}", "{{ 1 + }}", "{% endif %}", "{{ a b }}")


class Markup(HTMLParser):
    """Counts the tags of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]


def made(body: str, name: str | None = "山田 花子", subject: str = "") -> tuple[str, str, str]:
    creative = Creative("a", "mail", body, subject=subject)
    words = TEMPLATES.words(creative, SENDER, replace(OCCASION, name=name))
    return words.subject, words.text, words.html


@pytest.mark.parametrize("template", FORBIDDEN)
@pytest.mark.parametrize("around", ["{}", "{{% if kind == 'repeat' %}}{}{{% endif %}}"])
def test_a_template_that_does_more_than_fill_in_is_refused_even_where_it_is_not_reached(
    template: str, around: str
) -> None:
    text = around.format(template)
    assert fault_in(text) in ("forbidden", "not_a_template")
    with pytest.raises(Unwritable):
        made(text)


@pytest.mark.parametrize("template", BROKEN)
def test_what_is_no_template_is_refused(template: str) -> None:
    assert fault_in(template) == "not_a_template"
    with pytest.raises(Unwritable, match="not_a_template"):
        made(template)


def test_an_unknown_placeholder_is_named_and_refused() -> None:
    text = "{{ addressee }} {{ cupon }} {% if segment %}{{ cupon }}{% endif %}"
    assert unknown_in(text) == ["cupon", "segment"]
    assert fault_in(text) == "unknown_placeholder"
    assert asked_in(text) == {"addressee"}
    with pytest.raises(Unwritable, match="unknown_placeholder"):
        made(text)


def test_words_too_long_to_be_a_message_are_refused() -> None:
    assert fault_in("あ" * MOST_CHARACTERS) is None
    assert fault_in("あ" * (MOST_CHARACTERS + 1)) == "too_long"
    assert unknown_in("{{ x }}" * MOST_CHARACTERS) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 2000 + "kind" + ")" * 2000 + " }}",
        "{% if " + "not " * 1200 + "kind %}{% endif %}",
        "{% if kind %}" * 300 + "{% endif %}" * 80,
        "{{ " + "-" * 4000 + "1 }}",
    ],
)
def test_words_that_are_nested_without_end_take_no_time_and_harm_nobody(text: str) -> None:
    began = time.process_time()
    assert fault_in(text) is not None or isinstance(made(text), tuple)
    assert time.process_time() - began < 3.0


def test_every_placeholder_stands_for_something_and_has_its_explanation() -> None:
    assert set(values(SENDER, OCCASION)) | {"survey_links"} == set(PLACEHOLDERS)
    assert all(said.strip() for said in PLACEHOLDERS.values())


@pytest.mark.parametrize(
    "name",
    [
        "{{ 7 * 7 }}",
        "{% for x in y %}",
        "<script>alert(1)</script>&",
        "https://evil.example/login",
        "こちら: https://evil.example/login",
        "・項目",
        '"><a href="https://evil.example">',
        "javascript:alert(1)",
    ],
)
def test_a_hostile_name_stays_a_name(name: str) -> None:
    _, text, html = made("{{ addressee }}\n\n・{{ addressee }}\n\nこちら: {{ account_url }}", name)
    _, _, plain = made("{{ addressee }}\n\n・{{ addressee }}\n\nこちら: {{ account_url }}")
    assert f"{name} 様" in text
    assert Markup(html).tags == Markup(plain).tags
    assert Markup(html).links == Markup(plain).links


@given(st.text(max_size=80))
def test_no_name_whatever_changes_how_a_mail_is_built(name: str) -> None:
    body = "{{ addressee }}\n{{ addressee }}: {{ account_url }}\n\n・{{ addressee }}"
    subject, text, html = made(body, name, "{{ addressee }}へ")
    _, _, plain = made(body)
    assert Markup(html).tags == Markup(plain).tags
    assert Markup(html).links == Markup(plain).links
    assert "\n" not in subject
    assert not {"\ue000", "\ue001"} & set(subject + text + html)


@given(st.text(alphabet="{}%| 'aif.()[]_\ue000\n・:htps/", max_size=60))
def test_no_template_whatever_does_anything_but_be_written_or_be_refused(template: str) -> None:
    try:
        _, text, html = made(template)
    except Unwritable:
        return
    assert fault_in(template) is None
    assert URL in text
    assert "\ue000" not in html
