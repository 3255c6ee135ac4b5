"""Quantiles of the normal and of Student's t distribution, by formula."""

from statistics import NormalDist

LEVEL = 0.95
_NORMAL = NormalDist()


def z_of(level: float = LEVEL) -> float:
    """Half-width in standard deviations of the two-sided normal interval of this level."""
    return _NORMAL.inv_cdf((1 + level) / 2)


def t_of(freedom: float, level: float = LEVEL) -> float:
    """As `z_of` for Student's t with `freedom` degrees, at least 3: within 0.3 %, from 10 on within 0.01 %.

    The expansion of Fisher & Cornish (1960), Technometrics 2, as in Abramowitz & Stegun 26.7.5.
    """
    z = z_of(level)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    n = max(3.0, freedom)
    return z + sum(term / n ** (power + 1) for power, term in enumerate(terms))


def p_of(z: float) -> float:
    """Two-sided p-value of a standard normal."""
    return 2 * _NORMAL.cdf(-abs(z))
