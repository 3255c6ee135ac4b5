"""Layout: written words in paragraphs, as the plain text and the HTML of a mail.

What stands in for a placeholder comes between two marks, so that a customer's name is never taken for a link,
a list or a button.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from markupsafe import Markup, escape

OPEN, CLOSE = "\ue000", "\ue001"
_MARKS = re.compile(f"[{OPEN}{CLOSE}]")
_GIVEN = re.compile(f"({OPEN}[^{CLOSE}]*{CLOSE})")
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]*[A-Za-z0-9/=#&_-]")
_LABEL = f"(?:{OPEN}[^{CLOSE}]*{CLOSE}|[^:：{OPEN}])"
_BUTTON = re.compile(rf"(?P<label>{_LABEL}{{1,40}})[:：] ?(?P<url>{_URL.pattern})")
_BULLET = re.compile("・|- ")
_GAP = re.compile(r"\n{3,}")

_BUTTON_HTML = Markup(
    '<a class="go" href="{}" style="display:inline-block;margin:0 6px 10px 0;background:#2f6b4f;color:#fff;'
    'text-decoration:none;border-radius:6px;padding:10px 22px">{}</a>'
)
_ROW_HTML = Markup('<p style="margin:0 0 1.2em">{}</p>')
_LINK_HTML = Markup('<a class="link" href="{}" style="color:#2f6b4f">{}</a>')

_ITEM_HTML = Markup("<li>{}</li>")
_LIST_HTML = Markup('<ul style="margin:0 0 1.2em;padding-left:1.4em">{}</ul>')
_WORDS_HTML = Markup('<p style="margin:0 0 1.2em">{}</p>')

Follow = Callable[[str], str]


def tidy(text: str) -> str:
    """Without blank lines where a condition left nothing."""
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return _GAP.sub("\n\n", lines).strip("\n")


def plain(text: str, follow: Follow) -> str:
    """The words without marks, every link through `follow`."""
    return "".join(
        _MARKS.sub("", part) if _is_given(part) else _URL.sub(lambda found: follow(found[0]), part)
        for part in _GIVEN.split(text)
    )


def links_in(text: str) -> list[str]:
    """The addresses that the words themselves name."""
    return [url for part in _GIVEN.split(text) if not _is_given(part) for url in _URL.findall(part)]


def html(text: str, follow: Follow) -> Markup:
    """The words as HTML: paragraphs, lines with ・ as lists, and `label: URL` on a line as a button."""
    return Markup("").join(
        piece for paragraph in text.split("\n\n") if paragraph for piece in _blocks(paragraph, follow)
    )


def _blocks(paragraph: str, follow: Follow) -> Iterator[Markup]:
    for kind, lines in groupby(paragraph.split("\n"), _kind):
        match kind:
            case "list":
                items = (_ITEM_HTML.format(_inline(_BULLET.sub("", line, 1), follow)) for line in lines)
                yield _LIST_HTML.format(Markup("").join(items))
            case "button":
                yield _ROW_HTML.format(Markup(" ").join(_button(line, follow) for line in lines))
            case _:
                yield _WORDS_HTML.format(Markup("<br>").join(_inline(line, follow) for line in lines))


def _kind(line: str) -> str:
    if _BULLET.match(line):
        return "list"
    return "button" if _BUTTON.fullmatch(line) else "words"


def _button(line: str, follow: Follow) -> Markup:
    label, url = _BUTTON.fullmatch(line).group("label", "url")  # type: ignore[union-attr]
    return _BUTTON_HTML.format(follow(url), _MARKS.sub("", label).strip())


def _inline(line: str, follow: Follow) -> Markup:
    return Markup("").join(
        escape(_MARKS.sub("", part)) if _is_given(part) else _linked(part, follow)
        for part in _GIVEN.split(line)
    )


def _linked(part: str, follow: Follow) -> Markup:
    made, at = Markup(""), 0
    for found in _URL.finditer(part):
        made += escape(part[at : found.start()]) + _LINK_HTML.format(follow(found[0]), found[0])
        at = found.end()
    return made + escape(part[at:])


def _is_given(part: str) -> bool:
    return part.startswith(OPEN)
