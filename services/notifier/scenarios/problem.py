"""A problem of a scenario: where it is, and a code that the pages put into words."""

import re
from typing import Literal

import msgspec

Code = Literal[
    "bad_key",
    "empty",
    "control_character",
    "out_of_range",
    "duplicate",
    "no_steps",
    "too_many_steps",
    "no_ways",
    "way_is_phone",
    "way_without_creative",
    "creative_without_way",
    "share_not_positive",
    "empty_words",
    "subject_missing",
    "subject_too_long",
    "too_long",
    "line_too_long",
    "postcard_too_long",
    "letter_too_long",
    "not_a_template",
    "forbidden",
    "unknown_placeholder",
    "replies_too_many",
    "label_too_long",
    "survey_without_replies",
    "replies_without_survey",
    "item_missing",
    "endpoint_missing",
    "condition_unknown_step",
    "condition_later_step",
    "condition_never",
    "before_without_contract",
    "time_with_zone",
    "trigger_never",
    "range_empty",
    "no_way_to_refuse",
    "service_without_order",
    "unsubscribe_in_service",
]
"""The page's words for one are `scenario_problem_<code>`."""

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Problem(msgspec.Struct, frozen=True):
    """`path` names attributes and places with dots, as in `steps.0.creatives.1.body`; `detail` says more."""

    path: str
    code: Code
    detail: str = ""
