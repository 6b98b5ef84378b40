"""Every setting of the bot, from the environment or `.env`; built once in `__main__`."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, RedisDsn, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Seconds = Annotated[float, Field(gt=0)]
MB = 1_000_000


class Settings(BaseSettings):
    """Settings with prefix `BOT_`; raises ValidationError naming what is wrong."""

    model_config = SettingsConfigDict(
        env_prefix="BOT_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    token: SecretStr
    """From @BotFather."""
    api_server: HttpUrl = HttpUrl("https://api.telegram.org")
    """A Bot API server of one's own, if any."""
    api_local: bool = False
    """That server runs with `--local` and shares its file system with the bot."""
    max_file_bytes: Annotated[int, Field(gt=0)] = 20 * MB
    """The largest file that bots may download; a server with `--local` allows more."""

    service_url: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    """The inference service."""
    service_key: SecretStr | None = None
    """Its API key, where it asks for one."""
    service_timeout_s: Seconds = 30
    """For one photo, from the request's first byte to the reply's last."""

    data_dir: Path = Path("data")
    """Holds the record of photos that wait (ids, no pixels), one file a bot."""
    redis_url: RedisDsn | None = None
    """Keeps the record in Redis instead, shared by several bot processes."""

    webhook_url: HttpUrl | None = None
    """Where Telegram delivers updates; without it the bot polls."""
    webhook_secret: SecretStr | None = None
    """1–256 of A–Z a–z 0–9 _ -; Telegram sends it along with each update."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8081
    """Where `/livez`, `/readyz`, `/metrics` and the webhook are served."""

    concurrency: Annotated[int, Field(gt=0)] = 8
    """Photos worked on at a time."""
    messages_per_s: Annotated[float, Field(gt=0, le=30)] = 25
    """Over all chats; divide by the number of bot processes."""
    sends_at_once: Annotated[int, Field(gt=0)] = 32
    """Answers under way to Telegram, each to another chat: that of a slow one may come twice after
    a crash."""
    max_waiting_per_user: Annotated[int, Field(gt=0)] = 40
    """Photos that one user may have waiting."""
    album_settle_s: Seconds = 1.5
    """An album is complete when nothing of it came for so long."""
    notice_after_s: Seconds = 10
    """A photo that waits longer gets a word that it is in the queue."""
    give_up_after_s: Seconds = 900
    """A photo that still fails when it is so old gets a word that it will not be answered."""
    file_patience_s: Seconds = 60
    """A file that Telegram cannot find is asked for again for so long."""
    drain_s: Seconds = 20
    """For photos in hand when the bot is told to stop."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("token")
    @classmethod
    def _looks_like_a_token(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch("[0-9]+:[!-~]+", token.get_secret_value()):
            raise ValueError("not a bot token; @BotFather gives one like 123456:ABC-DEF")
        return token

    @model_validator(mode="after")
    def _webhook_has_a_secret(self) -> Self:
        secret = self.webhook_secret.get_secret_value() if self.webhook_secret else ""
        if self.webhook_url and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise ValueError("BOT_WEBHOOK_URL needs BOT_WEBHOOK_SECRET, of A–Z a–z 0–9 _ -")
        return self

    def secrets(self) -> list[str]:
        """What must not be seen in a log."""
        secrets = (self.token, self.service_key, self.webhook_secret)
        return [secret.get_secret_value() for secret in secrets if secret]

    @property
    def bot_id(self) -> int:
        """The public half of the token."""
        return int(self.token.get_secret_value().partition(":")[0])
