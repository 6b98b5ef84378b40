"""Asks all detectors about the same photos, and goes on without those that cannot answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.accuracy.answers import Answers, Timed, answers_of, times_of
from benchmarks.accuracy.detectors import Candidate, DetectorFailedError
from benchmarks.accuracy.faces import Figures, Validation, figures_of

TIMED = 105  # photos of each kind, spread evenly over all


@dataclass(frozen=True, slots=True)
class Compared:
    """By the detector's name what it answered, what that is worth, and how long it takes.

    timed: on photos of one face and of none, also those that were timed only; timed_several: on
    photos of several faces. absent: words on those that are not there or failed.
    """

    answers: dict[str, Answers] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)
    timed: dict[str, Timed] = field(default_factory=dict)
    timed_several: dict[str, Timed] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def compare(
    everyone: Sequence[Candidate],
    validation: Validation,
    *,
    kept: Path,
    reuse: bool,
    timed_only: Sequence[Candidate] = (),
) -> Compared:
    """Ask everyone who is there about all photos, then time them beside each other.

    kept: folder of their answers. timed_only: who is timed with them but not asked, under names
    of their own. Raises ImageRejectedError for a photo that cannot be decoded.
    """
    compared = Compared()
    for candidate in _there(everyone, compared):
        _ask(candidate, validation, compared, kept=kept, reuse=reuse)
    answered = [each for each in everyone if each.name in compared.figures]
    few, many = validation.paths_of_few, validation.paths_of_several
    _time([*answered, *_there(timed_only, compared)], few, compared.timed, compared.absent)
    _time(answered, many, compared.timed_several, compared.absent)
    return compared


def _there(candidates: Iterable[Candidate], compared: Compared) -> Iterator[Candidate]:
    """Those that are installed, with a word on each of the others."""
    for candidate in candidates:
        if candidate.needs.exists():
            yield candidate
        else:
            compared.absent.append(f"{candidate.name} is skipped; {candidate.advice}.")


def _ask(
    candidate: Candidate, validation: Validation, compared: Compared, *, kept: Path, reuse: bool
) -> None:
    file = kept / f"{candidate.name.replace(' ', '_')}.jsonl"
    try:
        answers = answers_of(candidate, validation.paths, kept=file, reuse=reuse)
    except DetectorFailedError as error:
        compared.absent.append(str(error))
        return
    compared.answers[candidate.name] = answers
    compared.figures[candidate.name] = figures_of(answers, validation)


def _time(
    asked: Sequence[Candidate], photos: Sequence[Path], timed: dict[str, Timed], absent: list[str]
) -> None:
    """Time them all; one that fails is reported, and the others are timed without it."""
    if not photos or not asked:
        return
    some = [photos[row] for row in np.linspace(0, len(photos) - 1, TIMED).astype(int)]
    try:
        timed.update(times_of(asked, some))
    except DetectorFailedError as error:
        absent.append(str(error))
        _time([each for each in asked if each.name != error.name], photos, timed, absent)
