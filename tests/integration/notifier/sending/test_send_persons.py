"""Messages to a person with several accounts: a no for one is a no for all, and a message to one counts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from services.notifier import consent, enrol
from services.notifier.scenarios.trigger import OnRisk
from services.notifier.store import consents, persons
from services.notifier.store.persons import Whole
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged
from shared.events.risk import RiskAssessed
from shared.postgres.engine import transaction

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

Risk = Callable[..., RiskAssessed]
OWN, OTHER = "tea-shop/shopify/1001", "tea-shop/woo/7"


async def merge(desk: "Desk", *accounts: str) -> None:
    async with transaction(desk.engine) as connection:
        await persons.keep(connection, [Whole(OWN, (OWN, *accounts), ("mail",), desk.clock.now)])


async def refused(desk: "Desk", ref: str) -> bool:
    async with transaction(desk.engine) as connection:
        return await consents.has_refused(connection, ref, "mail")


async def unsubscribe(desk: "Desk", ref: str) -> None:
    async with transaction(desk.engine) as connection:
        await consent.unsubscribe(connection, ref, "mail", desk.clock.now)


async def test_a_withdrawal_on_another_account_holds_until_a_later_grant_on_any(
    desk: "Desk", at_risk: Risk
) -> None:
    await desk.meet()
    desk.later(minutes=1)
    await desk.tell(ConsentWithdrawn("mail"), OTHER)
    await merge(desk, OTHER)
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "no_consent")]
    desk.later(minutes=1)
    await desk.tell(ConsentGranted("mail"))
    await desk.tell(at_risk("e2"))
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "no_consent"), ("sent", None)]


async def test_of_a_yes_and_a_no_at_the_same_moment_on_two_accounts_the_no_holds(
    desk: "Desk", at_risk: Risk
) -> None:
    await desk.meet()
    await desk.tell(ConsentWithdrawn("mail"), OTHER)
    await merge(desk, OTHER)
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "no_consent")]


async def test_once_separated_each_account_speaks_for_itself_again(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    desk.later(minutes=1)
    await desk.tell(ConsentWithdrawn("mail"), OTHER)
    await merge(desk, OTHER)
    desk.later(minutes=1)
    await merge(desk)
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    assert await desk.states() == [("sent", None)]


async def test_an_address_of_another_account_reaches_the_person(desk: "Desk", at_risk: Risk) -> None:
    await desk.tell(ContactChanged(name="山田 花子"))
    await desk.tell(ContactChanged(name="ヤマダ", mail="hanako@example.jp"), OTHER)
    await desk.tell(ConsentGranted("mail"), OTHER)
    await merge(desk, OTHER)
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    (mail,) = desk.post.kept
    body = mail.get_body(("plain",))
    assert body is not None
    assert "hanako@example.jp" in mail["To"]
    assert "山田 花子 様" in body.get_content()


async def test_who_wants_to_hear_nothing_hears_nothing_on_any_account(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await merge(desk, OTHER)
    async with transaction(desk.engine) as connection:
        await enrol.withdraw(connection, OTHER, "do_not_contact", desk.clock.now)
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "do_not_contact")]


async def test_messages_to_all_accounts_count_for_the_frequency_cap(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.meet(OTHER)
    await desk.tell(at_risk("e1"), OTHER)
    await desk.dispatcher().turn()
    await merge(desk, OTHER)
    await desk.tell(at_risk("e2"))
    await desk.dispatcher().turn()
    assert await desk.states() == [("sent", None), ("planned", "frequency_cap")]


async def two_scenarios(desk: "Desk", own: int, other: int) -> None:
    """Of one group: one for the risk of the person's own account, one for that of the other, so high."""
    for_own = OnRisk(frozenset({"high"}), frozenset({"subscription"}))
    for_other = OnRisk(frozenset({"high"}), frozenset({"repeat"}))
    await desk.keep(desk.scenario(trigger=for_own, priority=own))
    await desk.keep(desk.scenario(key="second", trigger=for_other, priority=other))


@pytest.mark.parametrize("higher", ["own", "other"])
async def test_of_two_scenarios_of_a_group_that_a_person_entered_at_once_only_the_higher_acts(
    desk: "Desk", at_risk: Risk, higher: str
) -> None:
    await two_scenarios(desk, *((90, 10) if higher == "own" else (10, 90)))
    await desk.meet()
    await merge(desk, OTHER)
    async with transaction(desk.engine) as one, transaction(desk.engine) as another:
        await desk.enter(one, at_risk("own"))
        await desk.enter(another, at_risk("other", kind="repeat"), OTHER)
    await desk.dispatcher().turn()
    sent = await desk.rows("SELECT episode, state, reason FROM action ORDER BY state")
    lower = {"own": "other", "other": "own"}[higher]
    assert sent == [(higher, "sent", None), (lower, "suppressed", "outranked")]


async def test_of_two_scenarios_of_a_group_that_turn_out_to_be_one_persons_the_first_goes_on(
    desk: "Desk", at_risk: Risk
) -> None:
    await two_scenarios(desk, own=50, other=50)
    await desk.meet()
    await desk.tell(at_risk("later", kind="repeat"), OTHER)
    desk.later(minutes=-1)
    await desk.tell(at_risk("first"))
    desk.later(minutes=1)
    await merge(desk, OTHER)
    await desk.dispatcher().turn()
    assert await desk.states() == [("sent", None), ("suppressed", "outranked")]


@pytest.mark.parametrize("account", [OWN, OTHER])
async def test_an_unsubscribing_is_never_swallowed_by_an_older_no(desk: "Desk", account: str) -> None:
    await desk.tell(ConsentWithdrawn("mail"), account)
    desk.later(minutes=1)
    await desk.tell(ConsentGranted("mail"), OTHER if account == OWN else OWN)
    await merge(desk, OTHER)
    assert not await refused(desk, account)
    desk.later(minutes=1)
    await unsubscribe(desk, account)
    assert await refused(desk, account)
    assert len(await desk.events()) == 1
    desk.later(minutes=1)
    await unsubscribe(desk, account)
    assert len(await desk.events()) == 1
