"""API keys: who may send photos, and how many a minute.

The file holds no key, only `<SHA-256 of the key> <name>` a line, as this makes it:
`printf %s "$KEY" | sha256sum >> keys`. A plain hash is enough, as keys are long and random.
"""

import hashlib
import hmac
import time
from collections.abc import Callable

from inference_api.http.problems import KEY_MISSING, KEY_REFUSED, QUOTA, ProblemError, retry_after


class KeyRing:
    """The keys that are let in, each with `per_minute` photos (0: any number)."""

    def __init__(
        self,
        digests: tuple[str, ...],
        *,
        per_minute: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left = dict.fromkeys(digests, float(per_minute))
        self._seen = dict.fromkeys(digests, clock())

    def admit(self, key: str | None) -> None:
        """Let one photo of `key` in. Raises ProblemError: key missing, refused, or quota."""
        if key is None:
            raise ProblemError(KEY_MISSING, headers={"WWW-Authenticate": "Bearer"})
        digest = hashlib.sha256(key.encode()).hexdigest()
        matches = [known for known in self._left if hmac.compare_digest(known, digest)]
        if not matches:
            raise ProblemError(KEY_REFUSED)
        if self._per_minute:
            self._take(matches[0])

    def _take(self, digest: str) -> None:
        """Spend one token of a bucket that fills evenly over the minute."""
        now, per_second = self._clock(), self._per_minute / 60
        gained = (now - self._seen[digest]) * per_second
        left = min(float(self._per_minute), self._left[digest] + gained)
        self._seen[digest], self._left[digest] = now, left
        if left < 1:
            raise ProblemError(QUOTA, headers=retry_after((1 - left) / per_second))
        self._left[digest] = left - 1
