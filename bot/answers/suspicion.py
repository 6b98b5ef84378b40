"""Which photo the service fails on, where it answers others: that one is given up alone."""

from collections import OrderedDict

from bot.inference.errors import BadReplyError, InferenceError, InferenceUnavailableError

MOST_REMEMBERED = 1000
TWICE = 2
BROKEN_TIMES = 4
"""A connection also breaks where the service is restarted, which is no photo's fault."""


class Suspicion:
    """Counts how often a photo failed in the same way; in memory, as it is only about the next try.

    `answered`, a number that rises with each answer of the service, tells whether it lives.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[int, str], tuple[int, int]] = OrderedDict()

    def failed(self, update_id: int, error: InferenceError, *, answered: int) -> bool:
        """Whether it failed often enough; another question is whether the service is well."""
        key = update_id, _way(error)
        times, answered_then = self._failures.get(key, (0, answered))
        self._failures[key] = times + 1, answered_then
        self._failures.move_to_end(key)
        if len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)
        return times + 1 >= (TWICE if _replied(error) else BROKEN_TIMES)

    def others_were_answered(self, update_id: int, error: InferenceError, *, answered: int) -> bool:
        """Whether the service answered anything since the photo failed in this way first."""
        _, then = self._failures.get((update_id, _way(error)), (0, answered))
        return answered > then


def _way(error: InferenceError) -> str:
    match error:
        case BadReplyError():
            return f"status {error.status}"
        case InferenceUnavailableError():
            return error.reason
    return type(error).__name__


def _replied(error: InferenceError) -> bool:
    """It answered nonsense, or worked on it until the time was over; it did not break off."""
    return isinstance(error, BadReplyError) or "Timeout" in _way(error)
