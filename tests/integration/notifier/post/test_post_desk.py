"""The post desk: pieces and batches are recalled, handed over early and settled; returned mail is entered."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pypdfium2
from sqlalchemy import text

from services.notifier.post_desk import Refusal, Returned, Shown
from services.notifier.store import batches
from shared.postgres.engine import transaction
from tests.integration.notifier.post.conftest import BY, CUT_OFF, HOME, Rig, scenario


async def test_a_piece_is_recalled_while_it_is_here(rig: Rig) -> None:
    one, other = await rig.batched("1", "2")
    [batch] = await rig.batches()
    assert await rig.desk().recall_piece(batch.id, one, BY) is None
    assert (await rig.states())[one] == ("suppressed", "recalled")
    assert await rig.told() == ["com.hikitome.action.suppressed.v1"]
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    rig.house.look()
    assert [line["action"] for line in rig.house.accepted()] == [other]
    assert await rig.desk().recall_piece(batch.id, other, BY) == Refusal("too_late")
    assert await rig.desk().recall(batch.id, BY) == Refusal("too_late")


async def test_a_whole_batch_is_recalled(rig: Rig) -> None:
    await rig.batched("1", "2")
    [batch] = await rig.batches()
    assert await rig.desk().recall(batch.id, BY) is None
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    assert [one.state for one in await rig.batches()] == ["recalled"]
    assert set((await rig.states()).values()) == {("suppressed", "recalled")}
    assert list(rig.house.folder.iterdir()) == []


async def test_who_is_handed_over_early_makes_room_for_the_next_day(rig: Rig) -> None:
    await rig.batched("1")
    [batch] = await rig.batches()
    now = await rig.desk().hand_over(batch.id, BY)
    assert isinstance(now, batches.Batch)
    assert now.state == "handed_over"
    await rig.batched("2")
    opened = next(one for one in await rig.batches() if one.state == "open")
    assert opened.cut_off == CUT_OFF + timedelta(days=1)


async def test_after_the_cut_off_of_a_friday_before_a_holiday_comes_tuesday(rig: Rig) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    # Monday the 20th of July 2026 is 海の日.
    rig.clock.now = datetime(2026, 7, 17, 15, 0, tzinfo=tokyo)
    await rig.batched("1")
    [batch] = await rig.batches()
    assert batch.cut_off == datetime(2026, 7, 21, 15, 0, tzinfo=tokyo)


async def test_a_piece_is_looked_at_and_that_is_written_down(rig: Rig) -> None:
    [action] = await rig.batched("1")
    [batch] = await rig.batches()
    await rig.run(
        "INSERT INTO agent (login, name, role, password_hash, active)"
        " VALUES ('mari', '麻里', 'marketer', 'x', true)"
    )
    pdf = await rig.desk().preview(batch.id, action, BY)
    assert isinstance(pdf, bytes)
    assert "髙橋 美咲 様" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    async with transaction(rig.engine) as connection:
        looks = (await connection.execute(text("SELECT agent, customer_ref, shown FROM contact_view"))).all()
        entries = (await connection.execute(text("SELECT who, what, detail FROM audit_entry"))).all()
    assert [tuple(row) for row in looks] == [("mari", "tea-shop/shopify/1", ["address"])]
    assert [tuple(row) for row in entries] == [("mari", "post", action)]


async def test_what_the_print_house_rejects_was_not_sent(rig: Rig) -> None:
    await rig.batched("1", "2", "3")
    rig.house.loses = 1
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    rig.house.look()
    await rig.post().turn()
    assert sorted((await rig.states()).values(), key=str) == [
        ("rejected", "print_house"),
        ("sent", None),
        ("sent", None),
    ]
    assert (await rig.told())[-1] == "com.hikitome.action.suppressed.v1"


async def test_an_unknown_batch_is_settled_by_a_person(rig: Rig) -> None:
    await rig.batched("1")
    [batch] = await rig.batches()
    await rig.desk().hand_over(batch.id, BY)
    assert await rig.desk().settle(batch.id, "accepted", BY) == Refusal("too_late")
    rig.clock.now += timedelta(days=4)
    await rig.post().turn()
    for path in rig.house.folder.iterdir():
        path.unlink()
    assert await rig.desk().settle(batch.id, "again", BY) is None
    await rig.post().turn()
    assert len(list(rig.house.folder.iterdir())) == 3
    assert [one.state for one in await rig.batches()] == ["handed_over"]
    rig.clock.now += timedelta(days=4)
    await rig.post().turn()
    assert await rig.desk().settle(batch.id, "not_printed", BY) is None
    assert set((await rig.states()).values()) == {("rejected", "not_printed")}
    [settled] = await rig.batches()
    assert (settled.state, settled.settled_by) == ("recalled", "mari")


async def test_returned_mail_stops_the_post_until_the_address_changes(rig: Rig) -> None:
    await rig.batched("1")
    [batch] = await rig.batches()
    shown = await rig.desk().show(batch.id)
    assert isinstance(shown, Shown)
    number = shown.pieces[0].number
    assert await rig.desk().came_back("00000-00000", BY) == Refusal("missing")
    back = await rig.desk().came_back(number.lower().replace("-", ""), BY)
    assert isinstance(back, Returned)
    assert back.name == "髙橋 美咲"
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    assert set((await rig.states()).values()) == {("suppressed", "unreachable")}


async def test_a_bad_address_never_enters_a_batch(rig: Rig) -> None:
    action = await rig.plan("1", msgspec.structs.replace(HOME, address="千代田区霞が関"))
    rare = await rig.plan("2", msgspec.structs.replace(HOME, name="\U00020bb7野家"))
    await rig.dispatch()
    assert await rig.states() == {
        action: ("suppressed", "bad_address"),
        rare: ("suppressed", "bad_address"),
    }
    assert await rig.batches() == []


async def test_what_goes_into_parcels_is_told_to_the_warehouse(rig: Rig) -> None:
    await rig.keep(scenario("insert"), 1)
    planned = await rig.batched("1", "2", way="insert")
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    [batch] = await rig.batches()
    assert (batch.form, batch.state) == ("insert", "handed_over")
    listed = (rig.folder / "inserts" / f"{batch.id}.insert.csv").read_text(encoding="utf-8-sig")
    assert all(action in listed for action in planned)
    assert '"88","3","お礼カード"' in listed
    assert not list((rig.folder / "inserts").glob("*.pdf"))


async def test_pieces_of_a_halted_scenario_wait_outside(rig: Rig) -> None:
    [action] = await rig.batched("1")
    await rig.run("UPDATE scenario SET halted_at = now(), halted_because = 'blast_radius'")
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    assert (await rig.states())[action] == ("planned", "halted")
    assert [one.state for one in await rig.batches()] == ["recalled"]


async def test_an_erasure_takes_the_files_with_it(rig: Rig) -> None:
    await rig.batched("1", "2")
    [batch] = await rig.batches()
    await rig.desk().hand_over(batch.id, BY)
    async with transaction(rig.engine) as connection:
        assert len(await batches.file_names(connection, batch.id)) == 3
        await batches.forget_customer(connection, "tea-shop/shopify/2")
        assert await batches.file_names(connection, batch.id) == []


async def test_an_erasure_waits_for_nobody_who_puts_a_piece_into_an_open_batch(rig: Rig) -> None:
    await rig.batched("1")
    async with transaction(rig.engine) as putting, transaction(rig.engine) as erasing:
        assert await batches.join(putting, "postal_dm", "postcard", CUT_OFF) is not None
        await erasing.execute(text("SET LOCAL lock_timeout = '1s'"))
        await batches.forget_customer(erasing, "tea-shop/shopify/1")


async def test_files_go_thirty_days_after_they_were_handed_over(rig: Rig) -> None:
    await rig.batched("1")
    [batch] = await rig.batches()
    await rig.desk().hand_over(batch.id, BY)
    rig.house.look()
    rig.clock.now += timedelta(days=29)
    await rig.post().turn()
    async with transaction(rig.engine) as connection:
        assert len(await batches.file_names(connection, batch.id)) == 3
    rig.clock.now += timedelta(days=2)
    await rig.post().turn()
    async with transaction(rig.engine) as connection:
        assert await batches.file_names(connection, batch.id) == []
