"""Normal forms: how mail, phone, name and household read when two spellings of one are the same text.

What says nothing about who somebody is (a filler phone number, a role mailbox) has no normal form: None.
"""

import re
import unicodedata

from shared.events.customer import ContactChanged

_GMAIL = ("gmail.com", "googlemail.com")
# Mailboxes of a role or of the shop itself, and what is typed where an address is demanded.
_NOBODY = re.compile(
    r"info|support|admin|administrator|noreply|donotreply|sales|contact|office|help|helpdesk|inquiry|toiawase"
    r"|webmaster|postmaster|mailerdaemon|hostmaster|root|staff|shop|store|orders?|ec|online|customer|service"
    r"|tencho|eigyo|soumu|keiri|jimu|test|dummy|sample|none|null|nomail|noemail|noaddress|nashi|unknown|aaa|xxx"
)
# Not example.com, though nobody lives there: simulated customers do, for no mail can ever reach them.
_NOWHERE = re.compile(
    r"(^|\.)(invalid|test|local|localhost)$|^(dummy|none|nomail|noemail|no-mail|test|sample)\."
)
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")

_FREE_OF_CHARGE = ("0120", "0800", "0570", "0990")
_COUNTING = ("12345678", "123456789", "23456789", "87654321")

_NAMELESS = frozenset(
    ("テスト", "test", "ダミー", "dummy", "ナシ", "無シ", "不明", "名無シ", "ゲスト", "guest")
)
_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_VARIANTS = str.maketrans({"髙": "高", "﨑": "崎", "ヶ": "ケ", "ヵ": "カ"})

_KANJI_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")}
_COUNTED = re.compile(r"([〇一二三四五六七八九十百]+)(?=丁目|番|号)")
_BLOCK_WORDS = re.compile(r"丁目|番地の?|番|号(?!室)|(?<=\d)の(?=\d)")
_DASHES = re.compile(r"(?<=\d)[‐‑‒–—―−ーｰ~〜](?=\d)")
_SPARE_HYPHENS = re.compile(r"-+(?=-|$|\D)")


def mail(text: str | None) -> str | None:
    """Gmail reads `h.ana+shop@` and `hana@` as one mailbox; others may not, and are left as they are."""
    address = _plain(text).replace(" ", "")
    if not _ADDRESS.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    if domain in _GMAIL:
        local, domain = local.split("+")[0].replace(".", ""), "gmail.com"
    bare = re.sub(r"[-_.]|\+.*", "", local)
    return None if not bare or _NOBODY.fullmatch(bare) or _NOWHERE.search(domain) else f"{local}@{domain}"


def phone(text: str | None) -> str | None:
    """A Japanese number of ten or eleven digits, beginning with 0."""
    written = _plain(text)
    digits = "".join(re.findall(r"\d", written))
    # Numbers at home begin with 0, so one that begins with 81 came from abroad, whatever became of its plus.
    abroad = re.fullmatch(r"(?:00)?81(0?\d{9,10})", digits)
    number = "0" + abroad[1].removeprefix("0") if abroad else digits
    if written.startswith("+") and not abroad:
        return None
    if not re.fullmatch(r"0[1-9]0\d{8}|(?!0[5-9]0)0[1-9]\d{8}", number) or number.startswith(_FREE_OF_CHARGE):
        return None
    own = number[3:] if len(number) == 11 else number[2:]
    return None if len(set(own)) == 1 or own in _COUNTING else number


def line(text: str | None) -> str | None:
    """A LINE user id is exact: it is taken as it stands."""
    return (text or "").strip() or None


def name(text: str | None) -> str | None:
    """Kana in full-width katakana, without spaces; a single character is nobody's name."""
    found = re.sub(r"[\s・=]", "", _plain(text)).translate(_TO_KATAKANA).translate(_VARIANTS)
    return None if len(found) < 2 or found in _NAMELESS else found


def household(contact: ContactChanged) -> str | None:
    """The name and where it lives; an address without a number is a whole quarter, and says nothing."""
    who = name(contact.kana or contact.name)
    postcode = "".join(re.findall(r"\d", _plain(contact.postcode)))
    where = street(contact.address, contact.prefecture)
    if who is None or len(postcode) != 7 or where is None:
        return None
    return f"{who}\x1f{postcode}\x1f{where}"


def street(address: str | None, prefecture: str | None = None) -> str | None:
    """「三丁目2番1号」 and 「３－２－１」 read alike: digits with hyphens; the prefecture is left out."""
    text = re.sub(r"\s", "", _plain(address)).removeprefix(_plain(prefecture))
    text = _COUNTED.sub(lambda found: str(_number(found[1])), text.translate(_VARIANTS))
    text = _DASHES.sub("-", _BLOCK_WORDS.sub("-", text)).replace("号室", "")
    text = _SPARE_HYPHENS.sub("", text).translate(_TO_KATAKANA)
    return text if re.search(r"\d", text) else None


def _plain(text: str | None) -> str:
    return unicodedata.normalize("NFKC", text or "").strip().casefold()


def _number(kanji: str) -> int:
    """「二十三」 is 23, and so is 「二三」."""
    total = digit = 0
    for sign in kanji:
        if sign in "十百":
            total, digit = total + max(digit, 1) * (10 if sign == "十" else 100), 0
        else:
            digit = digit * 10 + _KANJI_DIGITS[sign]
    return total + digit
