"""What each operation of /api/v1 may answer, in words and with an example, for its description."""

from http import HTTPStatus
from typing import Any, get_args

from services.notifier.offers import check
from services.notifier.routes.api_examples import ALERT, CHANGE

REF = "#/components/schemas/{name}"
Described = dict[int | str, dict[str, Any]]


def _good(model: str, said: str, example: object) -> dict[str, Any]:
    content = {"schema": {"$ref": REF.format(name=model)}, "example": example}
    return {"description": said, "content": {"application/json": content}}


def _problem(status: int, code: str, said: str, **more: object) -> Described:
    title = HTTPStatus(status).phrase
    example = {"type": "about:blank", "title": title, "status": status, "code": code, **more}
    content = {"schema": {"$ref": REF.format(name="Problem")}, "example": example}
    return {status: {"description": said, "content": {"application/problem+json": content}}}


_REFUSED: Described = {
    **_problem(401, "no_token", "No token, or one that is good for nothing."),
    **_problem(403, "missing_scope", "The token lacks the scope for this."),
    **_problem(
        422,
        "invalid",
        "`invalid`, with what is wrong in `fields`.",
        fields=["query.most"],
    ),
    **_problem(429, "too_fast", "`too_fast` or `too_many_streams`; see Retry-After."),
}
_MISSING = _problem(404, "not_found", "There is no such alert.")
_LATE = _problem(
    409,
    "taken",
    "`taken` (another agent has it), `not_yours`, `too_early` or `over`; with the alert as it is now.",
    alert=ALERT,
)
_UNREADABLE = _problem(400, "unreadable", "The body is no JSON.")
_UNFIT = _problem(
    422,
    "needs_reason",
    "`invalid`, with what is wrong in `fields`; `unknown_agent`; or why a result does not hold together: "
    + ", ".join(f"`{code}`" for code in get_args(check.Problem)),
)
_TOO_LARGE = _problem(413, "too_large", "The body is over 64 KiB; in plain text if Content-Length says so.")
_STREAM: Described = {
    200: {
        "description": "Frames `alert` (`id` is the change's number, `data` a Change), `reset`, `ping`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


PAGE: Described = {
    200: _good("Page", "A page.", {"seq": 41, "alerts": [ALERT], "next": None}),
    **_REFUSED,
}
ONE: Described = {200: _good("One", "The alert.", {"alert": ALERT}), **_MISSING, **_REFUSED}
CHANGES: Described = {
    200: _good("Changes", "The changes.", {"last": 41, "next": 41, "changes": [CHANGE]}),
    **_REFUSED,
}
STREAM: Described = {**_STREAM, **_REFUSED}
WORK: Described = {
    200: _good("One", "Done; the alert as it is now.", {"alert": ALERT}),
    **_MISSING,
    **_LATE,
    **_UNREADABLE,
    **_TOO_LARGE,
    **_REFUSED,
    **_UNFIT,
}
DOCUMENT: Described = {
    200: {
        "description": "This description.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    **{status: _REFUSED[status] for status in (401, 429)},
}
