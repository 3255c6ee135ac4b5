"""The check finds what is lost and what counts twice; each test breaks one thing that was whole."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from deploy.local.check import Findings, Received, Until, check
from deploy.local.ledger import Expected
from deploy.local.stack import make_schemas

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = Until(NOW + timedelta(days=400), NOW + timedelta(days=400))
EVENT, ALERT, ACTION = (str(uuid.UUID(int=n)) for n in (1, 2, 3))
CUSTOMER = "demo/shopify/7"


class Path:
    """One event on its whole way: counted, told, alerted, seen, mailed."""

    def __init__(self, connection: asyncpg.Connection, dsn: str) -> None:
        self._connection = connection
        self._dsn = dsn

    async def execute(self, sql: str, *values: object) -> None:
        await self._connection.execute(sql, *values)

    async def check(
        self, seen: tuple[str, ...] = (ALERT,), mailed: tuple[str | None, ...] = (ACTION,)
    ) -> Findings:
        expected = Expected({EVENT}, {CUSTOMER})
        return await check(self._dsn, expected, LATER, seen, Received(mails=mailed))


@pytest.fixture
async def path(postgres_dsn: str) -> AsyncIterator[Path]:
    await make_schemas(postgres_dsn)
    connection = await asyncpg.connect(postgres_dsn)
    whole = Path(connection, postgres_dsn)
    await whole.execute(
        "INSERT INTO scoring.event_log VALUES ($1, $2, $2, 't', $3, $3, '')", EVENT, CUSTOMER, NOW
    )
    await whole.execute(
        "INSERT INTO scoring.customer_state (customer_ref, shop, state, events) VALUES ($1, 'demo', '', 1)",
        CUSTOMER,
    )
    await whole.execute(
        "INSERT INTO scoring.risk_event (event_id, customer_ref, episode, phase, probability, model,"
        " assessed_at, noticed_at) VALUES ($1, $2, 'e1', 'entered', 0.5, 'm', $3, $3)",
        EVENT,
        CUSTOMER,
        NOW,
    )
    await whole.execute(
        "INSERT INTO notifier.contact (customer_ref, changed_at) VALUES ($1, $2)", CUSTOMER, NOW
    )
    await alert(whole, ALERT, "e1")
    await enrol(whole, ACTION, "e1")
    yield whole
    await connection.close()


async def alert(path: Path, alert_id: str, episode: str) -> None:
    await path.execute(
        "INSERT INTO notifier.alert (id, episode, customer_ref, cart, correlation_id, kind, band,"
        " probability, priority, value_amount, value_currency, reasons, model, horizon_days, assessed_at,"
        " noticed_at, raised_at, state) VALUES ($1, $2, $3, 'c', 'c', 'repeat', 'high', 0.5, 1, 1, 'JPY',"
        " '[]', 'm', 30, $4, $4, $4, 'raised')",
        alert_id,
        episode,
        CUSTOMER,
        NOW,
    )


async def enrol(path: Path, action_id: str, episode: str) -> None:
    await path.execute(
        "INSERT INTO notifier.enrolment (customer_ref, scenario, episode, version, kind, cart, enrolled_at)"
        " VALUES ($1, 's', $2, 1, 'repeat', 'demo/shopify', $3)",
        CUSTOMER,
        episode,
        NOW,
    )
    await path.execute(
        "INSERT INTO notifier.action (id, customer_ref, scenario, episode, step, channel, creative,"
        " shop, correlation_id, causation_id, state, due_at) VALUES ($1, $2, 's', $3, 'mail', 'mail',"
        " 't', 'demo', 'c', 'c', 'sent', $4)",
        action_id,
        CUSTOMER,
        episode,
        NOW,
    )


async def test_a_whole_path_has_nothing_lost_and_nothing_doubled(path: Path) -> None:
    found = await path.check()
    assert set(found.lost.values()) == set(found.doubled.values()) == {0}
    assert (found.events_scored, found.risk_events, found.alerts) == (1, 1, 1)
    assert found.settled()


async def test_an_event_that_is_not_in_the_log_is_lost(path: Path) -> None:
    await path.execute("DELETE FROM scoring.event_log")
    assert (await path.check()).lost["events"] == 1


async def test_an_event_that_no_state_has_counted_is_lost(path: Path) -> None:
    await path.execute("UPDATE scoring.customer_state SET events = 0")
    assert (await path.check()).lost["folds"] == 1


async def test_an_event_of_a_customer_without_a_state_is_lost(path: Path) -> None:
    await path.execute("DELETE FROM scoring.customer_state")
    assert (await path.check()).lost["folds"] == 1


async def test_an_event_that_was_counted_twice_is_doubled(path: Path) -> None:
    await path.execute("UPDATE scoring.customer_state SET events = 2")
    assert (await path.check()).doubled["folds"] == 1


async def test_the_events_of_all_accounts_of_a_person_are_counted_together(path: Path) -> None:
    other = "demo/shopify/8"
    for account in (CUSTOMER, other):
        await path.execute(
            "INSERT INTO scoring.account (ref, person, identifiers) VALUES ($1, $2, '')", account, CUSTOMER
        )
    await path.execute(
        "INSERT INTO scoring.event_log VALUES ($1, $2, $2, 't', $3, $3, '')", uuid.UUID(int=9), other, NOW
    )
    assert (await path.check()).lost["folds"] == 1
    await path.execute("UPDATE scoring.customer_state SET events = 2")
    assert (await path.check()).settled()
    await path.execute(
        "INSERT INTO scoring.customer_state (customer_ref, shop, state, events) VALUES ($1, 'demo', '', 1)",
        other,
    )
    assert (await path.check()).doubled["folds"] == 1


async def test_a_contact_that_the_notifier_does_not_know_is_lost(path: Path) -> None:
    await path.execute("DELETE FROM notifier.contact")
    assert (await path.check()).lost["contacts"] == 1


async def test_the_contact_of_an_erased_customer_is_rightly_gone(path: Path) -> None:
    await path.execute("DELETE FROM notifier.contact")
    await path.execute(
        "INSERT INTO notifier.customer_mark (customer_ref, erased_at) VALUES ($1, $2)", CUSTOMER, NOW
    )
    assert (await path.check()).lost["contacts"] == 0


async def test_a_risk_without_an_alert_is_lost(path: Path) -> None:
    await path.execute("DELETE FROM notifier.alert")
    assert (await path.check()).lost["alerts"] == 1


async def test_a_risk_of_somebody_who_may_not_be_called_is_withheld(path: Path) -> None:
    await path.execute("DELETE FROM notifier.alert")
    await path.execute(
        "INSERT INTO notifier.customer_mark (customer_ref, phone_refused_at) VALUES ($1, $2)", CUSTOMER, NOW
    )
    found = await path.check()
    assert (found.lost["alerts"], found.withheld) == (0, 1)


@pytest.mark.parametrize(
    "why",
    [
        "INSERT INTO notifier.do_not_contact (customer_ref, since) VALUES ($1, $2)",
        "UPDATE notifier.action SET channel = 'phone', state = 'suppressed', reason = 'holdout',"
        " changed_at = $2 WHERE customer_ref = $1",
        "INSERT INTO notifier.cancellation (id, number, customer_ref, cart, subscription, source,"
        " requested_at, recorded_at, next_parcel, state) VALUES (gen_random_uuid(), 'K', $1, 'c', 's',"
        " 'cart', $2, $2, 'unknown', 'requested')",
    ],
    ids=["wants to hear nothing", "left alone", "asked to leave"],
)
async def test_a_risk_of_who_is_left_in_peace_is_withheld(path: Path, why: str) -> None:
    await path.execute("DELETE FROM notifier.alert")
    await path.execute("SET search_path = notifier")
    await path.execute(why, CUSTOMER, NOW)
    assert (await path.check()).withheld == 1


async def test_an_alert_that_never_came_over_the_stream_is_lost(path: Path) -> None:
    assert (await path.check(seen=())).lost["on_the_stream"] == 1


async def test_a_second_mail_of_an_action_is_doubled(path: Path) -> None:
    assert (await path.check(mailed=(ACTION, ACTION))).doubled["mails"] == 1


async def test_mails_of_two_actions_are_not(path: Path) -> None:
    another = str(uuid.UUID(int=9))
    await enrol(path, another, "e2")
    assert (await path.check(mailed=(ACTION, another))).doubled["mails"] == 0


async def test_what_is_due_and_not_sent_is_still_waiting(path: Path) -> None:
    await path.execute("UPDATE notifier.action SET state = 'planned'")
    assert not (await path.check()).settled()
