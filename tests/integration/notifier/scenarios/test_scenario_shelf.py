"""The shelf of scenarios: seeded once, saved as versions, switched, halted and gone on with, recalled."""

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from services.notifier import playbook
from services.notifier.playbook import Wrong
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.store import scenarios
from services.notifier.store.scenarios import Conflict
from shared.events.action import ActionSuppressed
from shared.postgres.engine import transaction
from tests.integration.notifier.scenarios.stage import PLAIN, Stage, like, order

ON = ("churn_warning", "payment_failed")


async def test_what_is_shipped_is_put_in_once_and_what_is_there_stays(stage: Stage) -> None:
    assert await playbook.seed(stage.engine, ON, 7.5) == sorted(SHIPPED)
    async with transaction(stage.engine) as connection:
        found = await scenarios.all_(connection)
        await scenarios.switch(connection, "skips", True, "mari")
        changed = msgspec.structs.replace(found["skips"].scenario, title="変えた")
        assert await playbook.save(connection, changed, "mari", None, 1) == 2
    assert await playbook.seed(stage.engine, ON, 50.0) == []
    async with transaction(stage.engine) as connection:
        again = await scenarios.all_(connection)
        assert set(await scenarios.running(connection)) == {*ON, "skips"}
    assert again["skips"].scenario.title == "変えた"
    assert {key: one for key, one in again.items() if key != "skips"} == {
        key: one for key, one in found.items() if key != "skips"
    }


async def test_the_shop_s_holdout_is_for_what_is_measured(stage: Stage) -> None:
    await playbook.seed(stage.engine, ON, 7.5)
    async with transaction(stage.engine) as connection:
        found = await scenarios.all_(connection)
    assert found["churn_warning"].scenario.holdout_percent == 7.5
    assert found["payment_failed"].scenario.holdout_percent == 0


async def test_every_save_is_a_version_and_none_is_saved_over_another(stage: Stage) -> None:
    async with transaction(stage.engine) as connection:
        assert await playbook.save(connection, PLAIN, "mari", "はじめ", 0) == 1
        longer = msgspec.structs.replace(PLAIN, title="二つ目", version=77)
        assert await playbook.save(connection, longer, "mari", None, 1) == 2
        assert await playbook.save(connection, PLAIN, "ken", None, 1) == Conflict(2)
        assert await playbook.save(connection, PLAIN, "ken", None, 0) == Conflict(2)
        assert await playbook.save(connection, like("new"), "ken", None, 3) == Conflict(0)
        kept = await scenarios.versions(connection, "plain")
        newest = (await scenarios.all_(connection))["plain"]
        first = await scenarios.version(connection, "plain", 1)
    assert [(one.version, one.saved_by, one.note) for one in kept] == [
        (2, "mari", None),
        (1, "mari", "はじめ"),
    ]
    assert (newest.scenario.title, newest.scenario.version, newest.active) == ("二つ目", 2, False)
    assert first == msgspec.structs.replace(PLAIN, version=1)


async def test_a_version_that_was_saved_is_never_changed(stage: Stage) -> None:
    await stage.keep(PLAIN)
    with pytest.raises(DBAPIError, match="append-only"):
        await stage.rows("UPDATE scenario_version SET note = 'x' RETURNING key")


async def test_what_makes_no_sense_is_not_saved(stage: Stage) -> None:
    async with transaction(stage.engine) as connection:
        saved = await playbook.save(connection, like("wrong", steps=()), "mari", None, 0)
        assert await scenarios.all_(connection) == {}
    assert isinstance(saved, Wrong)
    assert [one.code for one in saved.problems] == ["no_steps"]


async def test_what_was_halted_goes_on_when_a_person_says_so(stage: Stage) -> None:
    await stage.keep(PLAIN)
    async with transaction(stage.engine) as connection:
        assert await playbook.halt(connection, "plain", "blast_radius")
        assert not await playbook.halt(connection, "plain", "again")
        assert await scenarios.running(connection) == {}
        assert (await scenarios.all_(connection))["plain"].halted_because == "blast_radius"
        assert await playbook.resume(connection, "plain", "mari")
        assert not await playbook.resume(connection, "plain", "mari")
        assert list(await scenarios.running(connection)) == ["plain"]


async def test_a_switch_says_by_whom(stage: Stage) -> None:
    await stage.keep(PLAIN)
    async with transaction(stage.engine) as connection:
        assert await playbook.switch(connection, "plain", False, "mari")
        assert not await playbook.switch(connection, "gone", True, "mari")
        standing = (await scenarios.all_(connection))["plain"]
    assert (standing.active, standing.switched_by) == (False, "mari")


async def test_all_that_has_not_left_is_recalled_and_told(stage: Stage) -> None:
    await stage.keep(PLAIN, like("other", group="other"))
    await stage.tell(order("o1"))
    await stage.tell(order("o2"), subject="tea-shop/shopify/1002")
    await stage.rows(
        "UPDATE action SET state = 'sent', began_at = now() WHERE step = 'now' AND scenario = 'plain'"
        " AND customer_ref LIKE '%1002' RETURNING id"
    )
    async with transaction(stage.engine) as connection:
        assert await playbook.recall(connection, "plain", stage.now) == 3
        assert await playbook.recall(connection, "plain", stage.now) == 0
    plain = await stage.rows("SELECT state, reason FROM action WHERE scenario = 'plain' ORDER BY state")
    assert plain == [("sent", None), *[("suppressed", "recalled")] * 3]
    other = await stage.rows("SELECT DISTINCT state FROM action WHERE scenario = 'other'")
    assert other == [("planned",)]
    told = [one.reason for one in await stage.told() if isinstance(one, ActionSuppressed)]
    assert told == ["recalled"] * 3
    assert await stage.rows("SELECT DISTINCT ended FROM enrolment") == [(None,)]
