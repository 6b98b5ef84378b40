"""Photos sent from the host and through Telegram."""

from tests.bot.telegram.server import FakeTelegram
from tests.compose.project import ROOT

PHOTO = ROOT / "tests" / "photos" / "london_neutral_044_03.jpg"
JPEG = PHOTO.read_bytes()
ANSWERED_WITHIN_S = 600  # by a busy machine, after a crash


async def people_get_answers(telegram: FakeTelegram, *, first_user: int, people: int = 3) -> None:
    """Each of them sends a photo; returns when each has an annotated one in reply."""
    photos = [telegram.people.photo(first_user + each, JPEG) for each in range(people)]
    await telegram.deliver(*photos)
    await telegram.until(
        lambda: all(telegram.pictures_for(photo) for photo in photos), timeout_s=ANSWERED_WITHIN_S
    )
