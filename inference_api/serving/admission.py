"""Decides which photos are taken in: those that can be answered in time.

A queue bounded by a count collapses under overload, because it admits what will time out; this
one is bounded by the predicted wait. It belongs to one event loop and takes no lock.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inference_api.errors import OverloadedError

_WEIGHT = 0.1  # of the newest photo in the moving means
_PACED = 32  # answers that the pace is taken from: some batches
_MARGIN = 0.7  # of the deadline; later ones may be run in a batch that ends too late


class Admission:
    """Counts the photos taken in and predicts how long one more would wait.

    clock: seconds that only grow.
    """

    def __init__(self, *, deadline_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.pending = 0
        self._deadline_s = deadline_s
        self._clock = clock
        self._stage_s: dict[str, float] = {}
        self._answered_at: deque[float] = deque(maxlen=_PACED)  # since something waits

    @property
    def seconds_per_photo(self) -> float:
        """What one more photo costs: its stages, or the pace of late if that is slower.

        The stages are what the work takes by itself. Whatever else the machine does, such as
        refusing photos, shows in the pace at which answers leave.
        """
        return max(sum(self._stage_s.values()), self._pace_s)

    @property
    def predicted_s(self) -> float:
        """How long a photo that came now would take, with all that are before it."""
        return (self.pending + 1) * self.seconds_per_photo

    def observe(self, stage: str, seconds: float) -> None:
        """Note that one photo took `seconds` of `stage`'s capacity."""
        known = self._stage_s.get(stage, seconds)
        self._stage_s[stage] = known + _WEIGHT * (seconds - known)

    def check(self) -> None:
        """Raise OverloadedError when a photo that came now would not be answered in time.

        One that finds nothing before it is always taken, so that a wrong estimate can heal.
        """
        excess_s = self.predicted_s - _MARGIN * self._deadline_s
        if self.pending and excess_s > 0:
            raise OverloadedError(retry_after_s=excess_s)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Check, then count a photo for as long as the context lasts. Raises OverloadedError."""
        self.check()
        self.pending += 1
        try:
            yield
            self._answered_at.append(self._clock())
        finally:
            self.pending -= 1
            if not self.pending:
                self._answered_at.clear()

    @property
    def _pace_s(self) -> float:
        """Seconds between answers while others waited; 0 until enough were given."""
        if len(self._answered_at) < _PACED:
            return 0.0
        return (self._clock() - self._answered_at[0]) / (_PACED - 1)
