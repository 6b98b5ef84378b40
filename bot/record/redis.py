"""The record in Redis, for several bot processes. `appendonly yes` makes Redis itself durable.

A claimed job is leased, by Redis' own clock: its process renews the lease while it works, and when
that process dies the job falls due again for the others. Each claim has an owner's token, so that
one who lost a lease changes nothing of the next. (The job libraries on Redis know neither albums,
which grow after they are queued, nor updates that come twice; hence scripts of our own.)
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.record.bodies import read_entries
from bot.record.jobs import (
    REMEMBER_S,
    UNASKED_S,
    Forgotten,
    Job,
    Kind,
    Photo,
    RecordError,
    Rules,
    Verdict,
    Words,
)
from bot.record.redis_migration import move_first_version

LEASE_S = 30
SCRIPTS = Path(__file__).parent / "redis_scripts"
logger = logging.getLogger(__name__)
Entries = tuple[Photo | Words, ...]
Result = TypeVar("Result")


class RedisRecord:
    """A Record; made by `open`. Each method is one command or one script, so one transaction."""

    def __init__(
        self, redis: Redis, *, prefix: str, rules: Rules, clock: Callable[[], float] | None = None
    ) -> None:
        """`prefix` holds a hash tag, as in `{bot}:`; `clock` stands in for Redis' own in tests."""
        self._redis = redis
        self._prefix = prefix
        self._rules = rules
        self._clock = clock
        self._held: dict[str, str] = {}
        common = (SCRIPTS / "common.lua").read_text()
        self._scripts = {
            path.stem: redis.register_script(common + path.read_text())
            for path in SCRIPTS.glob("*.lua")
        }
        self._renewing: asyncio.Task[None] | None = None
        self.damaged = 0

    @classmethod
    async def open(
        cls, url: str, *, prefix: str, rules: Rules, clock: Callable[[], float] | None = None
    ) -> Self:
        """Raises RecordError where no Redis answers at `url`."""
        redis = Redis.from_url(url, decode_responses=True, socket_timeout=5)
        record = cls(redis, prefix=prefix, rules=rules, clock=clock)
        await _checked(redis.ping())
        record._renewing = asyncio.create_task(record._renew())
        return record

    async def take_in(self, update_id: int, entry: Photo | Words | None = None) -> Verdict:
        """See Record."""
        words: list[object] = [update_id, REMEMBER_S]
        if entry:
            is_album = isinstance(entry, Photo) and entry.album_id
            words += [entry.job_key, entry.kind, entry.chat_id, entry.user_id]
            words += [entry.model_dump_json(), self._rules.settle_s if is_album else 0]
            words += [self._rules.spacing_s, self._rules.max_waiting, UNASKED_S]
        return Verdict[await self._script("take_in", *words)]

    async def claim(self, kind: Kind, *, waiting_s: float = 0) -> Job | None:
        """See Record."""
        owner = secrets.token_hex(8)
        while claimed := await self._script("claim", kind, LEASE_S, owner, waiting_s):
            key, attempt, bodies = claimed
            if key in self._held:  # its lease ran out, but it is in hand here all the same
                await self._script("postpone", LEASE_S, key, owner)
                return None
            if entries := await self._entries(key, bodies):
                self._held[key] = owner
                return Job(key=key, entries=entries, attempt=attempt, owner=owner)
        return None

    async def _entries(self, key: str, bodies: Sequence[str]) -> Entries:
        """Those that can be read; the others are set aside. `bodies`: id and body in turn."""
        ids = map(int, bodies[::2])
        entries, damaged = read_entries(zip(ids, bodies[1::2], strict=True))
        if damaged or not entries:
            self.damaged += len(damaged)
            await self._script("set_aside", key, *damaged)
        return entries

    async def sending(self, job: Job, *, now: bool) -> bool:
        """See Record."""
        return bool(await self._script("sending", job.key, job.owner, int(now), LEASE_S))

    async def finish(self, job: Job) -> None:
        """See Record."""
        answered = [entry.update_id for entry in job.entries]
        await self._script("finish", job.key, job.owner, *answered)
        self._held.pop(job.key, None)

    async def postpone(self, job: Job, delay_s: float) -> None:
        """See Record."""
        await self._script("postpone", delay_s, job.key, job.owner)
        self._held.pop(job.key, None)

    async def holds(self, job_key: str) -> bool:
        """See Record."""
        return bool(await _checked(self._redis.exists(f"{self._prefix}job:{job_key}")))

    async def overdue(self, wait_s: float) -> list[Photo]:
        """See Record."""
        jobs = await self._script("overdue", wait_s)
        read = [await self._entries(key, bodies) for key, bodies in jobs]
        return [entries[0] for entries in read if entries and isinstance(entries[0], Photo)]

    async def waiting(self) -> int:
        """See Record."""
        return int(await _checked(self._redis.get(self._prefix + "waiting")) or 0)

    async def forget(self, user_id: int, *, photos_only: bool = False) -> Forgotten:
        """See Record."""
        return Forgotten(*await self._script("forget", user_id, int(photos_only)))

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
            await self._script("postpone", 0, *self._in_hand())
        await self._redis.aclose()

    async def take_over(self, old_prefix: str) -> None:
        """Move what the first version of the bot left under `old_prefix`."""
        moving = move_first_version(self._redis, self, old=old_prefix, new=self._prefix)
        if moved := await _checked(moving):
            logger.info("%d waiting photos of an older version are taken over", moved)

    async def renew_leases(self) -> None:
        """Keep the jobs in hand this process's own for another LEASE_S."""
        await self._script("renew", LEASE_S, *self._in_hand())

    def _in_hand(self) -> list[str]:
        return [word for held in self._held.items() for word in held]

    async def _script(self, name: str, *words: Any) -> Any:
        now = self._clock() if self._clock else ""
        call = self._scripts[name](keys=[self._prefix], args=[now, *words])
        return await _checked(cast("Awaitable[Any]", call))

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
