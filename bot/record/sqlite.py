"""The record in one SQLite file: the default, for a bot of one process.

SQLite runs on a thread of its own, which makes every method below a transaction that no other
interrupts, and keeps the disk's pace away from the event loop.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.record.jobs import REMEMBER_S, Job, Photo, RecordError, Rules, Verdict

Result = TypeVar("Result")

SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE;  -- a second process would answer everything twice
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;        -- what was acknowledged survives a power cut, too
PRAGMA secure_delete = ON;        -- what is removed is gone from the disk
CREATE TABLE IF NOT EXISTS seen (update_id INTEGER PRIMARY KEY, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE IF NOT EXISTS jobs (
    key TEXT PRIMARY KEY, user_id INTEGER NOT NULL, received_at REAL NOT NULL,
    turn_at REAL NOT NULL, due_at REAL NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,
    claimed INTEGER NOT NULL DEFAULT 0, noticed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (claimed, due_at);
CREATE TABLE IF NOT EXISTS photos (
    update_id INTEGER PRIMARY KEY, job_key TEXT NOT NULL REFERENCES jobs (key),
    user_id INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS photos_job ON photos (job_key);
CREATE INDEX IF NOT EXISTS photos_user ON photos (user_id);
CREATE TABLE IF NOT EXISTS languages (user_id INTEGER PRIMARY KEY, language TEXT NOT NULL);
UPDATE jobs SET claimed = 0;      -- what a killed process had in hand
"""


class SqliteRecord:
    """A Record. `path`'s folder is made if it is not there."""

    def __init__(self, path: Path, *, rules: Rules, clock: Callable[[], float] = time.time) -> None:
        """Raises RecordError where the file cannot be opened or another process has it."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="record")
        self._rules = rules
        self._clock = clock
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=1, check_same_thread=False)
            self._db.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise RecordError(f"{path}: {error}") from error

    async def _run(self, work: Callable[[], Result]) -> Result:
        def transaction() -> Result:
            try:
                with self._db:
                    return work()
            except sqlite3.Error as error:
                raise RecordError(str(error)) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)

    def _one(self, query: str, *values: object) -> int:
        """The single number that `query` selects."""
        return int(self._db.execute(query, values).fetchone()[0])

    async def take_in(self, update_id: int, photo: Photo | None = None) -> Verdict:
        """See Record."""
        return await self._run(partial(self._take_in, update_id, photo))

    def _take_in(self, update_id: int, photo: Photo | None) -> Verdict:
        now = self._clock()
        self._db.execute("DELETE FROM seen WHERE at < ?", (now - REMEMBER_S,))
        marked = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (update_id, now))
        if not marked.rowcount:
            return Verdict.KNOWN
        if photo is None:
            return Verdict.NEW
        waiting = self._one("SELECT COUNT(*) FROM photos WHERE user_id = ?", photo.user_id)
        if waiting >= self._rules.max_waiting:
            return Verdict.TOO_MANY
        self._add(photo, now)
        return Verdict.NEW

    def _add(self, photo: Photo, now: float) -> None:
        jobs = self._one("SELECT COUNT(*) FROM jobs WHERE user_id = ?", photo.user_id)
        settled_at = now + (self._rules.settle_s if photo.album_id else 0)
        self._db.execute(
            "INSERT INTO jobs (key, user_id, received_at, turn_at, due_at)"
            " VALUES (:key, :user, :received_at, :turn_at, :turn_at)"
            " ON CONFLICT (key) DO UPDATE SET due_at = MAX(due_at, :settled_at)",
            {
                "key": photo.job_key,
                "user": photo.user_id,
                "received_at": photo.received_at,
                "turn_at": settled_at + jobs * self._rules.spacing_s,
                "settled_at": settled_at,
            },
        )
        self._db.execute(
            "INSERT INTO photos VALUES (?, ?, ?, ?)",
            (photo.update_id, photo.job_key, photo.user_id, photo.model_dump_json()),
        )

    async def claim(self) -> Job | None:
        """See Record."""
        return await self._run(self._claim)

    def _claim(self) -> Job | None:
        rows = self._db.execute(
            "UPDATE jobs SET claimed = 1, attempt = attempt + 1 WHERE key ="
            " (SELECT key FROM jobs WHERE NOT claimed AND due_at <= ? ORDER BY turn_at LIMIT 1)"
            " RETURNING key, attempt",
            (self._clock(),),
        ).fetchall()
        for key, attempt in rows:
            return Job(key=key, photos=self._photos(key), attempt=attempt)
        return None

    def _photos(self, job_key: str) -> tuple[Photo, ...]:
        rows = self._db.execute(
            "SELECT body FROM photos WHERE job_key = ? ORDER BY update_id", (job_key,)
        )
        return tuple(Photo.model_validate_json(body) for (body,) in rows)

    async def finish(self, job: Job) -> None:
        """See Record."""
        await self._run(partial(self._finish, job))

    def _finish(self, job: Job) -> None:
        answered = [(photo.update_id,) for photo in job.photos]
        self._db.executemany("DELETE FROM photos WHERE update_id = ?", answered)
        self._db.execute("UPDATE jobs SET claimed = 0, attempt = 0 WHERE key = ?", (job.key,))
        self._drop_empty_jobs()

    def _drop_empty_jobs(self) -> None:
        self._db.execute("DELETE FROM jobs WHERE key NOT IN (SELECT job_key FROM photos)")

    async def postpone(self, job: Job, delay_s: float) -> None:
        """See Record."""
        change = "UPDATE jobs SET claimed = 0, due_at = ? WHERE key = ?"
        await self._run(lambda: self._db.execute(change, (self._clock() + delay_s, job.key)))

    async def holds(self, job_key: str) -> bool:
        """See Record."""
        query = "SELECT COUNT(*) FROM jobs WHERE key = ?"
        return await self._run(partial(self._one, query, job_key)) > 0

    async def overdue(self, wait_s: float) -> list[Photo]:
        """See Record."""
        return await self._run(partial(self._overdue, wait_s))

    def _overdue(self, wait_s: float) -> list[Photo]:
        rows = self._db.execute(
            "UPDATE jobs SET noticed = 1 WHERE NOT noticed AND received_at < ? RETURNING key",
            (self._clock() - wait_s,),
        ).fetchall()
        return [self._photos(key)[0] for (key,) in rows]

    async def waiting(self) -> int:
        """See Record."""
        return await self._run(partial(self._one, "SELECT COUNT(*) FROM photos"))

    async def forget(self, user_id: int) -> int:
        """See Record."""
        return await self._run(partial(self._forget, user_id))

    def _forget(self, user_id: int) -> int:
        self._db.execute("DELETE FROM languages WHERE user_id = ?", (user_id,))
        waiting = self._db.execute("DELETE FROM photos WHERE user_id = ?", (user_id,)).rowcount
        self._drop_empty_jobs()
        return waiting

    async def language(self, user_id: int) -> str | None:
        """See Record."""
        query = "SELECT language FROM languages WHERE user_id = ?"
        row = await self._run(lambda: self._db.execute(query, (user_id,)).fetchone())
        return row and str(row[0])

    async def choose_language(self, user_id: int, language: str) -> None:
        """See Record."""
        change = "INSERT OR REPLACE INTO languages VALUES (?, ?)"
        await self._run(lambda: self._db.execute(change, (user_id, language)))

    async def close(self) -> None:
        """See Record."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown()
