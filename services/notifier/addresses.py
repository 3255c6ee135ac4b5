"""Addresses in their normal form, and the keyed hashes by which the never-contact list knows them."""

import hmac
import re
import unicodedata

from shared.events.customer import Channel, ContactChanged

CHANNELS: tuple[Channel, ...] = ("mail", "line", "postal_dm", "phone")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_KANJI = {digit: value for value, digit in enumerate("〇一二三四五六七八九")}
_COUNTED = re.compile(r"[〇一二三四五六七八九十]+(?=丁目|番|号)")


def normal(channel: Channel, written: str | None) -> str | None:
    """None for what is no address of this channel. A postal address begins with its postcode."""
    text = unicodedata.normalize("NFKC", written or "").strip()
    match channel:
        case "mail":
            return _mail(text)
        case "phone":
            return _phone(text)
        case "line":
            return text or None
        case "postal_dm":
            return _postal(text)


def hashed(key: bytes, channel: Channel, form: str) -> str:
    """HMAC-SHA256 in hex; the channel is part of it, so that no two channels ever meet."""
    return hmac.digest(key, f"never\x1f{channel}\x1f{form}".encode(), "sha256").hex()


def hashes(key: bytes, contact: ContactChanged) -> dict[Channel, str]:
    """Of every address that this contact has."""
    written: dict[Channel, str | None] = {
        "mail": contact.mail,
        "line": contact.line,
        "phone": contact.phone,
        "postal_dm": f"{contact.postcode or ''} {contact.address or ''}" if contact.address else None,
    }
    forms = {channel: normal(channel, text) for channel, text in written.items()}
    return {channel: hashed(key, channel, form) for channel, form in forms.items() if form is not None}


def _mail(text: str) -> str | None:
    """Case aside it is taken as it stands: whose mailbox ignores dots only its provider knows."""
    address = text.replace(" ", "").casefold()
    return address if _MAIL.fullmatch(address) else None


def _phone(text: str) -> str | None:
    """As it is dialled within Japan; a number abroad keeps its plus."""
    digits = "".join(re.findall(r"\d", text))
    abroad = re.fullmatch(r"(?:00)?81(0?\d{9,10})", digits)
    if abroad:
        return "0" + abroad[1].removeprefix("0")
    if text.startswith("+"):
        return f"+{digits}" if len(digits) >= 8 else None
    return digits if re.fullmatch(r"0\d{9,10}", digits) else None


def _postal(text: str) -> str | None:
    """The postcode and the numbers of house and room: they say where it is, however the rest is written."""
    found = re.match(r"〒?\s*(\d{3})\D?(\d{4})(?!\d)", text)
    if found is None:
        return None
    where = _COUNTED.sub(lambda kanji: str(_number(kanji[0])), text[found.end() :])
    numbers = re.findall(r"\d+", where)
    rest = "-".join(str(int(number)) for number in numbers) or re.sub(r"\s", "", where)
    return f"{found[1]}{found[2]} {rest}" if rest else None


def _number(kanji: str) -> int:
    """「二十三」 is 23, and so is 「二三」."""
    total = digit = 0
    for sign in kanji:
        if sign == "十":
            total, digit = total + max(digit, 1) * 10, 0
        else:
            digit = digit * 10 + _KANJI[sign]
    return total + digit
