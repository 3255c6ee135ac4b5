"""A message as LINE's Messaging API wants it: texts, buttons for its links, quick replies for its answers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from services.notifier.channels.base import Message
from services.notifier.scenarios.scenario import Reply

MOST_OBJECTS = 5
MOST_TEXT_UNITS = 5000
MOST_REPLIES = 13
MOST_LABEL = 20
MOST_DATA = 300
MOST_BUTTONS = 4
MOST_URL = 1000

_BUTTON = re.compile(
    rf"(?:(?P<label>[^:：]{{1,{MOST_LABEL}}})[:：] ?)?(?P<url>https?://[!-~]{{1,{MOST_URL - 8}}})"
)
_NAMELESS = "くわしく見る"
_ABOVE_BUTTONS = "ご確認・お手続きはこちらから。"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pressed quick reply says: which message it answers, and how."""

    action: str
    survey: str
    code: str


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


def request_of(message: Message) -> dict[str, Any]:
    """The body of the push; the same message always gives the same."""
    text, links = without_links(message.text)
    objects: list[dict[str, Any]] = [{"type": "text", "text": piece} for piece in pieces(text)]
    if links:
        objects.append(_buttons(links))
    if objects and message.creative is not None and message.creative.replies:
        survey = message.creative.survey or message.creative.key
        objects[-1]["quickReply"] = _quick_replies(message.action, survey, message.creative.replies)
    return {"to": message.address, "messages": objects}


def without_links(text: str) -> tuple[str, list[Link]]:
    """A line that is nothing but a link, or `label: link`, becomes a button.

    A link alone is called as the line before it says, if that is short and no sentence.
    """
    lines: list[str] = []
    links: list[Link] = []
    for line in text.splitlines():
        found = _BUTTON.fullmatch(line.strip())
        if found is not None and len(links) < MOST_BUTTONS:
            links.append(Link((found["label"] or _taken(lines)).strip() or _NAMELESS, found["url"]))
        else:
            lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), links


def _taken(lines: list[str]) -> str:
    """The last line as a label, which then is no text any more; empty if it is none."""
    last = lines[-1].strip() if lines else ""
    if not last or last.endswith("。") or _fitting(last, MOST_LABEL) < len(last):
        return ""
    return lines.pop().strip().rstrip(":：")


def pieces(text: str) -> Iterator[str]:
    """The text in parts that LINE takes, between paragraphs or lines where that is possible."""
    while text:
        head = text[: _fitting(text, MOST_TEXT_UNITS)]
        if len(head) < len(text):
            breaks = (head.rfind("\n\n"), head.rfind("\n"))
            head = head[: next((at for at in breaks if at > 0), len(head))]
        yield head
        text = text[len(head) :].lstrip("\n")


def _fitting(text: str, most: int) -> int:
    """How many characters of it are not too many, as LINE counts: in UTF-16 code units."""
    units = 0
    for place, char in enumerate(text):
        units += 2 if ord(char) > 0xFFFF else 1
        if units > most:
            return place
    return len(text)


def _buttons(links: Sequence[Link]) -> dict[str, Any]:
    """`altText` is what a notification shows of it."""
    actions = [{"type": "uri", "label": link.label, "uri": link.url} for link in links]
    template = {"type": "buttons", "text": _ABOVE_BUTTONS, "actions": actions}
    return {"type": "template", "altText": links[0].label, "template": template}


def _quick_replies(action: str, survey: str, replies: Sequence[Reply]) -> dict[str, Any]:
    answers = [(reply, Answer(action, survey, reply.answer)) for reply in replies[:MOST_REPLIES]]
    return {"items": [{"type": "action", "action": _press(reply.label, answer)} for reply, answer in answers]}


def _press(label: str, answer: Answer) -> dict[str, str]:
    said = label[: _fitting(label, MOST_LABEL)]
    return {"type": "postback", "label": said, "data": data_of(answer), "displayText": said}


def data_of(answer: Answer) -> str:
    """What LINE gives back, as it stands, when the reply is pressed; only LINE and we ever see it."""
    return urlencode({"hikitome": answer.action, "survey": answer.survey, "answer": answer.code})


def read_data(data: str) -> Answer | None:
    """None if it is not ours: the shop may have buttons of its own."""
    try:
        said = parse_qs(data, strict_parsing=True, max_num_fields=3, errors="strict")
        action, survey, code = (said[name][0] for name in ("hikitome", "survey", "answer"))
        return Answer(str(UUID(action)), survey, code)
    except (ValueError, KeyError):
        return None


def unfit(request: dict[str, Any]) -> str | None:
    """Why LINE would refuse it, found without asking: it wants no ids that nobody has."""
    if not re.fullmatch(r"U[0-9a-f]{32}", request["to"]):
        return "bad_address"
    if not request["messages"]:
        return "empty"
    if len(request["messages"]) > MOST_OBJECTS:
        return "too_long"
    replies = [
        item["action"] for one in request["messages"] for item in one.get("quickReply", {}).get("items", ())
    ]
    return "too_long" if any(len(action["data"]) > MOST_DATA for action in replies) else None
