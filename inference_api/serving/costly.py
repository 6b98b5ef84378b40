"""Which files were found to cost much, so that sending one again costs nothing more.

A file is known by a hash that is other in each process; nothing of it is kept.
"""

from collections import OrderedDict

from inference_api.errors import ImageRejectedError

_MOST = 1024  # files


class CostlyFiles:
    """The last files that were too much for the quick lane, and what the slow one said of them."""

    def __init__(self) -> None:
        self._found: OrderedDict[int, ImageRejectedError | None] = OrderedDict()

    def note(self, purpose: str, data: bytes, refused: ImageRejectedError | None = None) -> None:
        """Remember that `data` costs much for this `purpose`, and why it was refused if it was."""
        key = hash((purpose, data))
        self._found[key] = refused
        self._found.move_to_end(key)
        if len(self._found) > _MOST:
            self._found.popitem(last=False)

    def check(self, purpose: str, data: bytes) -> bool:
        """Whether `data` is known to cost much. Raises ImageRejectedError if it was refused."""
        if not self._found or (key := hash((purpose, data))) not in self._found:
            return False
        if refused := self._found[key]:
            raise refused.with_traceback(None)
        return True
