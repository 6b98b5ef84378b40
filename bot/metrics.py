"""What the bot counts, in a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """The counters of one bot; `registry` is what `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.taken_in = self._counter("photos_taken_in", "Photos recorded")
        self.refused = self._counter("photos_refused", "Photos not recorded", "reason")
        self.answered = self._counter("photos_answered", "Photos answered")
        self.retried = self._counter("jobs_retried", "Jobs given back to the record", "reason")
        self.failed = self._counter("photos_failed", "Photos given up", "reason")
        self.words = self._counter("words_said", "Messages without a photo sent")
        self.refusals = self._counter(
            "sends_refused", "Messages that Telegram refused", "kind", "reason"
        )
        self.polls = self._counter("polls", "Answers of getUpdates", "outcome")
        self.skipped = self._counter("updates_skipped", "Updates not understood", "reason")
        self.waiting = Gauge(
            "bot_photos_waiting", "Photos recorded, not answered yet", registry=self.registry
        )
        self.damaged = Gauge(
            "bot_record_damaged", "Entries of the record set aside", registry=self.registry
        )
        self.answer_s = Histogram(
            "bot_answer_seconds",
            "From receipt to answer",
            buckets=BUCKETS_S,
            registry=self.registry,
        )

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"bot_{name}", what, labels, registry=self.registry)
