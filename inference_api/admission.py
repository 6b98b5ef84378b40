"""Decides which photos are taken in: those that can be answered in time.

A queue bounded by a count collapses under overload, because it admits what will time out; this
one is bounded by the predicted wait. It belongs to one event loop and takes no lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from inference_api.errors import OverloadedError

_WEIGHT = 0.1  # of the newest photo in the moving means


class Admission:
    """Counts the photos taken in and predicts how long one more would wait."""

    def __init__(self, *, deadline_s: float) -> None:
        self.pending = 0
        self._deadline_s = deadline_s
        self._stage_s: dict[str, float] = {}

    @property
    def seconds_per_photo(self) -> float:
        """What one more photo costs, summed over its stages."""
        return sum(self._stage_s.values())

    @property
    def predicted_s(self) -> float:
        """How long a photo that came now would take, with all that are before it."""
        return (self.pending + 1) * self.seconds_per_photo

    def observe(self, stage: str, seconds: float) -> None:
        """Note that one photo took `seconds` of `stage`'s capacity."""
        known = self._stage_s.get(stage, seconds)
        self._stage_s[stage] = known + _WEIGHT * (seconds - known)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Count a photo for as long as the context lasts.

        Raises OverloadedError when it would not be answered by its deadline. A photo that
        finds nothing before it is always taken, so that a wrong estimate can heal.
        """
        if self.pending and self.predicted_s > self._deadline_s:
            raise OverloadedError(retry_after_s=self.predicted_s - self._deadline_s)
        self.pending += 1
        try:
            yield
        finally:
            self.pending -= 1
