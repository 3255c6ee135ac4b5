"""A scenario (シナリオ) as data: whom it is for, its steps, who is left alone, and what ends it."""

from datetime import time
from typing import Literal

import msgspec

from services.notifier.scenarios.segment import Segment
from services.notifier.scenarios.trigger import Trigger
from shared.events.action import Way

End = Literal[
    "episode_over", "cancelled", "erased", "do_not_contact", "ordered", "answered", "recovered", "outranked"
]
# Whatever a scenario says, these end it.
ALWAYS: frozenset[End] = frozenset({"erased", "do_not_contact"})
Did = Literal["sent", "opened", "clicked", "ordered", "answered"]


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a step is due: so long after the enrolment, or so long before the next shipment or its cut-off.

    `at` is the time of the shop's day at which it is due then; without one, the time of the enrolment.
    `working_day` moves it to the next day that is neither a weekend nor a public holiday.
    """

    days: int = 0
    hours: int = 0
    at: time | None = None
    before: Literal["due", "cutoff"] | None = None
    working_day: bool = False


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A branch: only if this happened since `step` went out is the step taken; `yes` false: only if not."""

    step: str
    did: Did
    yes: bool = True


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quick reply of a LINE message: what the button says, and the code that is recorded as the answer."""

    label: str
    answer: str


class Creative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a step for one way out (クリエイティブ); of several for one way `share` draws one (A/B).

    `body` is plain text with blank lines between paragraphs; placeholders as in templates/placeholders.py.
    `subject` is a mail's subject, a postcard's or letter's heading. `form` is of postal DM. `item` is what
    the warehouse puts into the parcel (同梱), `endpoint` the outgoing webhook's id. `survey` names
    the survey that `replies` answer.
    """

    key: str
    way: Way
    body: str
    subject: str = ""
    share: int = 1
    form: Literal["postcard", "letter"] = "postcard"
    replies: tuple[Reply, ...] = ()
    survey: str | None = None
    item: str | None = None
    endpoint: str | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message (ステップ); `ways` in order of preference: the first that reaches the customer is used.

    It is pointless once `useful_for_days` have passed since it was due, or what it is `before` is over.
    """

    key: str
    ways: tuple[Way, ...]
    creatives: tuple[Creative, ...]
    delay: Delay = Delay()
    only_if: tuple[Condition, ...] = ()
    useful_for_days: int = 14


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`holdout_percent` of the customers (比較群) get nothing; `salt` draws them apart from others'.

    `purpose` service is for messages about an order or a payment, which need no consent to advertising.
    A customer is in one scenario of a `group` at a time, that of the highest `priority`; `again_after_days`
    None means once for ever, 0 at every occasion. More than `most_per_hour` messages are abnormal: it stops.
    """

    key: str
    title: str
    trigger: Trigger
    steps: tuple[Step, ...]
    salt: str
    about: str = ""
    segment: Segment = Segment()
    purpose: Literal["marketing", "service"] = "marketing"
    holdout_percent: float = 5.0
    ends: frozenset[End] = frozenset({"episode_over", "cancelled"})
    group: str = "retention"
    priority: int = 50
    again_after_days: int | None = 0
    most_per_hour: int = 500
    version: int = 0

    def find_step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)
