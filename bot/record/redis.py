"""The record in Redis, for several bot processes. `appendonly yes` makes Redis itself durable.

A claimed job is leased: its process renews the lease while it works, and when that process dies
the job falls due again for the others. (The job libraries on Redis know neither albums, which
grow after they are queued, nor updates that come twice; hence scripts of our own.)
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.record.jobs import REMEMBER_S, Job, Photo, RecordError, Rules, Verdict

LEASE_S = 30
SCRIPTS = Path(__file__).parent / "redis_scripts"
Result = TypeVar("Result")


class RedisRecord:
    """A Record; made by `open`. Each method is one command or one script, so one transaction."""

    def __init__(
        self, redis: Redis, *, prefix: str, rules: Rules, clock: Callable[[], float] = time.time
    ) -> None:
        self._redis = redis
        self._prefix = prefix
        self._rules = rules
        self._clock = clock
        self._held: set[str] = set()
        self._scripts = {
            path.stem: redis.register_script(path.read_text()) for path in SCRIPTS.glob("*.lua")
        }
        self._renewing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, url: str, *, prefix: str, rules: Rules, clock: Callable[[], float] = time.time
    ) -> Self:
        """Raises RecordError where no Redis answers at `url`."""
        redis = Redis.from_url(url, decode_responses=True, socket_timeout=5)
        record = cls(redis, prefix=prefix, rules=rules, clock=clock)
        await _checked(redis.ping())
        record._renewing = asyncio.create_task(record._renew())
        return record

    async def take_in(self, update_id: int, photo: Photo | None = None) -> Verdict:
        """See Record."""
        words: list[object] = [update_id, REMEMBER_S]
        if photo:
            settle_s = self._rules.settle_s if photo.album_id else 0
            words += [photo.job_key, photo.user_id, photo.model_dump_json(), photo.received_at]
            words += [settle_s, self._rules.spacing_s, self._rules.max_waiting]
        return Verdict[await self._script("take_in", *words)]

    async def claim(self) -> Job | None:
        """See Record."""
        claimed = await self._script("claim", LEASE_S)
        if not claimed:
            return None
        key, attempt, photos = claimed
        self._held.add(key)
        return Job(key=key, photos=_photos(photos), attempt=attempt)

    async def finish(self, job: Job) -> None:
        """See Record."""
        answered = [photo.update_id for photo in job.photos]
        await self._script("finish", job.key, job.first.user_id, *answered)
        self._held.discard(job.key)

    async def postpone(self, job: Job, delay_s: float) -> None:
        """See Record."""
        self._held.discard(job.key)
        await self._due_in(delay_s, job.key)

    async def holds(self, job_key: str) -> bool:
        """See Record."""
        return bool(await _checked(self._redis.exists(f"{self._prefix}job:{job_key}")))

    async def overdue(self, wait_s: float) -> list[Photo]:
        """See Record."""
        jobs = await self._script("overdue", wait_s)
        return [_photos(photos)[0] for photos in jobs if photos]

    async def waiting(self) -> int:
        """See Record."""
        return int(await _checked(self._redis.get(self._prefix + "waiting")) or 0)

    async def forget(self, user_id: int) -> int:
        """See Record."""
        return int(await self._script("forget", user_id))

    async def language(self, user_id: int) -> str | None:
        """See Record."""
        languages = self._redis.hget(self._prefix + "languages", str(user_id))
        return await _checked(cast("Awaitable[str | None]", languages))

    async def choose_language(self, user_id: int, language: str) -> None:
        """See Record."""
        await _checked(self._redis.hset(self._prefix + "languages", str(user_id), language))

    async def close(self) -> None:
        """See Record."""
        if self._renewing:
            self._renewing.cancel()
        with suppress(RecordError):
            await self._due_in(0, *self._held)
        await self._redis.aclose()

    async def renew_leases(self) -> None:
        """Keep the jobs in hand this process's own for another LEASE_S."""
        await self._due_in(LEASE_S, *self._held)

    async def _script(self, name: str, *words: Any) -> Any:
        call = self._scripts[name](keys=[self._prefix], args=[self._clock(), *words])
        return await _checked(cast("Awaitable[Any]", call))

    async def _due_in(self, delay_s: float, *job_keys: str) -> None:
        """Set when these jobs, as far as they still exist, fall due."""
        if job_keys:
            due = dict.fromkeys(job_keys, self._clock() + delay_s)
            await _checked(self._redis.zadd(self._prefix + "due", due, xx=True))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            with suppress(RecordError):  # the workers meet the same error, and say so
                await self.renew_leases()


async def _checked(call: Awaitable[Result]) -> Result:
    try:
        return await call
    except (RedisError, OSError) as error:
        raise RecordError(f"Redis: {type(error).__name__}") from error


def _photos(bodies: list[str]) -> tuple[Photo, ...]:
    photos = map(Photo.model_validate_json, bodies)
    return tuple(sorted(photos, key=lambda photo: photo.update_id))
