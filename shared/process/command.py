"""The command line of a service: `--help` documents every setting, a wrong one is told in words."""

from typing import TypeVar

import click
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from shared.process.settings import CommonSettings

Settings = TypeVar("Settings", bound=CommonSettings)


def documented(kind: type[CommonSettings]) -> str:
    """Every setting with its meaning and default, for `--help`."""
    lines = []
    for name, field in kind.model_fields.items():
        lines += [
            f"  HIKITOME_{name.upper()}",
            f"      {field.description} Default: {_default(field.default)}.",
        ]
    return "\b\nSettings (environment variables):\n" + "\n".join(lines)


def _default(value: object) -> str:
    if value is None:
        return "not set"
    if value is PydanticUndefined:
        return "see above"
    return "a documented placeholder" if isinstance(value, SecretStr) else str(value)


def read_settings(kind: type[Settings]) -> Settings:
    """Read the environment once.

    :raises click.ClickException: naming every variable that is wrong, never its value.
    """
    try:
        return kind()
    except ValidationError as error:
        problems = (f"{_variable(problem['loc'])}: {problem['msg']}" for problem in error.errors())
        raise click.ClickException("\n".join(problems)) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return f"HIKITOME_{str(location[0]).upper()}" if location else "the settings together"
