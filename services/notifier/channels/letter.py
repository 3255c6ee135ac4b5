"""The letter: a message as the bytes of a mail, with what mail programs and the law want in it."""

import re
import unicodedata
from collections.abc import Mapping
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP

from markupsafe import escape

from services.notifier.channels.base import Message
from services.notifier.templates.occasion import Sender

_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
# Control characters, lone surrogates, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,"]')


class Unsendable(Exception):
    """No mail can be made of this message; the reason holds nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def compose(message: Message, sender: Sender) -> bytes:
    """Make the mail.

    :raises Unsendable: if it does not say who sends it, or no header can be made (a line break in a name).
    """
    if not says_who_sends_it(message, sender):
        raise Unsendable("no_sender_identification")
    try:
        letter = _letter(message, sender)
    except (ValueError, MessageError) as error:
        raise Unsendable("bad_header") from error
    return _header_lines(unsubscribe_headers(message)) + letter.as_bytes()


def as_data(letter: bytes) -> bytes:
    """As SMTP's DATA wants it: a line that begins with a dot gets another, and a lone dot is the end."""
    return _LINE_START_DOT.sub(b"..", letter) + b".\r\n"


def mailbox(address: str) -> str:
    """The address as servers want it; Japanese carriers gave out ones like `a..b.@`, valid only in quotes.

    :raises Unsendable: if it is no address.
    """
    local, _, domain = address.rpartition("@")
    if not _ADDRESS.fullmatch(address) or _SPECIALS.search(local):
        raise Unsendable("bad_address")
    return address if all(local.split(".")) else f'"{local}"@{domain}'


def named(name: str, address: str) -> str:
    """The address with the name before it, if there is one.

    :raises Unsendable: if it is no address, or no name can be shown like that.
    """
    if any(unicodedata.category(char) in _UNPRINTABLE for char in name):
        raise Unsendable("bad_header")
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{mailbox(address)}>' if name.strip() else mailbox(address)


def says_who_sends_it(message: Message, sender: Sender) -> bool:
    """Name, postal address and contact, in both parts; in advertising also how to refuse: the law says so."""
    needed = [sender.name, sender.postal_address, sender.contact]
    if message.purpose == "marketing":
        needed.append(message.unsubscribe_url)
    return all(part.strip() and part in message.text and str(escape(part)) in message.html for part in needed)


def _letter(message: Message, sender: Sender) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    letter["From"] = named(sender.name, sender.mail)
    letter["To"] = named(message.name or "", message.address)
    letter["Subject"] = message.subject
    letter["Date"] = message.at
    letter["Message-ID"] = message.key
    letter["X-Hikitome-Action"] = message.action
    letter.set_content(message.text, cte="base64")
    letter.add_alternative(message.html, subtype="html", cte="base64")
    return letter


def unsubscribe_headers(message: Message) -> dict[str, str]:
    """RFC 8058; none in a message of service, which is no advertising.

    :raises Unsendable: if the link would break its header.
    """
    url = message.unsubscribe_url
    if not url:
        return {}
    if not url.isascii() or any(char.isspace() or char in "<>" for char in url):
        raise Unsendable("bad_header")
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _header_lines(headers: Mapping[str, str]) -> bytes:
    """By hand: the standard library breaks a long URL into encoded words, which none can follow."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
