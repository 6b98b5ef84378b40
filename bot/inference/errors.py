"""What can go wrong between the bot and the inference service.

InferenceError
├── PhotoRejectedError          the photo is the reason; asking again changes nothing
├── InferenceUnavailableError   down, too slow or overloaded; ask again later
└── BadReplyError               an answer that the contract does not know
"""


class InferenceError(Exception):
    """Base of what asking the service can raise."""


class PhotoRejectedError(InferenceError):
    """The service will not take this photo; `code` is its stable word for the reason."""

    def __init__(self, *, code: str) -> None:
        self.code = code
        super().__init__(f"the photo was rejected: {code}")


class InferenceUnavailableError(InferenceError):
    """No answer for now; `retry_after_s` is None where the service did not say how long."""

    def __init__(self, *, reason: str, retry_after_s: float | None = None) -> None:
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(f"the inference service is unavailable: {reason}")


class BadReplyError(InferenceError):
    """Neither a prediction nor a known refusal came back."""

    def __init__(self, *, status: int, problem: str) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"the inference service answered nonsense ({status}): {problem}")
