"""`docker compose up` with BOT_TOKEN, before a strict fake of Telegram on this machine."""

import asyncio

from tests.bot.telegram.server import TOKEN
from tests.compose.photos import ANSWERED_WITHIN_S, JPEG, people_get_answers
from tests.compose.project import docker
from tests.end_to_end.processes import Workplace


async def test_every_photo_is_answered_whatever_is_killed(telegram, project, tmp_path):
    up = project(BOT_TOKEN=TOKEN, BOT_API_SERVER=telegram.base_url)
    await asyncio.to_thread(up.up)
    (api,), (bot,) = up.containers("api"), up.containers("bot")

    await people_get_answers(telegram, first_user=100)
    await asyncio.gather(
        people_get_answers(telegram, first_user=200), asyncio.to_thread(up.crash, api)
    )
    await asyncio.gather(
        people_get_answers(telegram, first_user=300), asyncio.to_thread(up.crash, bot)
    )
    assert [up.state(name)[0]["RestartCount"] for name in ("api", "bot")] == [1, 1]

    await asyncio.to_thread(up.compose, "restart", "bot")
    await people_get_answers(telegram, first_user=400)
    assert up.temporary_files(bot) == set()
    docker("cp", f"{bot}:/data", str(tmp_path / "record"))
    await asyncio.to_thread(up.compose, "stop")
    assert up.exit_codes() == {"api": {0}, "bot": {0}, "bot-token": {0}}
    assert {path.name.partition(".")[0] for path in tmp_path.glob("record/*")} == {"record-123456"}
    assert Workplace(tmp_path).scan() == []
    assert TOKEN.partition(":")[2] not in up.compose("logs")


async def test_what_waits_outlives_the_containers(telegram, project):
    up = project(BOT_TOKEN=TOKEN, BOT_API_SERVER=telegram.base_url)
    await asyncio.to_thread(up.up)
    await asyncio.to_thread(up.compose, "stop", "api")
    photo = telegram.people.photo(1, JPEG)
    await telegram.deliver(photo)
    await telegram.until(lambda: not telegram.pending)

    await asyncio.to_thread(up.compose, "down")
    assert not telegram.pictures_for(photo)
    await asyncio.to_thread(up.up)

    await telegram.until(lambda: telegram.pictures_for(photo), timeout_s=ANSWERED_WITHIN_S)
