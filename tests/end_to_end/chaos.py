"""Kill the bot or the service at random moments, among faults of Telegram, and count the photos.

In each round one chat is slow to send to, and someone writes the same command many times.

python -m tests.end_to_end.chaos --rounds 100
python -m tests.end_to_end.chaos --rounds 10 --redis-url redis://127.0.0.1:6379/0
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.bot.telegram.people import Update
from tests.bot.telegram.server import FakeTelegram, fake_telegram
from tests.end_to_end.processes import ROOT, Process, Workplace

PHOTO = ROOT / "tests" / "photos" / "london_smiling_034_08.jpg"  # one that gets a label
FAULT_RATE = 0.05
PHOTOS_A_ROUND = 3
KILL_WITHIN_S = 2.0
RESTART_S = 1  # none is faster in life; what was sent before a kill is not known to the pacer
ANSWERED_WITHIN_S = 900
SLOW_SEND_S = 5
FLOOD = 50
FLOODER = 99


@dataclass
class Tally:
    """What a run came to."""

    rounds: int
    kills: Counter[str] = field(default_factory=Counter)
    photos: list[Update] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    commands: int = 0
    words: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    answers_lost: int = 0
    violations: list[str] = field(default_factory=list)
    found_on_disk: list[str] = field(default_factory=list)
    seconds: float = 0

    @property
    def unanswered(self) -> int:
        return self.answers.count(0)

    @property
    def duplicates(self) -> int:
        return sum(answers - 1 for answers in self.answers if answers)

    def table(self) -> str:
        rows = {
            "rounds": self.rounds,
            "kill -9 of the bot": self.kills["bot"],
            "kill -9 of the service": self.kills["service"],
            "faults of Telegram": f"{self.faults.total()} {dict(sorted(self.faults.items()))}",
            "photos sent": len(self.photos),
            "photos answered": len(self.photos) - self.unanswered,
            "photos lost": self.unanswered,
            "answers too many": self.duplicates,
            "commands in floods, answers to them": f"{self.commands}, {self.words}",
            "sends whose answer Telegram lost": self.answers_lost,
            "limits of Telegram broken": len(self.violations),
            "files with image bytes or token": len(self.found_on_disk),
            "seconds": round(self.seconds),
        }
        return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


async def run(rounds: int, folder: Path, *, seed: int = 0, redis_url: str = "") -> Tally:
    """One run in `folder`; every photo gets until ANSWERED_WITHIN_S after the last kill.

    redis_url: where the bot keeps its record, instead of in a file.
    """
    chance, workplace, tally = Random(seed), Workplace(folder), Tally(rounds)
    started = time.monotonic()
    async with fake_telegram() as telegram:
        service = workplace.service()
        service_url = service.ready_url.removesuffix("/readyz")
        bot = workplace.bot(
            api_server=telegram.base_url, service_url=service_url, redis_url=redis_url
        )
        try:
            await _start(service, bot)
            telegram.faults.rate = FAULT_RATE
            for number in range(rounds):
                await _one_round(number, telegram, chance, tally, {"bot": bot, "service": service})
            telegram.faults.rate = 0
            photos = tally.photos
            await telegram.until(
                lambda: all(map(telegram.pictures_for, photos)), timeout_s=ANSWERED_WITHIN_S
            )
        except AssertionError as error:
            sys.stderr.write(f"{error}\n")
        finally:
            workplace.stop()
    tally.answers = [len(telegram.pictures_for(photo)) for photo in tally.photos]
    tally.words = len(telegram.texts(FLOODER))
    tally.faults = telegram.faults.happened
    tally.answers_lost = telegram.faults.answers_lost
    tally.violations = telegram.limits.violations
    tally.found_on_disk = workplace.scan()
    tally.seconds = time.monotonic() - started
    return tally


async def _start(service: Process, bot: Process) -> None:
    service.start()
    await service.until_ready()
    bot.start()
    await bot.until_ready()


async def _one_round(
    number: int,
    telegram: FakeTelegram,
    chance: Random,
    tally: Tally,
    processes: dict[str, Process],
) -> None:
    """Some photos, and a kill while they are worked on; the next round does not wait for them."""
    image = PHOTO.read_bytes()
    flood = [telegram.people.text(FLOODER, "/help") for _ in range(FLOOD)]
    first_user = 100 + PHOTOS_A_ROUND * number
    photos = [telegram.people.photo(first_user + each, image) for each in range(PHOTOS_A_ROUND)]
    tally.photos += photos
    telegram.faults.order("slow", "sendPhoto", chat_id=first_user, delay_s=SLOW_SEND_S)
    tally.commands += FLOOD
    await telegram.deliver(*flood, *photos)
    await asyncio.sleep(chance.uniform(0, KILL_WITHIN_S))
    victim = chance.choice(sorted(processes))
    processes[victim].kill()
    tally.kills[victim] += 1
    await asyncio.sleep(RESTART_S)
    processes[victim].start()
    await processes[victim].until_ready()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--redis-url", default="", help="keep the record there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(run(folder=Path(folder), **vars(arguments)))
    sys.stdout.write("\n".join([tally.table(), *tally.violations, *tally.found_on_disk, ""]))


if __name__ == "__main__":
    main()
