"""The bot's own clock: seconds since the epoch that go on evenly, whatever the machine's does.

Only the difference between two moments counts: when a photo is due, how long it waits.
A machine's clock that is set back by an hour must not make a photo due an hour later.
"""

import time

_STARTED_AT = time.time() - time.monotonic()


def steady_time() -> float:
    """As `time.time` was when the process started, and even since."""
    return _STARTED_AT + time.monotonic()
