"""From single ratings to what a rater does: the share that puts a photo into the upper half.

A panel has its leanings towards groups, and a mean of ratings carries them on. So each rater's
ratings of one ethnic group are looked at by themselves, women and men counting equally; what is
left is how the rater orders the faces of that group. That groups count equally is a choice about
values, not a finding.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RATINGS_FILE = "ratings.csv.gz"  # beside an index: `image,rater,rating`
FEWEST_RATINGS = 4  # of one rater in one ethnic group; fewer have no halves


class Rating(NamedTuple):
    """What one rater gave one photo, on any scale that rises."""

    image: str
    rater: str
    rating: float


class UpperHalf(NamedTuple):
    """The share of `n_ratings` ratings that put a photo into its group's upper half, 0-1."""

    share: float
    n_ratings: int


def read_ratings(folder: Path) -> list[Rating]:
    """The single ratings beside a folder's index; empty where there are none."""
    if not (folder / RATINGS_FILE).is_file():
        return []
    with gzip.open(folder / RATINGS_FILE, "rt", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return [Rating(row["image"], row["rater"], float(row["rating"])) for row in rows]


def upper_halves(
    ratings: Iterable[Rating], groups: Mapping[str, Mapping[str, str]]
) -> dict[str, UpperHalf]:
    """For each photo the share of its ratings in the upper half of the rater's own.

    groups: `ethnicity` and `gender` of each photo. Ratings of a rater who saw fewer than
    FEWEST_RATINGS faces of the ethnic group, or only one gender of it, say nothing.
    """
    by_rater: dict[tuple[str, str], list[Rating]] = defaultdict(list)
    for rating in ratings:
        by_rater[rating.rater, groups[rating.image]["ethnicity"]].append(rating)
    parts: dict[str, list[float]] = defaultdict(list)
    for own in by_rater.values():
        for image, part in _parts(own, groups):
            parts[image].append(part)
    return {image: UpperHalf(float(np.mean(own)), len(own)) for image, own in parts.items()}


def _parts(
    own: list[Rating], groups: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, float]]:
    """How much of each of one rater's ratings of one ethnic group lies in their upper half."""
    genders = [groups[rating.image]["gender"] for rating in own]
    if len(own) < FEWEST_RATINGS or len(set(genders)) < 2:
        return
    weights = np.array([1 / genders.count(gender) for gender in genders])
    weights /= weights.sum()
    values = np.array([rating.rating for rating in own])
    for rating in own:
        yield rating.image, upper_part(values, weights, rating.rating)


def upper_part(
    values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], rating: float
) -> float:
    """The part of the ranks that `rating` covers that is above one half, 0-1.

    A rating covers the ranks from the share of weight below it to the share not above it.

    >>> upper_part(np.array([1.0, 2, 2, 3]), np.full(4, 0.25), 2)  # ranks 0.25 to 0.75
    0.5
    """
    below, not_above = weights[values < rating].sum(), weights[values <= rating].sum()
    return float(np.clip((not_above - 0.5) / (not_above - below), 0, 1))
