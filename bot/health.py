"""Whether the bot can do its work now; `/readyz` tells it."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Health:
    """What keeps the bot from its work, by part; empty where nothing does."""

    troubles: dict[str, str] = field(default_factory=lambda: {"telegram": "not reached yet"})

    def is_well(self, part: str) -> bool:
        """The part works; returns whether it did not before."""
        return self.troubles.pop(part, None) is not None

    def is_ill(self, part: str, why: str) -> bool:
        """The part does not work; returns whether that is news."""
        is_news = self.troubles.get(part) != why
        self.troubles[part] = why
        return is_news
