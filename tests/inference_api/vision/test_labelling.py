"""A label, "not sure" or none: each rule at its edge, and which goes before which."""

import pytest

from inference_api.vision.labelling import Opinion, answer, beside_the_cut
from inference_api.vision.spec import NotSure

STRICT = NotSure(least_probability=0.6, least_side=40, least_clear=0.5)


@pytest.fixture
def spec(classifier_spec):
    """A cut at 0.25, adults from 20 years, and everything that can make it unsure."""
    rules = {"threshold": 0.25, "adult_from_years": 20.0, "not_sure": STRICT}
    return classifier_spec.model_copy(update=rules)


@pytest.mark.parametrize(
    ("upper", "label", "probability"),
    [(0, "Blue", 1), (0.4999, "Blue", 0.5001), (0.5, "Red", 0.5), (1, "Red", 1)],
)
def test_at_a_cut_of_one_half_the_probability_is_the_network_s(
    classifier_spec, upper, label, probability
):
    said = answer(Opinion(upper), classifier_spec, side=1)
    assert (said.label, said.probability) == (label, pytest.approx(probability))


@pytest.mark.parametrize(
    ("upper", "cut", "expected"),
    [
        (0.25, 0.25, 0.5),
        (0.5, 0.25, 0.75),  # odds of 1 are three times the cut's odds of 1/3
        (0.1, 0.25, 0.25),  # odds of 1/9 are a third of them
        (0.0, 0.0, 0.5),
        (1.0, 1.0, 0.5),
        (1.0, 0.25, 1.0),
    ],
)
def test_odds_are_compared_with_the_cut_s(upper, cut, expected):
    assert beside_the_cut(upper, cut=cut) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("opinion", "side", "verdict", "reason"),
    [
        (Opinion(0.6, 30.0, 0.9), 90, "labelled", "none"),
        (Opinion(0.6, 20.0, 0.5), 40, "labelled", "none"),  # each rule's very edge
        (Opinion(0.6, 19.9, 0.9), 90, "no_label_for_children", "looks_under_age"),
        (Opinion(0.6, 30.0, 0.9), 39.9, "not_sure", "too_small"),
        (Opinion(0.6, 30.0, 0.49), 90, "not_sure", "unclear"),
        (Opinion(0.3, 30.0, 0.9), 90, "not_sure", "near_the_cut"),
        (Opinion(0.2, 30.0, 0.9), 90, "not_sure", "near_the_cut"),
        (Opinion(0.25, 5.0, 0.1), 9, "no_label_for_children", "looks_under_age"),  # first of all
        (Opinion(0.25, 30.0, 0.1), 9, "not_sure", "too_small"),
        (Opinion(0.6), 90, "labelled", "none"),  # a network that says no more
    ],
)
def test_each_rule_holds_at_its_edge(spec, opinion, side, verdict, reason):
    said = answer(opinion, spec, side=side)
    assert (said.verdict, said.reason) == (verdict, reason)


def test_without_a_label_there_is_a_word_and_no_probability(spec):
    child, unsure = (answer(Opinion(0.9, age), spec, side=1) for age in (5.0, 50.0))
    assert (child.label, child.probability) == ("no label for children", None)
    assert (unsure.label, unsure.probability) == ("not sure", None)


def test_a_label_s_probability_is_never_below_one_half(spec):
    opinions = [Opinion(step / 100) for step in range(101)]
    given = [answer(each, spec, side=99).probability for each in opinions]
    assert min(each for each in given if each is not None) >= 0.6


def test_a_spec_asks_for_no_output_that_it_makes_no_use_of(spec, classifier_spec):
    assert [*classifier_spec.outputs] == ["probability"]
    assert [*spec.outputs] == ["probability", "age_years", "clear_probability"]
