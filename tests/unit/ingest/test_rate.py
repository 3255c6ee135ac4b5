"""One shop's flood is its own trouble: it is told when to come again, and nobody else is."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.carts import CARTS
from services.ingest.rate import Allowance, Allowances, cost_of_lines
from services.ingest.shops import Account

ACCOUNT = Account("kirei", CARTS["shopify"], (b"hush",))
OTHER = Account("sara", CARTS["shopify"], (b"hush",))


class Clock:
    """Stands still until it is put forward."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_burst_is_let_in_and_what_follows_waits_for_its_turn() -> None:
    clock = Clock()
    allowances = Allowances(Allowance(rate=8, burst=3), clock)

    assert [allowances.wait(ACCOUNT) for _ in range(4)] == [0, 0, 0, 0.125]
    clock.at += 0.125
    assert [allowances.wait(ACCOUNT) for _ in range(2)] == [0, 0.125]


def test_who_is_refused_pays_nothing() -> None:
    clock = Clock()
    allowances = Allowances(Allowance(rate=1, burst=1), clock)

    assert allowances.wait(ACCOUNT) == 0
    assert {allowances.wait(ACCOUNT) for _ in range(100)} == {1.0}


def test_one_shop_uses_up_nothing_of_another() -> None:
    allowances = Allowances(Allowance(rate=1, burst=1), Clock())

    assert allowances.wait(ACCOUNT) == 0
    assert allowances.wait(OTHER) == 0


def test_a_shop_may_have_an_allowance_of_its_own() -> None:
    allowances = Allowances(Allowance(rate=1, burst=1), Clock())
    large = Account("kirei", CARTS["shopify"], (b"hush",), rate=100.0, burst=5)

    assert [allowances.wait(large) for _ in range(6)] == [0, 0, 0, 0, 0, 0.01]


def test_both_ways_in_use_the_same_allowance() -> None:
    allowances = Allowances(Allowance(rate=1, burst=10), Clock())

    assert allowances.wait(ACCOUNT, cost_of_lines(901)) == 0
    assert allowances.wait(ACCOUNT) == 1.0


def test_what_costs_more_than_a_whole_burst_is_let_in_and_paid_for_afterwards() -> None:
    clock = Clock()
    allowances = Allowances(Allowance(rate=4, burst=5), clock)

    assert allowances.wait(ACCOUNT, 105) == 0
    assert allowances.wait(ACCOUNT) == 25.25
    clock.at += 25.25
    assert allowances.wait(ACCOUNT) == 0


def test_lines_cost_a_hundredth_each_and_at_least_one() -> None:
    assert [cost_of_lines(lines) for lines in (0, 1, 100, 101, 100_000)] == [1, 1, 1, 2, 1000]


@given(
    rate=st.floats(0.1, 1000),
    burst=st.integers(1, 100),
    pauses=st.lists(st.floats(0, 10), max_size=200),
)
def test_no_more_than_the_burst_and_the_rate_together(rate: float, burst: int, pauses: list[float]) -> None:
    clock = Clock()
    allowances = Allowances(Allowance(rate, burst), clock)
    began, taken = clock.at, 0

    for pause in pauses:
        clock.at += pause
        taken += allowances.wait(ACCOUNT) == 0

    assert taken <= burst + rate * (clock.at - began) + 1e-6


@given(rate=st.floats(0.1, 1000), burst=st.integers(1, 10), costs=st.lists(st.integers(1, 30), max_size=50))
def test_who_comes_when_told_is_let_in(rate: float, burst: int, costs: list[int]) -> None:
    clock = Clock()
    allowances = Allowances(Allowance(rate, burst), clock)

    for cost in costs:
        if seconds := allowances.wait(ACCOUNT, cost):
            clock.at += seconds + 1e-6
            assert allowances.wait(ACCOUNT, cost) == 0
