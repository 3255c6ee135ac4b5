"""Render: a creative and an occasion become words; no template and no customer's name can become code."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment
from markupsafe import Markup

from services.notifier.scenarios.scenario import Creative
from services.notifier.templates import layout
from services.notifier.templates.occasion import Address, Occasion, Sender, Value, survey_links, values
from services.notifier.templates.placeholders import asked_in, fault_in

FOLDER = Path(__file__).parent
_MOST_OF_A_VALUE = 200
_MOST_OF_A_SUBJECT = 200
_KEPT_TEMPLATES = 400


@dataclass(frozen=True, slots=True)
class Words:
    """`text` is for every way out, `html` for mails only; `link` is where a QR code leads."""

    subject: str
    text: str
    html: str
    link: str | None = None


class Unwritable(ValueError):
    """These words can't be made; `reason` is a fault of the template, or missing_value. It holds no word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Templates:
    """One environment for this folder's own files, and one that lets marketers' words do next to nothing."""

    def __init__(self) -> None:
        self._own = SandboxedEnvironment(
            loader=FileSystemLoader(FOLDER),
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )
        # Not escaped here: that is done where its words are laid out as HTML.
        self._theirs = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            finalize=_marked,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._theirs.filters = {"default": _default}
        self._compiled = lru_cache(_KEPT_TEMPLATES)(self._compile)

    def page(self, name: str, told: Mapping[str, object]) -> str:
        """One of this folder's pages."""
        return self._own.get_template(name).render(told)

    def words(self, creative: Creative, sender: Sender, occasion: Occasion) -> Words:
        """The words for the creative's way out.

        :raises Unwritable: if a template asks for what it may not, or shows what is not known.
        """
        told = values(sender, occasion) | {"survey_links": survey_links(creative, occasion)}
        subject = " ".join(layout.plain(self._filled(creative.subject, told), str).split())
        body = layout.tidy(self._filled(_with_survey(creative, told), told))
        if len(subject) > _MOST_OF_A_SUBJECT:
            raise Unwritable("too_long")
        match creative.way:
            case "mail":
                return self._mail(subject, body, sender, occasion)
            case "line" | "webhook":
                return Words(subject, layout.plain(body, occasion.follow), "")
            case _:
                link = _target(creative, body, sender, occasion)
                return Words(subject, layout.plain(body, str), "", link)

    def _mail(self, subject: str, body: str, sender: Sender, occasion: Occasion) -> Words:
        """The footer is always there: the law wants it, not the marketer."""
        told: dict[str, object] = {
            "subject": subject,
            "shop_name": sender.shop_name,
            "sender_name": sender.name,
            "postal_address": sender.postal_address,
            "contact": sender.contact,
            "marketing": occasion.purpose == "marketing",
            "unsubscribe_url": occasion.unsubscribe_url,
        }
        text = layout.plain(body, occasion.follow)
        html = layout.html(body, occasion.follow)
        return Words(
            subject=subject,
            text=self.page("mail.txt", {**told, "body": text}),
            html=self.page("mail.html", {**told, "body": Markup(html)}),  # noqa: S704 - layout has escaped it
        )

    def _filled(self, template: str, told: Mapping[str, Value]) -> str:
        try:
            return self._compiled(template).render(told)
        except (TemplateError, TypeError, RecursionError) as error:
            raise Unwritable("not_a_template") from error

    def _compile(self, template: str) -> Template:
        """A template that is not ours is never compiled, let alone run."""
        fault = fault_in(template)
        if fault is not None:
            raise Unwritable(fault)
        return self._theirs.from_string(template)


def _with_survey(creative: Creative, told: Mapping[str, Value]) -> str:
    """The answers stand after the words, unless they say where."""
    needed = creative.way == "mail" and told["survey_links"] and "survey_links" not in asked_in(creative.body)
    return creative.body + ("\n\n{{ survey_links }}" if needed else "")


def _target(creative: Creative, body: str, sender: Sender, occasion: Occasion) -> str | None:
    """What a postcard's QR code says: its survey, the first link of the words, or the customers' own page."""
    if creative.survey is not None and occasion.links is not None:
        return occasion.links.survey(creative.survey)
    found = layout.links_in(body)
    url = found[0] if found else sender.account_url
    return occasion.follow(url) if url else None


def _marked(value: object) -> str:
    """What a placeholder becomes in the words.

    :raises Unwritable: if nothing is known: a message with a gap is worse than none.
    """
    if value is None or value == "":
        raise Unwritable("missing_value")
    if isinstance(value, Address):
        return str(value)
    printable = "".join(char for char in str(value) if char.isprintable() or char == "\u3000")
    return f"{layout.OPEN}{printable[:_MOST_OF_A_VALUE]}{layout.CLOSE}"


def _default(value: object, otherwise: str = "") -> object:
    return value if value is not None else otherwise
