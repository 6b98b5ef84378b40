"""From what a classifier says of a face to what is answered: a label, "not sure", or none.

A child gets no label. A face that is too small or unclear, or too near the cut, is "not sure".
The rest get the label on their side of the cut.
"""

from enum import StrEnum
from typing import NamedTuple

from inference_api.vision.spec import ClassifierSpec


class Verdict(StrEnum):
    """Which kind of answer a face gets."""

    LABELLED = "labelled"
    NOT_SURE = "not_sure"
    CHILD = "no_label_for_children"


class Reason(StrEnum):
    """Why a face gets no label; NONE where it gets one."""

    NONE = "none"
    CHILD = "looks_under_age"
    SMALL = "too_small"
    UNCLEAR = "unclear"
    NEAR_CUT = "near_the_cut"


class Opinion(NamedTuple):
    """What the classifier says of one face.

    upper: the probability of the upper category. age_years, clear: None where the network does
    not say how old the face looks, and how probable it is that it can be seen well.
    """

    upper: float
    age_years: float | None = None
    clear: float | None = None


class Answer(NamedTuple):
    """What is said of one face.

    label: one of the spec's words, "not sure" and "no label for children" among them.
    probability: of the label, from 0.5 on; None unless the verdict is LABELLED.
    """

    verdict: Verdict
    reason: Reason
    label: str
    probability: float | None


def answer(opinion: Opinion, spec: ClassifierSpec, *, side: float) -> Answer:
    """The answer about a face whose box's longer side has `side` pixels in the photo."""
    words = spec.labels
    if _is_child(opinion, spec):
        return Answer(Verdict.CHILD, Reason.CHILD, words.child, None)
    upper = beside_the_cut(opinion.upper, cut=spec.threshold)
    is_upper = opinion.upper >= spec.threshold
    probability = upper if is_upper else 1 - upper
    if reason := _doubt(opinion, spec, side=side, probability=probability):
        return Answer(Verdict.NOT_SURE, reason, words.not_sure, None)
    label = words.upper if is_upper else words.lower
    return Answer(Verdict.LABELLED, Reason.NONE, label, probability)


def beside_the_cut(probability: float, *, cut: float) -> float:
    """How probable it is that a rater puts this face above one that lies at the cut.

    Odds are divided by the cut's odds (Bradley & Terry 1952, doi:10.2307/2334029), so that a
    face at the cut has one half.

    >>> beside_the_cut(0.25, cut=0.25)
    0.5
    >>> round(beside_the_cut(0.5, cut=0.25), 2)
    0.75
    """
    above, below = probability * (1 - cut), (1 - probability) * cut
    return above / (above + below) if above + below else 0.5


def _is_child(opinion: Opinion, spec: ClassifierSpec) -> bool:
    if spec.adult_from_years is None or opinion.age_years is None:
        return False
    return opinion.age_years < spec.adult_from_years


def _doubt(
    opinion: Opinion, spec: ClassifierSpec, *, side: float, probability: float
) -> Reason | None:
    """What speaks against a label, the photo's own faults first."""
    rule = spec.not_sure
    if side < rule.least_side:
        return Reason.SMALL
    clear = 1.0 if opinion.clear is None else opinion.clear
    if clear < (rule.least_clear or 0):
        return Reason.UNCLEAR
    return Reason.NEAR_CUT if probability < rule.least_probability else None
