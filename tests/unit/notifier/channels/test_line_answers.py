"""What LINE's answers to a push mean, as a table."""

import json

import pytest

from services.notifier.channels.base import Deferred, Outcome, Refused, Sent, Unknown
from services.notifier.channels.line import Answer, outcome_of

MONTH = {"message": "You have reached your monthly limit."}
RATE = {"message": "The API rate limit has been exceeded. Try again later."}


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome"),
    [
        (200, {"x-line-request-id": "r1"}, {"sentMessages": []}, Sent("r1")),
        (200, {}, {}, Sent(None)),
        (409, {"x-line-request-id": "r2", "x-line-accepted-request-id": "r1"}, {}, Sent("r1")),
        (409, {"x-line-request-id": "r2"}, {}, Unknown("line_409")),
        (400, {}, {"message": "The request body has 1 error(s)"}, Refused("line_400")),
        (404, {}, {"message": "Not found"}, Refused("line_404")),
        (413, {}, {}, Refused("line_413")),
        (401, {}, {}, Deferred("line_401")),
        (403, {}, {}, Deferred("line_403")),
        (302, {"location": "https://elsewhere.example"}, {}, Deferred("line_302")),
        (429, {}, RATE, Deferred("rate_limit", 60.0)),
        (429, {"retry-after": "7"}, RATE, Deferred("rate_limit", 7.0)),
        (429, {"retry-after": "soon"}, {}, Deferred("rate_limit", 60.0)),
        (429, {}, MONTH, Deferred("quota", 21_600.0)),
        (500, {}, {}, Unknown("line_500")),
        (503, {}, {}, Unknown("line_503")),
        (202, {}, {}, Unknown("line_202")),
    ],
)
def test_what_an_answer_means(
    status: int, headers: dict[str, str], body: dict[str, object], outcome: Outcome
) -> None:
    assert outcome_of(Answer(status, headers, json.dumps(body).encode())) == outcome


def test_an_id_that_is_very_long_is_cut() -> None:
    outcome = outcome_of(Answer(200, {"x-line-request-id": "r" * 999}, b""))
    assert outcome == Sent("r" * 200)
