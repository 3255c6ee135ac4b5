"""Links in messages: each names its action and where it leads, and cannot be made by anyone else."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

_MAC = 16
_ACTION = 16
_PAGE, _ANSWER, _SURVEY = b"p", b"a", b"s"
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class ToPage:
    """To a page of the shop."""

    action: str
    url: str


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """To an answer of a survey: `label` is what the button says, `answer` the code that is recorded."""

    action: str
    survey: str
    answer: str
    label: str


@dataclass(frozen=True, slots=True)
class ToSurvey:
    """To all the answers of a survey: what is printed has room for one code only."""

    action: str
    survey: str


Target = ToPage | ToAnswer | ToSurvey


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one message; `base` is our own address as customers reach it."""

    base: str
    secret: bytes
    action: str
    unsubscribe: str

    def to(self, url: str) -> str:
        """As it is, if it is no address of the web."""
        return f"{self.base}/go/{sign(self.secret, ToPage(self.action, url))}" if is_web(url) else url

    def survey(self, survey: str) -> str:
        return f"{self.base}/go/{sign(self.secret, ToSurvey(self.action, survey))}"

    def answer(self, survey: str, answer: str, label: str) -> str:
        return f"{self.base}/go/{sign(self.secret, ToAnswer(self.action, survey, answer, label))}"


def is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def sign(secret: bytes, target: Target) -> str:
    """A token for a URL; it never expires, for mails are kept."""
    content = UUID(target.action).bytes + _content(target)
    return base64.urlsafe_b64encode(_mac(secret, content) + content).rstrip(b"=").decode()


def read(secrets: Sequence[bytes], token: str) -> Target | None:
    """Where it leads, if any of the secrets made this token."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    mac, content = raw[:_MAC], raw[_MAC:]
    if not any([hmac.compare_digest(_mac(secret, content), mac) for secret in secrets]):
        return None
    return _target(str(UUID(bytes=content[:_ACTION])), content[_ACTION:])


def _content(target: Target) -> bytes:
    match target:
        case ToPage(_, url):
            return _PAGE + url.encode()
        case ToAnswer(_, survey, answer, label):
            return _ANSWER + _BETWEEN.join((survey, answer, label)).encode()
        case ToSurvey(_, survey):
            return _SURVEY + survey.encode()


def _target(action: str, content: bytes) -> Target | None:
    kind, told = content[:1], content[1:].decode()
    if kind == _PAGE:
        return ToPage(action, told) if is_web(told) else None
    if kind == _SURVEY:
        return ToSurvey(action, told)
    parts = told.split(_BETWEEN)
    return ToAnswer(action, *parts) if kind == _ANSWER and len(parts) == 3 else None


def _mac(secret: bytes, content: bytes) -> bytes:
    return hmac.new(secret, b"go\x1f" + content, hashlib.sha256).digest()[:_MAC]
