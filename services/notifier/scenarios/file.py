"""The file form of scenarios: TOML that says what the structs say, and leaves out what they default to."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from typing import Any

import msgspec
from msgspec import NODEFAULT, structs

from services.notifier.scenarios.scenario import Scenario

# TOML has no null. Elsewhere a field that is null is left out.
_NEVER = "never"
# What stands under a heading of its own; all else stands in one line.
_TABLES = ("trigger", "segment")
_LISTS = ("steps", "creatives")
_IN_LINE = re.compile(r'["\\\x00-\x1f\x7f]')
# Quotes that might end the text before its end.
_IN_LINES = re.compile(r'""+|"$|[\\\x00-\x09\x0b-\x1f\x7f]')


class Unreadable(ValueError):
    """A file that holds no scenarios: `where` in it, and `why`."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}" if where else why)
        self.where, self.why = where, why


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scenario: tuple[Scenario, ...] = ()


def read(text: str) -> list[Scenario]:
    """The scenarios in their order, of version 0; whether they make sense is for `check` to say.

    :raises Unreadable: naming the first thing that is wrong.
    """
    try:
        found = msgspec.convert(_with_null(tomllib.loads(text)), type=_File).scenario
    except tomllib.TOMLDecodeError as error:
        why, _, where = str(error).rstrip(")").rpartition(" (at ")
        raise Unreadable(where, why) from error
    except msgspec.ValidationError as error:
        why, _, where = str(error).partition(" - at ")
        raise Unreadable(where.strip("`").removeprefix("$."), why) from error
    except RecursionError as error:
        raise Unreadable("", "nested too deeply") from error
    keys = [one.key for one in found]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise Unreadable("scenario", f"{', '.join(twice)} is there twice")
    return [structs.replace(one, version=0) for one in found]


def write(scenarios: Iterable[Scenario]) -> str:
    """What `read` gives back, but for the versions."""
    return "\n".join("\n".join(_section("[[scenario]]", "scenario", _told(one))) + "\n" for one in scenarios)


def _with_null(file: dict[str, Any]) -> dict[str, Any]:
    told = file.get("scenario")
    for one in told if isinstance(told, list) else ():
        if isinstance(one, dict) and one.get("again_after_days") == _NEVER:
            one["again_after_days"] = None
    return file


def _told(scenario: Scenario) -> dict[str, Any]:
    told: dict[str, Any] = _plain(structs.replace(scenario, version=0))
    if scenario.again_after_days is None:
        told["again_after_days"] = _NEVER
    return told


def _plain(value: Any) -> Any:
    """Structs as tables without what is default, sets in order."""
    match value:
        case msgspec.Struct():
            config = value.__struct_config__
            tag = {str(config.tag_field): config.tag} if config.tag is not None else {}
            named = ((field, getattr(value, field.name)) for field in structs.fields(value))
            kept = {field.name: _plain(held) for field, held in named if not _is_default(field, held)}
            return tag | kept
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(one) for one in value]
        case _:
            return value


def _is_default(field: structs.FieldInfo, held: Any) -> bool:
    return held is None or (field.default is not NODEFAULT and bool(held == field.default))


def _section(heading: str, path: str, table: Mapping[str, Any]) -> Iterator[str]:
    """A table under its heading, then those within it."""
    yield heading
    apart = {name for name, value in table.items() if name in _TABLES or (name in _LISTS and value)}
    yield from (f"{name} = {_value(value)}" for name, value in table.items() if name not in apart)
    for name in (*_TABLES, *_LISTS):
        if name in _TABLES and name in apart:
            yield ""
            yield from _section(f"[{path}.{name}]", f"{path}.{name}", table[name])
        for one in table[name] if name in _LISTS and name in apart else ():
            yield ""
            yield from _section(f"[[{path}.{name}]]", f"{path}.{name}", one)


def _value(value: Any) -> str:
    match value:
        case str():
            return _lines(value) if "\n" in value else _string(value)
        case list() if value and isinstance(value[0], dict):
            return "[\n" + "".join(f"    {_inline(one)},\n" for one in value) + "]"
        case _:
            return _inline(value)


def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case time():
            return value.isoformat()
        case Mapping():
            return "{ " + ", ".join(f"{name} = {_inline(held)}" for name, held in value.items()) + " }"
        case Sequence():
            return f"[{', '.join(map(_inline, value))}]"
        case _:
            return repr(value)


def _string(text: str) -> str:
    return f'"{_escaped(text, _IN_LINE)}"'


def _lines(text: str) -> str:
    """Over several lines, as it will be read; the first line break is not part of it."""
    return f'"""\n{_escaped(text, _IN_LINES)}"""'


def _escaped(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda found: "".join(map(_escape, found.group())), text)


def _escape(character: str) -> str:
    return f"\\{character}" if character in '"\\' else f"\\u{ord(character):04x}"
