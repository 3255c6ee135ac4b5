"""Holm: p-values of many questions that are asked at once."""

from collections.abc import Sequence


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Each adjusted so that of all that hold no difference, one is found in at most 5 of 100 cases at .05.

    Holm (1979), Scand. J. Stat. 6; None stays None and counts for nothing.
    """
    known = sorted((value, place) for place, value in enumerate(values) if value is not None)
    found: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (value, place) in enumerate(known):
        highest = max(highest, min(1.0, value * (len(known) - rank)))
        found[place] = highest
    return found
