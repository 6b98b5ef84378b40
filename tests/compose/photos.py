"""Photos sent from the host and through Telegram."""

from tests.bot.telegram.server import FakeTelegram
from tests.compose.project import ROOT

PHOTO = ROOT / "tests" / "photos" / "london_neutral_044_03.jpg"
JPEG = PHOTO.read_bytes()
ANSWERED_WITHIN_S = 300


async def people_get_answers(telegram: FakeTelegram, *, first_user: int, people: int = 3) -> None:
    """Each of them sends a photo; returns when each has an annotated one in reply."""
    photos = [telegram.people.photo(first_user + each, JPEG) for each in range(people)]
    await telegram.deliver(*photos)

    def have_pictures() -> bool:  # beside the word that a photo is in the queue, if it was long
        return all(any(sent.files for sent in telegram.answers_to(photo)) for photo in photos)

    await telegram.until(have_pictures, timeout_s=ANSWERED_WITHIN_S)
