"""The benchmark of the measured effect: its truth is the simulation's, and its line has what it promises."""

import msgspec
import pytest
from click.testing import CliRunner

from benchmarks.effect.__main__ import main
from benchmarks.effect.hillstrom import FILE, lifts
from benchmarks.effect.people import answering, people
from benchmarks.effect.runs import Held, run
from services.notifier.effect.difference import Difference
from simulation import truth


def test_the_truth_of_being_left_alone_is_the_simulations_own() -> None:
    for one in people(12, seed=3):
        ends = truth.contract_ends(one.profile, one.contract, one.day, 60)
        assert one.alone.lost == pytest.approx(ends.cancelled + ends.failed)
        assert 0 <= one.alone.parcels <= 5
        assert (one.sent.lost < one.alone.lost) == (answering(one.profile).frailty < one.profile.frailty)


def test_a_run_estimates_about_what_is_true() -> None:
    pool = list(people(60, seed=3))
    found = run(pool, 1_200, 1, lambda ref: ref.endswith(("1", "2", "3")))
    assert found.held == 360
    assert found.retention.found.value == pytest.approx(found.retention.true, abs=0.08)
    assert found.profit.found.error is not None


def test_a_truth_outside_its_interval_is_not_covered() -> None:
    assert Held(0.3, Difference(0.2, 0.1, 0.3)).covered
    assert not Held(0.31, Difference(0.2, 0.1, 0.3)).covered
    assert not Held(0.2, Difference(0.2)).covered


def test_the_benchmark_ends_with_its_line() -> None:
    asked = ["--runs", "3", "--watched", "2", "--people", "50", "--json"]
    ended = CliRunner().invoke(main, asked)
    told = msgspec.json.decode(ended.stdout.splitlines()[-1])
    assert (told["runs"], told["watched"], told["people"]) == (3, 2, 1_500)
    assert 0 <= told["covered"] <= 3
    assert told["true_effect"] > 0


@pytest.mark.skipif(not FILE.exists(), reason="Hillstrom's experiment is not beside the repository")
def test_hillstroms_experiment_comes_out_as_it_was_published() -> None:
    found = lifts()
    assert found is not None
    assert [(one.mail, one.outcome) for one in found if not one.same] == []
    assert all(one.low > 0 for one in found)
