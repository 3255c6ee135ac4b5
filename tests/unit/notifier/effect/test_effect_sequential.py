"""Sequential: what may be said on which day, and how often looking daily is wrong."""

import math

import numpy as np
import pytest

from services.notifier.effect.sequential import WORTH, Arm, half_width, verdict


@pytest.mark.parametrize(
    ("sent", "held", "state"),
    [
        (Arm(900, 1000), Arm(70, 100), "effective"),
        (Arm(700, 1000), Arm(95, 100), "harmful"),
        (Arm(800, 1000), Arm(79, 100), "not_yet"),
        (Arm(160_000, 200_000), Arm(16_000, 20_000), "no_use"),
        (Arm(900, 1000), Arm(24, 29), "too_few"),
        (Arm(900, 1000), Arm(97, 101), "too_few"),
        (Arm(0, 0), Arm(0, 0), "too_few"),
    ],
)
def test_what_is_said(sent: Arm, held: Arm, state: str) -> None:
    assert verdict(sent, held).state == state


def test_the_interval_is_robbins_mixture_and_wider_than_that_of_one_look() -> None:
    tau = ((1.96 + 0.84) / 0.05) ** 2 / 8.212
    for information in (100.0, 5_000.0, 1e6):
        mixed = information + tau
        assert half_width(information) == pytest.approx(
            math.sqrt(mixed * math.log(mixed / (0.05**2 * tau))) / information
        )
        assert half_width(information) > 1.96 / math.sqrt(information)


def test_more_is_what_it_takes_to_see_an_effect_of_this_size() -> None:
    found = verdict(Arm(3_400, 4_000), Arm(324, 400))
    assert found.state == "not_yet"
    assert found.more is not None
    assert found.more > 1

    later = found.more * 1.01
    assert verdict(Arm(3_400 * later, 4_000 * later), Arm(324 * later, 400 * later)).state == "effective"


def test_an_effect_too_small_to_matter_is_not_waited_for_for_ever() -> None:
    found = verdict(Arm(3_200, 4_000), Arm(320, 400))
    assert found.more is not None
    many = Arm(3_200 * found.more * 1.01, 4_000 * found.more * 1.01)
    assert half_width(1 / (0.16 / many.size + 0.16 / (many.size / 10))) == pytest.approx(WORTH, rel=0.05)


def test_looked_at_daily_nothing_is_called_an_effect_more_often_than_promised() -> None:
    rng, wrong, scenarios = np.random.default_rng(3), 0, 200
    for _ in range(scenarios):
        held = rng.random(6_000) < 0.15
        kept = rng.random(6_000) < 0.8
        counts = np.stack([~held, ~held & kept, held, held & kept]).cumsum(axis=1)[:, 19::20]
        said = {verdict(Arm(b, a), Arm(d, c)).state for a, b, c, d in counts.T.tolist()}
        wrong += bool(said & {"effective", "harmful"})
    assert wrong / scenarios <= 0.05
