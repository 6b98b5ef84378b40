"""A circuit that stops calling a dead service, and tries it again with one call at a time."""

import time
from collections.abc import Callable


class Circuit:
    """Opens after `threshold` failures in a row and then lets one call through per `rest_s`."""

    def __init__(
        self,
        *,
        threshold: int = 5,
        rest_s: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._rest_s = rest_s
        self._clock = clock
        self._failures = 0
        self._closed_again_at = 0.0

    @property
    def rest_left_s(self) -> float:
        """Seconds until a call makes sense; 0 while the circuit is closed."""
        return max(0.0, self._closed_again_at - self._clock())

    def try_call(self) -> bool:
        """Whether a call may go out now; after a rest, this takes the turn to try."""
        if self.rest_left_s:
            return False
        if self._failures >= self._threshold:
            self._rest()
        return True

    def succeeded(self) -> None:
        """The service answered."""
        self._failures = 0
        self._closed_again_at = 0.0

    def failed(self) -> None:
        """The service did not answer, or not sensibly."""
        self._failures += 1
        if self._failures >= self._threshold:
            self._rest()

    def _rest(self) -> None:
        self._closed_again_at = self._clock() + self._rest_s
