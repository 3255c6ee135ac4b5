"""What LINE finds wrong with the body of a push, in its own words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_USER = re.compile(r"U[0-9a-f]{32}")
_LINK = re.compile(r"(https?|line|tel):")


def problems(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """As `details` of a 400."""
    return [{"property": where, "message": what} for where, what in _problems(body)]


def units(text: str) -> int:
    """LINE counts UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _problems(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not _USER.fullmatch(str(body.get("to", ""))):
        yield "to", "The property, 'to', in the request body is invalid"
    messages = body.get("messages")
    if not isinstance(messages, list) or not 1 <= len(messages) <= 5:
        yield "messages", "Size must be between 1 and 5"
        return
    for place, message in enumerate(messages):
        yield from _of_message(f"messages[{place}]", message)


def _of_message(where: str, message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    match message.get("type"):
        case "text":
            yield from _length(f"{where}.text", message.get("text"), 5000)
        case "template":
            yield from _length(f"{where}.altText", message.get("altText"), 400)
            yield from _of_buttons(f"{where}.template", message.get("template") or {})
        case _:
            yield f"{where}.type", "Must be one of the following values: [text, template]"
    items = (message.get("quickReply") or {}).get("items", [])
    if len(items) > 13:
        yield f"{where}.quickReply.items", "Size must be between 1 and 13"
    for place, item in enumerate(items):
        yield from _of_action(f"{where}.quickReply.items[{place}].action", item.get("action") or {})


def _of_buttons(where: str, template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _length(f"{where}.text", template.get("text"), 160)
    actions = template.get("actions", [])
    if template.get("type") != "buttons" or not 1 <= len(actions) <= 4:
        yield f"{where}.actions", "Size must be between 1 and 4"
    for place, action in enumerate(actions):
        yield from _of_action(f"{where}.actions[{place}]", action)


def _of_action(where: str, action: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _length(f"{where}.label", action.get("label"), 20)
    match action.get("type"):
        case "postback":
            yield from _length(f"{where}.data", action.get("data"), 300)
        case "uri":
            yield from _length(f"{where}.uri", action.get("uri"), 1000)
            if not _LINK.match(str(action.get("uri"))):
                yield f"{where}.uri", "invalid uri scheme"
        case _:
            yield f"{where}.type", "Must be one of the following values: [postback, uri]"


def _length(where: str, text: object, most: int) -> Iterator[tuple[str, str]]:
    if not isinstance(text, str) or not text.strip():
        yield where, "May not be empty"
    elif units(text) > most:
        yield where, f"Length must be between 1 and {most}"
