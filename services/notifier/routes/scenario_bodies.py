"""What the pages of the scenarios send, and how a scenario is read out of it."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.routes.alerts import json_response
from services.notifier.scenarios.scenario import Scenario

MOST_DAYS = 90
# A scenario with all its words, or a file of many.
MOST_BODY_BYTES = 1024 * 1024
_PLACE = re.compile(r"^(?P<why>.*?)(?: - at `(?:key in )?(?P<where>[^`]*)`)?$", re.DOTALL)

Key = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
Short = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class Draft(BaseModel):
    """A scenario as it is typed; whether it is one is found out when it is read."""

    model_config = ConfigDict(extra="forbid")

    scenario: dict[str, Any]


class Saved(Draft):
    """To be the version after `base_version`, which is 0 for a new scenario."""

    base_version: int = Field(ge=0)
    note: Short | None = None


class Looked(Draft):
    """Words to be seen as they arrive."""

    step: str = Field(max_length=60)
    creative: str = Field(max_length=60)
    sample: str | None = Field(None, max_length=40)


class Period(BaseModel):
    """So many business days back."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(30, ge=1, le=MOST_DAYS)


class Imported(BaseModel):
    """Scenarios in their file form; `dry` only looks what they would change."""

    model_config = ConfigDict(extra="forbid")

    toml: str = Field(max_length=300_000)
    dry: bool = True


class Unfit(msgspec.Struct, frozen=True):
    """What was typed is no scenario: where, and that it is so."""

    path: str
    code: str = "unfit"
    detail: str = ""


def read(draft: Draft) -> Scenario | Unfit:
    try:
        return msgspec.convert(draft.scenario, Scenario, str_keys=True)
    except msgspec.ValidationError as error:
        found = _PLACE.match(str(error))
        return Unfit((found and found["where"]) or "")


def refused(found: Sequence[msgspec.Struct]) -> Response:
    """Each has a path, a code and perhaps a detail."""
    return json_response({"problems": found}, 422)


def missing() -> Response:
    return json_response({"problem": "missing"}, 404)
