"""How each kind of job is answered: photos by pictures, words by words."""

from collections.abc import Callable
from typing import Protocol

from bot.answers import albums
from bot.answers.looking import GIVEN_UP, Looking
from bot.answers.sending import JobNote, Sender
from bot.inference.client import InferenceClient
from bot.record.jobs import Job, Kind, Words
from bot.shared import Shared
from bot.telegram.replies import say
from bot.words import messages
from bot.words.topics import keyboard_of, text_of

Composed = Callable[[], None]


class Answering(Protocol):
    """Answers the jobs of one kind."""

    kind: Kind

    def is_resting(self) -> bool:
        """Whether it makes no sense to begin a job now."""

    async def answer(self, job: Job, *, final: bool, composed: Composed) -> int:
        """Send the answer and note it; returns how many photos have none.

        `composed` is called when only the sending is left.

        `final`: this is the last try, so whatever fails is said. Raises RefusedError where there
        is nobody to answer, UnwantedError where the job was forgotten, and what may pass:
        InferenceError, DownloadError, AiogramError, RecordError.
        """


class PhotoAnswering:
    """Looks at the photos and sends them back as one message."""

    kind = Kind.PHOTOS

    def __init__(self, shared: Shared, looking: Looking, inference: InferenceClient) -> None:
        self._shared = shared
        self._looking = looking
        self._inference = inference
        self._sender = Sender(shared.delivery, shared.metrics)

    def is_resting(self) -> bool:
        """While the service does."""
        return self._inference.is_resting

    async def answer(self, job: Job, *, final: bool, composed: Composed) -> int:
        """See Answering."""
        self._shared.delivery.check_free(job.first.chat_id)
        if not final:
            self._inference.check_reachable()
        outcomes = await self._looking.look_at(job, final=final)
        with self._shared.catalogs.speaking(job.first.language):
            answer = albums.answer(job, outcomes)
            without_picture = messages.without_picture()
        composed()
        note = JobNote(self._shared.record, job)
        await self._sender.send(answer, note, without_picture=without_picture)
        return sum(outcome in GIVEN_UP for outcome in outcomes)


class WordsAnswering:
    """Says the words that the record names."""

    kind = Kind.WORDS

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._sender = Sender(shared.delivery, shared.metrics)

    def is_resting(self) -> bool:
        """Never."""
        return False

    async def answer(self, job: Job, *, final: bool, composed: Composed) -> int:  # noqa: ARG002
        """See Answering."""
        words = job.first
        self._shared.delivery.check_free(words.chat_id)
        note = JobNote(self._shared.record, job)
        with self._shared.catalogs.speaking(words.language):
            text = text_of(words, self._shared.facts) if isinstance(words, Words) else None
            keyboard = keyboard_of(words) if isinstance(words, Words) else None
        composed()
        if text is None:  # a topic of another version of the bot
            await note.succeeded()
            return 0
        answer = say(words, text).model_copy(update={"reply_markup": keyboard})
        await self._sender.send(answer, note, without_picture="")
        return 0
