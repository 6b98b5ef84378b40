"""API keys: who may send photos, and how many a minute.

The file holds no key, only `<SHA-256 of the key> <name>` a line, as
`python -m inference_api key NAME` makes it. A plain hash is enough, as keys are long and random.
"""

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from inference_api.http.problems import KEY_MISSING, KEY_REFUSED, QUOTA, ProblemError, retry_after
from inference_api.settings import read_keys

_LOG = logging.getLogger(__name__)


class KeyRing:
    """The keys that are let in, each with `per_minute` photos (0: any number)."""

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        per_minute: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._names: Mapping[str, str] = {}
        self._left: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self.replace(names)

    def replace(self, names: Mapping[str, str]) -> None:
        """Let in these keys from now on; what one that stays has left of its minute stays, too."""
        now, full = self._clock(), float(self._per_minute)
        self._left = {each: self._left.get(each, full) for each in names}
        self._seen = {each: self._seen.get(each, now) for each in names}
        self._names = names

    def admit(self, key: str | None) -> str:
        """Let one photo of `key` in; whose key it is.

        Raises ProblemError: key missing, refused, or quota.
        """
        if key is None:
            raise ProblemError(KEY_MISSING, headers={"WWW-Authenticate": "Bearer"})
        digest = hashlib.sha256(key.encode()).hexdigest()
        matches = [known for known in self._left if hmac.compare_digest(known, digest)]
        if not matches:
            raise ProblemError(KEY_REFUSED)
        if self._per_minute:
            self._take(matches[0])
        return self._names[matches[0]]

    def _take(self, digest: str) -> None:
        """Spend one token of a bucket that fills evenly over the minute."""
        now, per_second = self._clock(), self._per_minute / 60
        gained = (now - self._seen[digest]) * per_second
        left = min(float(self._per_minute), self._left[digest] + gained)
        self._seen[digest], self._left[digest] = now, left
        if left < 1:
            raise ProblemError(QUOTA, headers=retry_after((1 - left) / per_second))
        self._left[digest] = left - 1


class KeyFile:
    """The keys of a file, which is read again when it has changed."""

    def __init__(self, path: Path, *, per_minute: int) -> None:
        self._path = path
        self._ring = KeyRing(read_keys(path), per_minute=per_minute)
        self._read = _state_of(path)

    def admit(self, key: str | None) -> str:
        """As `KeyRing.admit`. A file that cannot be read changes nothing but the log."""
        try:
            if (state := _state_of(self._path)) != self._read:
                self._read = state
                self._ring.replace(read_keys(self._path))
                _LOG.warning("the keys were read again")
        except (OSError, ValueError) as error:
            _LOG.error("the keys stay as they were: %s", error)
        return self._ring.admit(key)


def new_key(name: str) -> tuple[str, str]:
    """A new random key, and the line for the file that lets it in."""
    key = secrets.token_urlsafe(32)
    return key, f"{hashlib.sha256(key.encode()).hexdigest()} {name}"


def _state_of(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
