"""Bot and service as processes of their own, in front of the strict fake of Telegram."""

import io

import pillow_heif
import pytest
from aiohttp.test_utils import unused_port
from PIL import Image, ImageChops

from tests.bot.telegram.sending import text_of
from tests.bot.telegram.server import fake_telegram
from tests.end_to_end import chaos, load
from tests.end_to_end.processes import Workplace

pytestmark = pytest.mark.slow
SECRET = "a-secret_of-the-test"


def as_heic(jpeg: bytes) -> bytes:
    data = io.BytesIO()
    pillow_heif.from_pillow(Image.open(io.BytesIO(jpeg))).save(data, quality=80)
    return data.getvalue()


def plain() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (320, 240), (40, 90, 40)).save(data, "JPEG")
    return data.getvalue()


def huge() -> bytes:
    """Few bytes that would be 300 MB of pixels."""
    data = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(data, "PNG")
    return data.getvalue()


def differs(picture: bytes, original: bytes) -> bool:
    """Whether something was drawn into the picture, more than JPEG itself changes."""
    images = [Image.open(io.BytesIO(data)).convert("L") for data in (picture, original)]
    assert images[0].size == images[1].size
    extremes = ImageChops.difference(*images).getextrema()
    return extremes[1] > 100


@pytest.fixture(params=["polling", "webhook"])
async def telegram(request, tmp_path):
    """The fake of Telegram with a bot and a service behind, both processes."""
    workplace = Workplace(tmp_path)
    async with fake_telegram() as telegram:
        service, port = workplace.service(), unused_port()
        hook = {"webhook_url": f"http://127.0.0.1:{port}/hook", "webhook_secret": SECRET}
        bot = workplace.bot(
            api_server=telegram.base_url,
            service_url=service.ready_url.removesuffix("/readyz"),
            port=port,
            notice_after_s=600,
            **(hook if request.param == "webhook" else {}),
        )
        try:
            for process in (service, bot):
                process.start()
                await process.until_ready()
            yield telegram
        finally:
            workplace.stop()
    assert telegram.refusals == []
    assert telegram.limits.violations == []
    assert workplace.scan() == []


async def test_every_kind_of_photo_gets_its_answer(telegram):
    jpeg, people = chaos.PHOTO.read_bytes(), telegram.people
    photo, file = people.photo(1, jpeg), people.document(2, jpeg, name="notes.txt")
    heic, faceless = people.document(3, as_heic(jpeg), name="IMG.HEIC"), people.photo(4, plain())
    text, broken = people.document(5, b"hello", name="me.jpg"), people.photo(6, jpeg[:5000])
    large, too_large = people.document(8, huge()), people.document(9, jpeg, size=40_000_000)
    album = people.album(7, [jpeg, b"not a picture", jpeg])
    singles = [photo, file, heic, faceless, text, broken, large, too_large]

    await telegram.deliver(*singles, *album)
    await telegram.until(lambda: all(map(telegram.answers_to, [*singles, album[0]])), timeout_s=300)

    answers = {each["update_id"]: telegram.answers_to(each) for each in [*singles, album[0]]}
    assert [len(own) for own in answers.values()] == [1] * 9
    (album_answer,) = telegram.answers_to(album[0])
    for sent in (*telegram.answers_to(photo), *telegram.answers_to(file), album_answer):
        assert all(differs(picture, jpeg) for picture in sent.files), sent
        assert text_of(sent).splitlines()[0].endswith("% sure")
    assert len(album_answer.files) == 2
    assert "no. 2 is missing: This is not an image" in text_of(album_answer)
    assert Image.open(io.BytesIO(telegram.answers_to(heic)[0].files[0])).format == "JPEG"
    assert text_of(telegram.answers_to(faceless)[0]).startswith("No face found")
    assert text_of(telegram.answers_to(text)[0]).startswith("This is not an image")
    assert text_of(telegram.answers_to(broken)[0]).startswith("This image is broken")
    assert text_of(telegram.answers_to(large)[0]).startswith("This image is too large")
    assert text_of(telegram.answers_to(too_large)[0]).startswith("This file is too large")


async def test_no_photo_is_lost_when_bot_and_service_are_killed(tmp_path):
    tally = await chaos.run(10, tmp_path)

    assert tally.unanswered == 0, tally.table()
    assert tally.duplicates <= tally.kills.total() + tally.answers_lost, tally.table()
    assert tally.violations == []
    assert tally.found_on_disk == []


async def test_many_users_at_once_are_told_to_wait_and_answered(tmp_path):
    report = await load.run(
        tmp_path,
        photos=60,
        users=20,
        within_s=4,
        service_per_s=5,
        notice_after_s=1,
        opens_when_all_are_told=True,
    )

    assert len(report.waits_s) == 60, report.table()
    assert report.answers_too_many == 0, report.table()
    assert report.told_to_wait == 20, report.table()
    assert report.violations == []
    assert report.found_on_disk == []
