"""Many users at once in front of a slow service: who is answered when, and what it costs.

python -m tests.end_to_end.load --photos 1000 --users 200 --within-s 60 --service-per-s 5
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.bot.fake_inference import FakeInference, fake_inference, problem
from tests.bot.telegram.people import Update
from tests.bot.telegram.sending import text_of
from tests.bot.telegram.server import FakeTelegram, fake_telegram
from tests.end_to_end.chaos import PHOTO
from tests.end_to_end.processes import PATIENCE_S, Process, Workplace

TOLD_WITHIN_S = 5  # after it is due: the bot looks every second, and many words queue for Telegram


@dataclass
class Report:
    """What a run came to; seconds are from the delivery of a photo to its answer."""

    photos: list[Update]
    waits_s: list[float] = field(default_factory=list)
    answers_too_many: int = 0
    told_to_wait: int = 0
    left_in_the_dark: int = 0
    """Photos answered late whose user had no word before."""
    refused_by_the_service: int = 0
    violations: list[str] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)
    found_on_disk: list[str] = field(default_factory=list)

    def table(self) -> str:
        waits = sorted(self.waits_s) or [0.0]
        third = len(self.resident_mb) // 3
        rows = {
            "photos": len(self.photos),
            "lost": len(self.photos) - len(self.waits_s),
            "answers too many": self.answers_too_many,
            "users told that they wait": self.told_to_wait,
            "photos answered late without a word before": self.left_in_the_dark,
            "503 of the service": self.refused_by_the_service,
            "median wait, s": round(waits[len(waits) // 2]),
            "longest wait, s": round(waits[-1]),
            "limits of Telegram broken": len(self.violations),
            "memory of the bot at the start, MB": round(self.resident_mb[0], 1),
            "… highest in the first third, MB": round(max(self.resident_mb[: third + 1]), 1),
            "… highest in the last third, MB": round(max(self.resident_mb[-third - 1 :]), 1),
            "files with image bytes or token": len(self.found_on_disk),
        }
        return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


@dataclass
class SlowService:
    """Lets `per_s` photos a second through while it is open, and sends the others away."""

    fake: FakeInference
    per_s: float
    is_open: Callable[[], bool]
    refused: int = 0
    free_at: float = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        now = time.monotonic()
        if self.free_at > now + 1 or not self.is_open():
            await request.read()
            self.refused += 1
            return problem(503, "overloaded", **{"Retry-After": "1"})
        self.free_at = max(self.free_at, now) + 1 / self.per_s
        await asyncio.sleep(self.free_at - now)
        return await self.fake.look(request)


async def run(
    folder: Path,
    *,
    photos: int,
    users: int,
    within_s: float,
    service_per_s: float,
    notice_after_s: float = 10,
    opens_when_all_are_told: bool = False,
) -> Report:
    """One run in `folder`; the service may send all away until each user was told to wait."""
    workplace, report = Workplace(folder), Report([])
    async with fake_telegram() as telegram, fake_inference() as fake:
        needed = users if opens_when_all_are_told else 0
        service = SlowService(fake, service_per_s, lambda: len(_told(telegram)) >= needed)
        fake.always = service
        bot = workplace.bot(
            api_server=telegram.base_url,
            service_url=fake.base_url,
            notice_after_s=notice_after_s,
            give_up_after_s=PATIENCE_S,
        )
        try:
            bot.start()
            await bot.until_ready()
            delivered = await _send(telegram, report, users, count=photos, within_s=within_s)
            timeout_s = PATIENCE_S + 3 * photos / service_per_s
            await _watch(telegram, report, bot, timeout_s=timeout_s)
        finally:
            workplace.stop()
    _judge(report, telegram, delivered, late_s=notice_after_s + TOLD_WITHIN_S)
    report.refused_by_the_service = service.refused
    report.violations = telegram.limits.violations
    report.found_on_disk = workplace.scan()
    return report


def _judge(
    report: Report, telegram: FakeTelegram, delivered: dict[int, float], *, late_s: float
) -> None:
    told = _told(telegram)
    report.told_to_wait = len(told)
    for photo in report.photos:
        if answers := telegram.pictures_for(photo):
            answered_at = answers[0].at
            wait_s = answered_at - delivered[photo["update_id"]]
            had_word = told.get(answers[0].chat_id, answered_at) < answered_at
            report.waits_s.append(wait_s)
            report.answers_too_many += len(answers) - 1
            report.left_in_the_dark += wait_s > late_s and not had_word


def _told(telegram: FakeTelegram) -> dict[int, float]:
    """When each chat was told first that its photos wait."""
    words = [
        sent for sent in telegram.sent if text_of(sent).startswith("Your photo is in the queue")
    ]
    return {sent.chat_id: sent.at for sent in reversed(words)}


async def _send(
    telegram: FakeTelegram, report: Report, users: int, *, count: int, within_s: float
) -> dict[int, float]:
    """`count` photos, spread evenly; returns when each was delivered."""
    image = PHOTO.read_bytes()
    delivered = {}
    for number in range(count):
        photo = telegram.people.photo(1000 + number % users, image)
        report.photos.append(photo)
        delivered[photo["update_id"]] = time.monotonic()
        await telegram.deliver(photo)
        await asyncio.sleep(within_s / count)
    return delivered


async def _watch(telegram: FakeTelegram, report: Report, bot: Process, *, timeout_s: float) -> None:
    """Until all is answered or the time is over, with a look at the memory each second."""
    ends_at = time.monotonic() + timeout_s
    while time.monotonic() < ends_at:
        report.resident_mb.append(bot.resident_mb())
        pictures = sum(sent.method == "sendPhoto" for sent in telegram.sent)
        if pictures >= len(report.photos):
            return
        await asyncio.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--within-s", type=float, default=60)
    parser.add_argument("--service-per-s", type=float, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run(Path(folder), **vars(arguments)))
    sys.stdout.write("\n".join([report.table(), *report.found_on_disk, ""]))


if __name__ == "__main__":
    main()
