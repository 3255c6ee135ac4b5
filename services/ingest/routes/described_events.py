"""What the OpenAPI description says of POST /v1/events."""

from typing import Any

from services.ingest.bulk import LONGEST_LINE, MOST_ERRORS, MOST_LINES
from services.ingest.carts.items import short_type, tellable
from services.ingest.routes.body import Limits
from services.ingest.routes.described import comes_again, refusals

SECURITY_SCHEMES: dict[str, Any] = {
    "events": {"type": "http", "scheme": "bearer", "description": "A key of the shop's `[shops.events]`."}
}

_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["type", "time", "data"],
    "properties": {
        "type": {"type": "string", "enum": [short_type(name) for name in tellable()]},
        "time": {"type": "string", "format": "date-time", "description": "With an offset."},
        "data": {"type": "object", "description": "As the type demands; see docs/events-api.md."},
        "customer": {**_NAME, "description": "Whose event it is."},
        "subscription": {**_NAME, "description": "Whose event it is, where the customer is not known."},
        "id": {**_NAME, "description": "The sender's own; with it, a repeated event counts once."},
    },
}
_REPORT: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "rejected", "errors"],
    "properties": {
        "accepted": {"type": "integer", "minimum": 0},
        "rejected": {"type": "integer", "minimum": 0},
        "errors": {
            "type": "array",
            "maxItems": MOST_ERRORS,
            "items": {
                "type": "object",
                "required": ["line", "reason"],
                "properties": {
                    "line": {"type": "integer", "minimum": 1},
                    "reason": {"type": "string"},
                },
            },
        },
    },
}
_REASON: dict[str, Any] = {
    "type": "object",
    "required": ["reason"],
    "properties": {"reason": {"type": "string"}},
}


def events(limits: Limits) -> dict[str, Any]:
    answers = {
        **refusals(limits),
        "202": _with("At least one line was taken and is durable.", _REPORT),
        "400": _with("Not lines: `empty`, `not_json`, `not_an_array` or `too_many_lines`.", _REASON),
        "401": {"description": "Not a key of any shop."},
        "415": {"description": "Neither NDJSON nor a JSON array, or compressed."},
        "422": _with("Not one line was taken.", _REPORT),
        "429": comes_again("More than this shop may send."),
        "503": comes_again("Perhaps not durable, or too much at once."),
    }
    return {
        "post": {
            "summary": "Take events in bulk",
            "description": f"At most {MOST_LINES} lines of {LONGEST_LINE} bytes, each with its own answer.",
            "operationId": "take_events",
            "security": [{name: []} for name in SECURITY_SCHEMES],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"type": "array", "minItems": 1, "items": _EVENT}},
                    "application/x-ndjson": {"schema": {"type": "string", "minLength": 1}},
                },
            },
            "responses": dict(sorted(answers.items())),
        }
    }


def _with(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
