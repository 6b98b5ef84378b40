"""Single ratings become shares of upper halves, worked out by hand."""

import gzip

import numpy as np
import pytest

from training.dataset.ratings import Rating, read_ratings, upper_halves, upper_part

GROUPS = {
    name: {"ethnicity": "x", "gender": gender}
    for name, gender in zip("abcd", ("female", "female", "male", "male"), strict=True)
}
OTHERS = {name.upper(): group | {"ethnicity": "y"} for name, group in GROUPS.items()}


def rated_by(rater, **ratings) -> list[Rating]:
    return [Rating(image, rater, rating) for image, rating in ratings.items()]


def test_no_ratings_say_nothing():
    assert upper_halves([], GROUPS) == {}


def test_the_upper_two_of_four_are_in_the_upper_half():
    halves = upper_halves(rated_by("r", a=1, b=4, c=2, d=3), GROUPS)
    assert {image: half.share for image, half in halves.items()} == {"a": 0, "b": 1, "c": 0, "d": 1}


def test_a_rating_on_both_sides_of_the_middle_counts_by_its_part():
    # a is below; b, c and d share the ranks from a quarter to one: two thirds lie above a half.
    halves = upper_halves(rated_by("r", a=1, b=2, c=2, d=2), GROUPS)
    assert halves["a"].share == 0
    assert halves["b"].share == pytest.approx(2 / 3)


def test_the_rank_is_among_the_raters_own_ratings_of_the_ethnic_group():
    """However high a group is rated as a whole, half of it is in the upper half."""
    low, high = {"a": 1, "b": 2, "c": 1, "d": 2}, {"A": 8, "B": 9, "C": 8, "D": 9}
    halves = upper_halves(rated_by("r", **low, **high), GROUPS | OTHERS)
    assert [halves[image].share for image in "abAB"] == [0, 1, 0, 1]


def test_women_and_men_count_equally_however_many_there_are():
    groups = {name: {"ethnicity": "x", "gender": "female"} for name in "abc"}
    groups["m"] = {"ethnicity": "x", "gender": "male"}
    # The one man weighs a half, and each woman a sixth: he covers the ranks up to a half.
    halves = upper_halves(rated_by("r", m=1, a=2, b=3, c=4), groups)
    assert [halves[image].share for image in "mabc"] == pytest.approx([0, 1, 1, 1])


def test_raters_are_averaged_and_counted():
    ratings = rated_by("r", a=1, b=4, c=2, d=3) + rated_by("s", a=4, b=3, c=2, d=1)
    halves = upper_halves(ratings, GROUPS)
    assert halves["a"] == (0.5, 2)
    assert halves["b"] == (1, 2)


@pytest.mark.parametrize(
    "ratings",
    [rated_by("r", a=1, b=2, c=3), rated_by("r", a=1, b=2)],
    ids=["three of them", "one gender"],
)
def test_too_little_says_nothing(ratings):
    assert upper_halves(ratings, GROUPS) == {}


@pytest.mark.parametrize(("rating", "part"), [(1, 0), (2, 0.5), (3, 1)])
def test_the_part_above_the_middle(rating, part):
    assert upper_part(np.array([1.0, 2, 2, 3]), np.full(4, 0.25), rating) == part


def test_ratings_are_read_from_beside_the_index(tmp_path):
    assert read_ratings(tmp_path) == []
    with gzip.open(tmp_path / "ratings.csv.gz", "wt", encoding="utf-8") as file:
        file.write("image,rater,rating\nimages/a.jpg,7,4.5\n")
    assert read_ratings(tmp_path) == [Rating("images/a.jpg", "7", 4.5)]
