"""A contract's day: the ways it can go are complete, and lead where they should."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from simulation.contract import ENDED, Contract, Fact, Profile
from simulation.course import Branch, branches, cancelled

FREE = Profile(0, 1, "search", False)


def on(contract: Contract, day: int, fact: Fact | None) -> Contract:
    return next(branch.contract for branch in branches(FREE, contract, day) if branch.fact is fact)


def facts(found: list[Branch]) -> list[Fact | None]:
    return [branch.fact for branch in found]


@given(st.integers(0, 10_000), st.sampled_from([14, 30, 60]), st.sampled_from([0, 3, 4]))
def test_whatever_happens_the_probabilities_of_a_day_add_up_to_one(seed: int, cycle: int, least: int) -> None:
    draw, contract = Random(seed), Contract(cycle, cycle)
    profile = Profile(0, 1, "sns", True, min_deliveries=least, max_deliveries=6)
    for day in range(200):
        found = branches(profile, contract, day)
        assert abs(sum(branch.probability for branch in found) - 1) < 1e-12
        contract = draw.choice(found).contract  # the rare ways as often as the usual one
        if contract.status in ENDED:
            return


def test_a_day_between_parcels_leaves_the_contract_as_it_is() -> None:
    contract = Contract(30, charge_on=30)
    assert list(branches(FREE, contract, 10)) == [Branch(1.0, contract, None)]


def test_a_charge_makes_the_next_delivery_and_forgets_the_skips() -> None:
    charged = on(Contract(30, charge_on=30, deliveries=3, skips=2, failures=1), 30, Fact.CHARGED)
    assert (charged.deliveries, charged.skips, charged.failures, charged.charge_on) == (4, 0, 0, 60)


def test_three_failed_attempts_end_the_contract() -> None:
    contract = on(Contract(30, charge_on=30), 30, Fact.CHARGE_FAILED)
    contract = on(contract, 33, Fact.CHARGE_FAILED)
    contract = on(contract, 36, Fact.GAVE_UP_CHARGING)
    assert contract.status == "failed"


def test_a_skip_moves_the_charge_by_a_cycle_and_can_be_taken_back_the_day_after() -> None:
    before = Contract(30, charge_on=30)
    skipped = on(before, 25, Fact.SKIPPED)
    assert (skipped.skips, skipped.charge_on, skipped.cycle_index) == (1, 60, 2)
    assert on(skipped, 26, Fact.UNSKIPPED) == before
    assert facts(list(branches(FREE, skipped, 27))) == [None]


def test_nobody_is_asked_about_the_next_parcel_while_a_payment_is_open() -> None:
    assert facts(list(branches(FREE, Contract(30, charge_on=30, failures=1), 25))) == [None]


def test_a_pause_ends_by_itself_and_is_charged_soon_after() -> None:
    paused = on(Contract(30, charge_on=30), 25, Fact.PAUSED)
    assert facts(list(branches(FREE, paused, 30))) == [None]
    resumed = on(paused, paused.resume_on, Fact.RESUMED)
    assert (resumed.status, resumed.charge_on) == ("active", paused.resume_on + 3)


def test_a_contract_with_an_agreed_end_expires_instead_of_being_charged() -> None:
    gift = Profile(0, 1, "search", False, max_deliveries=6)
    found = branches(gift, Contract(30, charge_on=30, deliveries=6), 30)
    assert facts(list(found)) == [Fact.EXPIRED]


def test_a_cancelled_contract_keeps_its_history() -> None:
    assert cancelled(Contract(30, charge_on=30, deliveries=5)) == Contract(30, 30, "cancelled", 5)
