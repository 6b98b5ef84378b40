"""Photos taken in and not yet answered, and what any record of them must do.

A job is what is answered with one message: a photo, or all photos of an album. The record holds
ids only, no pixels and no words, and forgets a photo when it is answered.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from pydantic import BaseModel, ConfigDict

REMEMBER_S = 24 * 3600
"""How long an update is known, so that a redelivered one is not answered twice."""


class RecordError(Exception):
    """The storage does not work now; nothing was changed."""


class Photo(BaseModel):
    """One photo that someone sent: where it came from and how to get it again."""

    model_config = ConfigDict(frozen=True)

    update_id: int
    chat_id: int
    message_id: int
    thread_id: int | None = None
    user_id: int
    file_id: str
    album_id: str | None = None
    language: str
    received_at: float
    """Seconds since the epoch."""

    @property
    def job_key(self) -> str:
        """The same for all photos that are answered together."""
        return album_key(self.chat_id, self.album_id) if self.album_id else str(self.update_id)


def album_key(chat_id: int, album_id: str) -> str:
    """The job of an album."""
    return f"{chat_id}:{album_id}"


@dataclass(frozen=True, slots=True)
class Job:
    """Photos to answer together, oldest first; `attempt` counts from 1."""

    key: str
    photos: tuple[Photo, ...]
    attempt: int

    @property
    def first(self) -> Photo:
        """The photo whose message is replied to."""
        return self.photos[0]


class Verdict(Enum):
    """What became of an update."""

    NEW = auto()
    KNOWN = auto()
    TOO_MANY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When a photo's turn comes; a postponed job keeps its turn among those that are due.

    max_waiting: photos of one user. settle_s: how long an album waits for its next photo.
    spacing_s: between the jobs of one user, so that many photos of one do not hold up the others
    (and no faster can they be answered: Telegram takes one message a second in a chat).
    """

    max_waiting: int = 20
    settle_s: float = 1.5
    spacing_s: float = 1.0


class Record(Protocol):
    """Survives a crash; every method is one transaction and may raise RecordError."""

    async def take_in(self, update_id: int, photo: Photo | None = None) -> Verdict:
        """Remember the update and, if it is new and not one too many, its photo.

        Durable when it returns: only then may the update be acknowledged to Telegram.
        """

    async def claim(self) -> Job | None:
        """The job whose turn it is, now this process's own; None when nothing is due."""

    async def finish(self, job: Job) -> None:
        """Remove the job's photos. One that joined the album since stays as a job of its own."""

    async def postpone(self, job: Job, delay_s: float) -> None:
        """Give the job back, due again in `delay_s` seconds."""

    async def holds(self, job_key: str) -> bool:
        """Whether the job is still waiting or worked on."""

    async def overdue(self, wait_s: float) -> list[Photo]:
        """The first photo of each job older than `wait_s`; each job is named once only."""

    async def waiting(self) -> int:
        """How many photos are not answered yet."""

    async def forget(self, user_id: int) -> int:
        """Remove all that is known of the user; returns how many photos were waiting."""

    async def language(self, user_id: int) -> str | None:
        """The language that the user chose, if any."""

    async def choose_language(self, user_id: int, language: str) -> None:
        """Remember the user's choice."""

    async def close(self) -> None:
        """Let go of the storage."""
