"""The log: when, what, for whom; as text or one JSON object a line; of libraries only warnings.

Libraries say more than may be said: Pillow's debug lines hold what cameras wrote into a photo.
"""

import json
import logging
import time
from typing import Literal

FIELDS = ("client", "key", "request_id")
"""What a line may say of a request, beside its words."""
_OURS = "inference_api", "uvicorn"
_TIME = "%Y-%m-%dT%H:%M:%S"


class JsonLines(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "time": _utc(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None))}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """Time, level, logger, words, and what is known of the request."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        known = [f"{name}={value}" for name in FIELDS if (value := getattr(record, name, None))]
        start = f"{_utc(record)} {record.levelname} {record.name}: "
        line = " ".join([start + record.getMessage(), *known])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(*, level: str, form: Literal["text", "json"]) -> None:
    """Log to the standard error stream: ours from `level` on, all else from WARNING on.

    Where somebody has set handlers up already, they stay as they are.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def _utc(record: logging.LogRecord) -> str:
    return f"{time.strftime(_TIME, time.gmtime(record.created))}.{record.msecs:03.0f}Z"
