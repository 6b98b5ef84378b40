"""Log lines without secrets."""

import logging

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Redacting(logging.Formatter):
    """Strikes the secrets out of each line, tracebacks included.

    Libraries put addresses into their errors, and a Bot API address holds the token.
    """

    def __init__(self, *secrets: str) -> None:
        super().__init__(FORMAT)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "[secret]")
        return line


def set_up_logging(level: str, *, secrets: list[str]) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting(*secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for chatty in ("aiogram.event", "httpx", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
