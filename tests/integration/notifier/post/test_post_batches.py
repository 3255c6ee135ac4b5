"""Batches: decided pieces wait for the cut-off, leave once, and the print house's word closes them."""

from datetime import timedelta

from tests.integration.notifier.post.conftest import CUT_OFF, Rig


async def test_a_decided_piece_waits_in_the_batch_of_the_next_cut_off(rig: Rig) -> None:
    [action] = await rig.batched("1")
    assert (await rig.states())[action] == ("batched", None)
    [batch] = await rig.batches()
    assert (batch.form, batch.state, batch.cut_off, batch.pieces) == ("postcard", "open", CUT_OFF, 1)
    await rig.post().turn()
    assert [one.state for one in await rig.batches()] == ["open"]


async def test_at_the_cut_off_it_is_handed_over_and_the_receipt_closes_it(rig: Rig) -> None:
    planned = await rig.batched("1", "2", "3")
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    assert [one.state for one in await rig.batches()] == ["handed_over"]
    assert set((await rig.states()).values()) == {("sent", None)}
    assert await rig.told() == ["com.hikitome.action.sent.v1"] * 3
    assert rig.house.look() == 1
    await rig.post().turn()
    [batch] = await rig.batches()
    assert batch.state == "accepted"
    assert sorted(line["action"] for line in rig.house.accepted()) == sorted(planned)
    assert rig.house.complaints == []


async def test_what_has_become_wrong_since_then_is_taken_back_at_the_cut_off(rig: Rig) -> None:
    opted_out, moved, gone, fine = await rig.batched("1", "2", "3", "4")
    await rig.run("UPDATE consent SET granted = false WHERE customer_ref = 'tea-shop/shopify/1'")
    await rig.run("UPDATE contact SET address = '番地不明' WHERE customer_ref = 'tea-shop/shopify/2'")
    await rig.run(
        "UPDATE enrolment SET ended = 'cancelled', ended_at = now() WHERE customer_ref = 'tea-shop/shopify/3'"
    )
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    rig.house.look()
    assert await rig.states() == {
        opted_out: ("suppressed", "no_consent"),
        moved: ("suppressed", "bad_address"),
        gone: ("suppressed", "cancelled"),
        fine: ("sent", None),
    }
    assert [line["action"] for line in rig.house.accepted()] == [fine]


async def test_no_receipt_within_three_days_is_for_a_person_to_ask_about(rig: Rig) -> None:
    await rig.batched("1")
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    rig.clock.now = CUT_OFF + timedelta(days=3, minutes=1)
    await rig.post().turn()
    [batch] = await rig.batches()
    assert batch.state == "unknown"
    rig.house.look()
    await rig.post().turn()
    assert [one.state for one in await rig.batches()] == ["accepted"]
