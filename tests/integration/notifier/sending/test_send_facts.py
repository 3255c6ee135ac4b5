"""What is known of a customer, from every table, is what the decision is made of."""

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from services.notifier import enrol
from services.notifier.scenarios.scenario import Condition, Creative, Delay, Step
from services.notifier.store import happenings
from shared.events.catalogue import Event
from shared.events.commerce import OrderPlaced
from shared.events.engagement import MailClicked, MailOpened, SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.postgres.engine import transaction
from tests.integration.notifier.sending.conftest import TOKYO
from tests.integration.notifier.sending.planned import Enrolled, one_step, plan
from tests.integration.notifier.sending.ways import Box, Scripted

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

CUSTOMER = "tea-shop/shopify/1001"
MAIL, SERVICE = one_step("mail"), one_step("mail", purpose="service")


async def outcome(desk: "Desk", *facts: str, service: bool = False, held: bool = False) -> tuple[object, ...]:
    """What becomes of a mail to a willing customer of whom also this is known."""
    scenario = SERVICE if service else MAIL
    await desk.keep(scenario)
    await desk.know([CUSTOMER])
    for fact in facts:
        await desk.rows(fact, at=desk.clock.now)
    await plan(desk.engine, scenario, [Enrolled(CUSTOMER, desk.clock.now, held=held)], TOKYO)
    await desk.dispatcher({"mail": Scripted()}).turn()
    (state,) = await desk.states()
    return state


UNREACHABLE = (
    "INSERT INTO unreachable (customer_ref, channel, reason, since)"
    " VALUES ('tea-shop/shopify/1001', 'mail', 'hard_bounce', :at) RETURNING reason"
)
LISTED = (
    "INSERT INTO never_contact (hash, channel, because, since)"
    " VALUES ('h1', 'mail', 'asked', :at) RETURNING hash"
)
HASHED = (
    "INSERT INTO contact_hash (customer_ref, channel, hash)"
    " SELECT 'tea-shop/shopify/1001', 'mail', 'h1' FROM (SELECT CAST(:at AS timestamptz)) AS t RETURNING hash"
)
ASLEEP = (
    "INSERT INTO do_not_wake (customer_ref, since, because)"
    " VALUES ('tea-shop/shopify/1001', :at, 'judged') RETURNING because"
)
REFUSED = "UPDATE consent SET granted = false, changed_at = :at RETURNING channel"
NEVER = (
    "INSERT INTO do_not_contact (customer_ref, since) VALUES ('tea-shop/shopify/1001', :at) RETURNING since"
)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ((), ("sent", None)),
        ((UNREACHABLE,), ("suppressed", "unreachable")),
        ((LISTED, HASHED), ("suppressed", "never_contact")),
        ((LISTED,), ("sent", None)),
        ((ASLEEP,), ("suppressed", "do_not_wake")),
        ((REFUSED,), ("suppressed", "no_consent")),
        ((NEVER,), ("suppressed", "do_not_contact")),
    ],
)
async def test_each_no_is_found(desk: "Desk", facts: tuple[str, ...], told: tuple[str, str]) -> None:
    assert await outcome(desk, *facts) == told


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ((ASLEEP, REFUSED), ("sent", None)),
        ((NEVER,), ("suppressed", "do_not_contact")),
        ((UNREACHABLE,), ("suppressed", "unreachable")),
    ],
)
async def test_a_message_about_an_order_needs_no_consent_to_advertising(
    desk: "Desk", facts: tuple[str, ...], told: tuple[str, str]
) -> None:
    assert await outcome(desk, *facts, service=True) == told


async def test_who_is_held_back_gets_nothing(desk: "Desk") -> None:
    assert await outcome(desk, held=True) == ("suppressed", "holdout")


BRANCHED = msgspec.structs.replace(
    MAIL,
    key="branched",
    steps=(
        MAIL.steps[0],
        Step(
            "again",
            ("line",),
            (Creative("short", "line", "{{ addressee }}"),),
            Delay(days=4),
            (Condition("step", "opened", yes=False), Condition("step", "ordered", yes=False)),
        ),
        Step(
            "thanks",
            ("webhook",),
            (Creative("told", "webhook", "-", endpoint="1"),),
            Delay(days=4),
            (Condition("step", "answered"),),
        ),
    ),
)


@pytest.mark.parametrize(
    ("event", "again", "thanks"),
    [
        (None, "sent", "suppressed"),
        (MailOpened(), "suppressed", "suppressed"),
        (MailClicked(), "suppressed", "suppressed"),
        (MailOpened("another"), "sent", "suppressed"),
        (OrderPlaced("o1", Money(3000, "JPY")), "suppressed", "suppressed"),
        (SurveyAnswered("nps", nps=9), "sent", "sent"),
    ],
)
async def test_a_branch_goes_by_what_the_customer_did_since(
    desk: "Desk", event: Event | None, again: str, thanks: str
) -> None:
    await desk.keep(BRANCHED)
    await desk.know([CUSTOMER])
    await plan(desk.engine, BRANCHED, [Enrolled(CUSTOMER, desk.clock.now)], TOKYO)
    await heard(desk, MailOpened(), before=timedelta(hours=1))
    dispatcher = desk.dispatcher({"mail": Scripted(), "line": Scripted(), "webhook": Scripted()})
    await dispatcher.turn()
    desk.later(days=1)
    if event is not None:
        await heard(desk, event)
    desk.later(days=3)
    await dispatcher.turn()
    ended = {step: state for step, state in await desk.rows("SELECT step, state FROM action")}
    assert ended == {"step": "sent", "again": again, "thanks": thanks}


async def heard(desk: "Desk", event: Event, before: timedelta = timedelta()) -> None:
    at = desk.clock.now - before
    envelope = Envelope(
        id=derived_id("heard", str(at)),
        source="/shops/tea-shop/shopify",
        subject=CUSTOMER,
        time=at,
        shop="tea-shop",
        receivedat=at,
        correlationid="c",
        data=event,
    )
    async with transaction(desk.engine) as connection:
        await happenings.keep(connection, [envelope])


async def test_who_leaves_is_taken_out_of_an_open_batch(desk: "Desk") -> None:
    scenario = one_step("postal_dm")
    await desk.keep(scenario)
    await desk.know([CUSTOMER])
    await plan(desk.engine, scenario, [Enrolled(CUSTOMER, desk.clock.now)], TOKYO)
    box = Box("postal_dm", desk.clock.now + timedelta(hours=3))
    await desk.dispatcher({}, {"postal_dm": box}).turn()
    assert await desk.states() == [("batched", None)]
    async with transaction(desk.engine) as connection:
        await enrol.withdraw(connection, CUSTOMER, "erased", desk.clock.now)
    assert await desk.states() == [("suppressed", "erased")]
    assert await desk.rows("SELECT 1 FROM action_message") == []
