"""What can go wrong between the bot and the inference service.

InferenceError
├── PhotoRejectedError              the photo is the reason; asking again changes nothing
├── InferenceUnavailableError       down, too slow or overloaded; ask again later
│   └── ServiceMisconfiguredError   the operator must do something; ask again later all the same
└── BadReplyError                   an answer that the contract does not know
"""


class InferenceError(Exception):
    """Base of what asking the service can raise."""

    photo_may_be_why: bool = False
    """It happened over this photo; another one might have been answered."""


class PhotoRejectedError(InferenceError):
    """The service will not take this photo; `code` is its stable word for the reason."""

    def __init__(self, *, code: str) -> None:
        self.code = code
        super().__init__(f"the photo was rejected: {code}")


class InferenceUnavailableError(InferenceError):
    """No answer for now; `retry_after_s` is None where the service did not say how long."""

    def __init__(
        self, *, reason: str, retry_after_s: float | None = None, photo_may_be_why: bool = False
    ) -> None:
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.photo_may_be_why = photo_may_be_why
        super().__init__(f"the inference service is unavailable: {reason}")


class ServiceMisconfiguredError(InferenceUnavailableError):
    """The service refuses the bot, or is none; `setting` is what the operator should look at."""

    def __init__(self, *, reason: str, setting: str) -> None:
        self.setting = setting
        super().__init__(reason=reason)


class BadReplyError(InferenceError):
    """Neither a prediction nor a known refusal came back."""

    photo_may_be_why = True

    def __init__(self, *, status: int, problem: str) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"the inference service answered nonsense ({status}): {problem}")
