"""Our two localizers beside each other, by engine: who is timed, and what is read from that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.answers import Timed
from benchmarks.accuracy.detectors import Candidate, our_pair
from inference_api.vision.released import PAIRS

ENGINES = ("savedmodel", "litert")  # runtimes, so that each stands in its `About` with its format


@dataclass(frozen=True, slots=True)
class Beside:
    """Both localizers, each alone, run by one engine."""

    engine: str
    original: Timed
    compact: Timed

    @property
    def original_format(self) -> str:
        """The number format that the original computes in."""
        return self.original.about.versions[self.engine]

    @property
    def compact_format(self) -> str:
        """The number format that the compact one computes in."""
        return self.compact.about.versions[self.engine]

    @property
    def times(self) -> float:
        """How many times faster the compact one is."""
        return self.original.ms / self.compact.ms


def localizers(models_dir: Path) -> list[Candidate]:
    """Both localizers with every engine, to be timed only."""
    return [
        our_pair(name_of(pair, engine), models_dir, pair=pair, engine=engine, alone=True)
        for engine in ENGINES
        for pair in PAIRS
    ]


def name_of(pair: str, engine: str) -> str:
    """What a localizer is called where it is timed alone.

    >>> name_of("compact", "litert")
    'compact with litert'
    """
    return f"{pair} with {engine}"


def beside_each_other(timed: Mapping[str, Timed]) -> Iterator[Beside]:
    """Both, for each engine that could run both."""
    for engine in ENGINES:
        names = name_of("original", engine), name_of("compact", engine)
        if timed.keys() >= {*names}:
            yield Beside(engine, *(timed[name] for name in names))
