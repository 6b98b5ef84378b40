"""Saying something once where the same reason comes many times in a moment."""

import time
from collections.abc import Callable, Hashable

LEAST_KEPT = 100


class OncePer:
    """Remembers keys for a while; in memory, since a word too many after a restart is no harm."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: dict[Hashable, float] = {}
        self._look_at = LEAST_KEPT

    def first(self, key: Hashable) -> bool:
        """Whether `key` did not come within the last seconds; if so, they start now."""
        if self.goes_on(key):
            return False
        self.note(key)
        return True

    def goes_on(self, key: Hashable) -> bool:
        """Whether `key` came within the last seconds."""
        return self._until.get(key, 0) > self._clock()

    def note(self, key: Hashable) -> None:
        """It came: the seconds start anew."""
        now = self._clock()
        if len(self._until) >= self._look_at:
            self._until = {known: until for known, until in self._until.items() if until > now}
            self._look_at = 2 * len(self._until) + LEAST_KEPT
        self._until[key] = now + self._seconds
