"""Who the faces of a reference set are, in numbers: age, and ethnicity beyond age and gender."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Records = Sequence[dict[str, Any]]
ADULT = 20.0  # years; age groups that begin there hold no children
CLOSING_YEARS = 10  # how far "more than 70" is taken to reach


def years(age: str) -> float:
    """The middle of an age group, in years.

    >>> years("20-29"), years("24"), years("more than 70")
    (25.0, 24.0, 75.0)
    """
    first, *last = [float(number) for number in re.findall(r"\d+", age)]
    if "more" in age:
        return first + CLOSING_YEARS / 2
    return (first + last[0] + 1) / 2 if last else first


def are_adults(records: Records) -> npt.NDArray[np.bool_]:
    """Whether each face belongs to an age group of adults, (N,)."""
    return np.array([years(record["group"]["age"]) >= ADULT for record in records], bool)


def ethnicity_residuals(records: Records) -> Floats:
    """Indicators of each ethnicity (N, G) less what gender and age group tell of them.

    Ordinary least squares; a prediction that is uncorrelated with all of them favors no ethnicity
    over another among faces of the same gender and age.
    """
    if not records:
        return np.empty((0, 0))
    ethnicities, genders, ages = (
        _indicators([record["group"][kind] for record in records])
        for kind in ("ethnicity", "gender", "age")
    )
    known = np.concatenate([genders, ages], axis=1)
    told, *_ = np.linalg.lstsq(known, ethnicities, rcond=None)
    return np.asarray(ethnicities - known @ told)


def _indicators(values: Sequence[str]) -> Floats:
    names = sorted(set(values))
    return np.array([[value == name for name in names] for value in values], np.float64)
