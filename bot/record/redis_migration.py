"""From the keys of the first version of the Redis record to those of this one."""

from typing import Any

from redis.asyncio import Redis

from bot.record.bodies import read_entries
from bot.record.jobs import Record


async def move_first_version(redis: Redis, record: Record, *, old: str, new: str) -> int:
    """Take what waits under the prefix `old` into `record`; returns how many photos that were.

    Known updates and chosen languages move, too. To be run again after a crash: each photo is
    taken in before its key goes, and one that is known already is not taken in twice.
    """
    moved = 0
    async for key in redis.scan_iter(match=f"{_literal(old)}job:*"):
        bodies: dict[str, str] = await _any(redis.hgetall(key))
        entries, _ = read_entries((int(field), body) for field, body in bodies.items())
        for entry in entries:
            await record.take_in(entry.update_id, entry)
        await redis.delete(key)
        moved += len(entries)
    async for key in redis.scan_iter(match=f"{_literal(old)}seen:*"):
        await redis.renamenx(key, new + key.removeprefix(old))
    if await redis.exists(old + "languages"):
        await redis.renamenx(old + "languages", new + "languages")
    async for key in redis.scan_iter(match=f"{_literal(old)}*"):
        await redis.delete(key)
    return moved


def _literal(text: str) -> str:
    """The text as a pattern that matches it alone."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in text)


async def _any(call: Any) -> Any:
    return await call
