"""Saying something once where the same reason comes many times in a moment."""

import time
from collections.abc import Callable


class OncePer:
    """Remembers keys for a while; in memory, since a word too many after a restart is no harm."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: dict[int, float] = {}

    def first(self, key: int) -> bool:
        """Whether `key` did not come within the last seconds; if so, they start now."""
        now = self._clock()
        self._until = {known: until for known, until in self._until.items() if until > now}
        if key in self._until:
            return False
        self._until[key] = now + self._seconds
        return True
