"""What was taken in and is not yet answered, and what any record of it must do.

A job is what is answered with one message: a photo, all photos of an album, or words. The record
holds ids and the name of what is to be said, no pixels and nothing that users wrote, and forgets a
job when it is answered.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Protocol

from pydantic import BaseModel, ConfigDict

REMEMBER_S = 24 * 3600
"""How long an update is known, so that a redelivered one is not answered twice."""
UNASKED_S = 60
"""How long a photo of an album is kept that nobody asked about yet."""

NO_MESSAGE = 0
"""The message id of an entry that answers no message."""


class RecordError(Exception):
    """The storage does not work now; nothing was changed."""


class Kind(StrEnum):
    """What a job is; an UNASKED one is never claimed, unless a photo joins it that is asked for."""

    PHOTOS = "photos"
    WORDS = "words"
    UNASKED = "unasked"


class Entry(BaseModel):
    """One message that is to be answered: where it came from."""

    model_config = ConfigDict(frozen=True)

    update_id: int
    chat_id: int
    message_id: int
    thread_id: int | None = None
    user_id: int
    language: str
    received_at: float
    """Seconds since the epoch."""


class Photo(Entry):
    """One photo that someone sent, and how to get it again."""

    file_id: str
    album_id: str | None = None
    spoiler: bool = False
    """It was sent covered, and is answered so."""
    asked: bool = True
    """False in a group, for a photo of an album of which no other is meant for the bot yet."""

    @property
    def kind(self) -> Kind:
        """The kind of its job."""
        return Kind.PHOTOS if self.asked else Kind.UNASKED

    @property
    def job_key(self) -> str:
        """The same for all photos that are answered together."""
        return f"{self.chat_id}:{self.album_id}" if self.album_id else str(self.update_id)


class Words(Entry):
    """Words to say; the same topic is not said twice to a chat while it waits."""

    topic: str
    """The function of `bot.words.messages` that says it."""
    values: tuple[int, ...] = ()
    """What it is told."""

    @property
    def kind(self) -> Kind:
        """The kind of its job."""
        return Kind.WORDS

    @property
    def job_key(self) -> str:
        """One for each chat and topic."""
        return f"words:{self.chat_id}:{self.topic}"


@dataclass(frozen=True, slots=True)
class Job:
    """What to answer together, oldest first; `attempt` counts from 1, `owner` names this claim."""

    key: str
    entries: tuple[Photo | Words, ...]
    attempt: int
    owner: str = ""

    @property
    def first(self) -> Photo | Words:
        """The one whose message is replied to."""
        return self.entries[0]

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All of it, where it is not words."""
        return tuple(entry for entry in self.entries if isinstance(entry, Photo))


class Verdict(Enum):
    """What became of an update."""

    NEW = auto()
    KNOWN = auto()
    TOO_MANY = auto()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Photos that will not be answered, and those whose answer was just being sent."""

    dropped: int = 0
    on_their_way: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When a job's turn comes; a postponed job keeps its turn among those that are due.

    max_waiting: photos of one user. settle_s: how long an album waits for its next photo.
    spacing_s: between the jobs of one user, so that many photos of one do not hold up the others
    (and no faster can they be answered: Telegram takes one message a second in a chat).
    """

    max_waiting: int = 40
    settle_s: float = 1.5
    spacing_s: float = 1.0


class Record(Protocol):
    """Survives a crash; every method is one transaction and may raise RecordError."""

    damaged: int
    """Entries found unreadable and set aside since the start."""

    async def take_in(self, update_id: int, entry: Photo | Words | None = None) -> Verdict:
        """Remember the update and, if it is new and not one too many, what it asks for.

        Durable when it returns: only then may the update be acknowledged to Telegram.
        """

    async def claim(self, kind: Kind, *, waiting_s: float = 0) -> Job | None:
        """The job whose turn it is, now the caller's own; None when nothing is due.

        Only one that waits for at least `waiting_s` seconds.

        A chat's jobs of one kind are claimed one at a time, and none while a message to that chat
        is being sent: order stays, and a slow chat keeps one worker waiting, not all.
        """

    async def sending(self, job: Job, *, now: bool) -> bool:
        """Its answer is just being sent, or after all is not. False where it is not the caller's.

        It was forgotten then, or the claim ran out: it must not be answered.
        """

    async def finish(self, job: Job) -> None:
        """Remove its entries. What joined the album since stays as a job of its own."""

    async def postpone(self, job: Job, delay_s: float) -> None:
        """Give the job back, due again in `delay_s` seconds; nothing if it is not the caller's."""

    async def holds(self, job_key: str) -> bool:
        """Whether the job is still waiting or worked on."""

    async def overdue(self, wait_s: float) -> list[Photo]:
        """The first photo of each job older than `wait_s`; each job is named once only."""

    async def waiting(self) -> int:
        """How many photos are not answered yet."""

    async def forget(self, user_id: int, *, photos_only: bool = False) -> Forgotten:
        """Remove all that is known of the user, or only the photos that wait."""

    async def language(self, user_id: int) -> str | None:
        """The language that the user chose, if any."""

    async def choose_language(self, user_id: int, language: str) -> None:
        """Remember the user's choice."""

    async def close(self) -> None:
        """Let go of the storage."""
