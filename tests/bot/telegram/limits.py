"""Telegram's limits, held strictly: each message that breaks one is counted."""

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

PER_SECOND = 30
PER_MINUTE_IN_A_GROUP = 20
CHAT_INTERVAL_S = 0.98  # one second, less what a loopback and a busy machine blur


@dataclass
class Limits:
    violations: list[str] = field(default_factory=list)
    _all: deque[float] = field(default_factory=deque)
    _chats: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def count(self, chat_id: int, messages: int) -> None:
        """A call that sends `messages` messages to the chat arrived now."""
        now = time.monotonic()
        chat = self._chats[chat_id]
        if chat_id > 0 and chat and now - chat[-1] < CHAT_INTERVAL_S:
            self.violations.append(f"chat {chat_id}: again after {now - chat[-1]:.2f} s")
        chat.extend([now] * messages)
        self._all.extend([now] * messages)
        _keep(chat, 60, now)
        _keep(self._all, 1, now)
        if chat_id < 0 and len(chat) > PER_MINUTE_IN_A_GROUP:
            self.violations.append(f"group {chat_id}: {len(chat)} in a minute")
        if len(self._all) > PER_SECOND:
            self.violations.append(f"{len(self._all)} in a second")


def _keep(moments: deque[float], seconds: float, now: float) -> None:
    while moments and moments[0] <= now - seconds:
        moments.popleft()
