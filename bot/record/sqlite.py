"""The record in one SQLite file: the default, for a bot of one process.

SQLite runs on a thread of its own, which makes every method below a transaction that no other
interrupts, and keeps the disk's pace away from the event loop.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.record.bodies import read_entries
from bot.record.clock import steady_time
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
from bot.record.sqlite_schema import open_database

Result = TypeVar("Result")
TAKE_UP = """
UPDATE jobs SET claimed = 0, sending = 0,  -- what a killed process had in hand
    due_at = MIN(due_at, :now)             -- the moments of another process' clock
"""
CLAIM = """
UPDATE jobs SET claimed = 1, attempt = attempt + 1 WHERE key = (
    SELECT key FROM jobs AS job
    WHERE kind = :kind AND NOT claimed AND due_at <= :now
        AND (:waiting_s = 0 OR received_at <= :now - :waiting_s)
        AND NOT EXISTS (
            SELECT 1 FROM jobs AS other WHERE other.chat_id = job.chat_id AND other.claimed
                AND (other.kind = job.kind OR other.sending))
    ORDER BY turn_at LIMIT 1)
RETURNING key, attempt
"""


class SqliteRecord:
    """A Record. `path`'s folder is made if it is not there."""

    def __init__(
        self, path: Path, *, rules: Rules, clock: Callable[[], float] = steady_time
    ) -> None:
        """Raises RecordError where the file cannot be opened or another process has it."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="record")
        self._rules = rules
        self._clock = clock
        self.damaged = 0
        self._db = open_database(path)
        with self._db:
            self._db.execute(TAKE_UP, {"now": clock()})

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

    async def take_in(self, update_id: int, entry: Photo | Words | None = None) -> Verdict:
        """See Record."""
        return await self._run(partial(self._take_in, update_id, entry))

    def _take_in(self, update_id: int, entry: Photo | Words | None) -> Verdict:
        now = self._clock()
        self._db.execute("DELETE FROM seen WHERE at < ?", (now - REMEMBER_S,))
        marked = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (update_id, now))
        if not marked.rowcount:
            return Verdict.KNOWN
        match entry:
            case None:
                return Verdict.NEW
            case Photo(kind=Kind.UNASKED):
                self._drop_unasked(now)
            case Photo() if self._waiting(entry.user_id) >= self._rules.max_waiting:
                return Verdict.TOO_MANY
            case Words() if self._one("SELECT COUNT(*) FROM jobs WHERE key = ?", entry.job_key):
                return Verdict.NEW
        self._add(entry, now)
        return Verdict.NEW

    def _drop_unasked(self, now: float) -> None:
        old = "SELECT key FROM jobs WHERE kind = ? AND received_at < ?"
        self._db.execute(
            f"DELETE FROM entries WHERE job_key IN ({old})",  # noqa: S608 - no user's words
            (Kind.UNASKED, now - UNASKED_S),
        )
        self._drop_empty_jobs()

    def _add(self, entry: Photo | Words, now: float) -> None:
        jobs = self._one(
            "SELECT COUNT(*) FROM jobs WHERE user_id = ? AND kind = ? AND kind = 'photos'",
            entry.user_id,
            entry.kind,
        )
        is_album = isinstance(entry, Photo) and entry.album_id
        settled_at = now + (self._rules.settle_s if is_album else 0)
        self._db.execute(
            "INSERT INTO jobs (key, kind, chat_id, user_id, received_at, turn_at, due_at)"
            " VALUES (:key, :kind, :chat, :user, :received_at, :turn_at, :turn_at)"
            " ON CONFLICT (key) DO UPDATE SET due_at = MAX(due_at, :settled_at),"
            " kind = IIF(:kind = 'unasked', kind, :kind)",
            {
                "key": entry.job_key,
                "kind": entry.kind,
                "chat": entry.chat_id,
                "user": entry.user_id,
                "received_at": entry.received_at,
                "turn_at": settled_at + jobs * self._rules.spacing_s,
                "settled_at": settled_at,
            },
        )
        self._db.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?)",
            (entry.update_id, entry.job_key, entry.user_id, entry.model_dump_json()),
        )

    async def claim(self, kind: Kind, *, waiting_s: float = 0) -> Job | None:
        """See Record."""
        return await self._run(partial(self._claim, kind, waiting_s))

    def _claim(self, kind: Kind, waiting_s: float) -> Job | None:
        facts = {"kind": kind, "now": self._clock(), "waiting_s": waiting_s}
        while claimed := self._db.execute(CLAIM, facts).fetchone():
            if entries := self._entries(claimed[0]):
                return Job(key=claimed[0], entries=entries, attempt=claimed[1])
            self._db.execute("DELETE FROM jobs WHERE key = ?", (claimed[0],))
        return None

    def _entries(self, job_key: str) -> tuple[Photo | Words, ...]:
        """Those that can be read; the others are set aside."""
        rows = self._db.execute(
            "SELECT update_id, body FROM entries WHERE job_key = ?", (job_key,)
        ).fetchall()
        entries, damaged = read_entries(rows)
        self.damaged += len(damaged)
        which = [(update_id,) for update_id in damaged]
        self._db.executemany(
            "INSERT INTO damaged SELECT update_id, user_id, body FROM entries WHERE update_id = ?",
            which,
        )
        self._db.executemany("DELETE FROM entries WHERE update_id = ?", which)
        return entries

    async def sending(self, job: Job, *, now: bool) -> bool:
        """See Record."""
        change = "UPDATE jobs SET sending = ? WHERE key = ? AND claimed"
        return await self._run(lambda: self._db.execute(change, (now, job.key)).rowcount) > 0

    async def finish(self, job: Job) -> None:
        """See Record."""
        await self._run(partial(self._finish, job))

    def _finish(self, job: Job) -> None:
        answered = [(entry.update_id,) for entry in job.entries]
        self._db.executemany("DELETE FROM entries WHERE update_id = ?", answered)
        change = "UPDATE jobs SET claimed = 0, sending = 0, attempt = 0 WHERE key = ?"
        self._db.execute(change, (job.key,))
        self._drop_empty_jobs()

    def _drop_empty_jobs(self) -> None:
        self._db.execute("DELETE FROM jobs WHERE key NOT IN (SELECT job_key FROM entries)")

    async def postpone(self, job: Job, delay_s: float) -> None:
        """See Record."""
        change = "UPDATE jobs SET claimed = 0, sending = 0, due_at = ? WHERE key = ?"
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
            "UPDATE jobs SET noticed = 1 WHERE NOT noticed AND kind = ? AND received_at < ?"
            " RETURNING key",
            (Kind.PHOTOS, self._clock() - wait_s),
        ).fetchall()
        jobs = [self._entries(key) for (key,) in rows]
        return [entries[0] for entries in jobs if entries and isinstance(entries[0], Photo)]

    async def waiting(self) -> int:
        """See Record."""
        return await self._run(self._waiting)

    def _waiting(self, user_id: int | None = None) -> int:
        return self._one(
            "SELECT COUNT(*) FROM entries JOIN jobs ON jobs.key = job_key"
            " WHERE kind = ?1 AND (?2 IS NULL OR entries.user_id = ?2)",
            Kind.PHOTOS,
            user_id,
        )

    async def forget(self, user_id: int, *, photos_only: bool = False) -> Forgotten:
        """See Record."""
        return await self._run(partial(self._forget, user_id, photos_only))

    def _forget(self, user_id: int, photos_only: bool) -> Forgotten:
        counted = self._db.execute(
            "SELECT sending, COUNT(*) FROM entries JOIN jobs ON jobs.key = job_key"
            " WHERE entries.user_id = ? AND kind = ? GROUP BY sending",
            (user_id, Kind.PHOTOS),
        )
        photos = dict(counted.fetchall())
        for table in ("entries",) if photos_only else ("entries", "damaged", "languages"):
            self._db.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))  # noqa: S608
        self._drop_empty_jobs()
        return Forgotten(dropped=photos.get(0, 0), on_their_way=photos.get(1, 0))

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
