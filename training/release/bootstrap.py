"""Intervals by resampling: how much of a figure is the luck of which photos were drawn."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
COVERAGE = 0.95

Rows = npt.NDArray[np.int64]


def interval(figure: Callable[[Rows], float], n: int, *, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of `figure`, a function of row numbers of N photos.

    Efron & Tibshirani 1993, chapter 13. Resamples for which the figure is undefined (NaN) are
    left out; no photos give (nan, nan).
    """
    if n == 0:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    values = [figure(rng.integers(0, n, n)) for _ in range(RESAMPLES)]
    tail = 50 * (1 - COVERAGE)
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)
