"""Intervals by resampling: how much of a figure is the luck of which photos were drawn."""

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.stats import DegenerateDataWarning, bootstrap

RESAMPLES = 1000
PERCENTILES = 2.5, 97.5  # between them lie 95 %

Rows = npt.NDArray[np.int64]


def interval(figure: Callable[[Rows], float], n: int, *, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of `figure`, a function of row numbers of N photos.

    Efron & Tibshirani 1993, chapter 13. Resamples for which the figure is undefined (NaN) are
    left out; no photos give (nan, nan).
    """
    if n < 2:  # nothing to draw from
        only = float(figure(np.arange(n))) if n else float("nan")
        return only, only
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        # undefined: the correlation of one photo drawn n times, say
        warnings.simplefilter("ignore", DegenerateDataWarning)
        drawn = bootstrap(
            (np.arange(n),), figure, vectorized=False, n_resamples=RESAMPLES, method="percentile",
            rng=seed,
        )  # fmt: skip
    low, high = np.nanpercentile(drawn.bootstrap_distribution, PERCENTILES)
    return float(low), float(high)
