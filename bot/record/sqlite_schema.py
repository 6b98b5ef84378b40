"""The tables of the SQLite record, and how the file of an older version becomes one of this."""

import sqlite3
from pathlib import Path

from bot.record.jobs import RecordError

VERSION = 2
PRAGMAS = """
PRAGMA locking_mode = EXCLUSIVE;  -- a second process would answer everything twice
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;        -- what was acknowledged survives a power cut, too
PRAGMA secure_delete = ON;        -- what is removed is gone from the disk
"""
TABLES = """
CREATE TABLE IF NOT EXISTS seen (update_id INTEGER PRIMARY KEY, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE jobs (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, chat_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    received_at REAL NOT NULL, turn_at REAL NOT NULL, due_at REAL NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0, claimed INTEGER NOT NULL DEFAULT 0,
    sending INTEGER NOT NULL DEFAULT 0, noticed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX jobs_due ON jobs (kind, claimed, due_at);
CREATE INDEX jobs_chat ON jobs (chat_id, claimed);
CREATE TABLE entries (
    update_id INTEGER PRIMARY KEY, job_key TEXT NOT NULL REFERENCES jobs (key),
    user_id INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX entries_job ON entries (job_key);
CREATE INDEX entries_user ON entries (user_id);
CREATE TABLE damaged (update_id INTEGER, user_id INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS languages (user_id INTEGER PRIMARY KEY, language TEXT NOT NULL);
"""
FROM_1_BEFORE = """
DROP INDEX IF EXISTS jobs_due;    -- from the photos alone: the jobs' columns changed in time
DROP TABLE jobs;
ALTER TABLE photos RENAME TO photos_1;
"""
FROM_1_AFTER = """
INSERT INTO jobs (key, kind, chat_id, user_id, received_at, turn_at, due_at)
    SELECT job_key, 'photos', chat_id, user_id, MIN(received_at), MIN(received_at), 0
    FROM (SELECT job_key, user_id,
                 COALESCE(IIF(json_valid(body), json_extract(body, '$.chat_id'), 0), 0) AS chat_id,
                 COALESCE(IIF(json_valid(body), json_extract(body, '$.received_at'), 0), 0)
                     AS received_at FROM photos_1)
    GROUP BY job_key;
INSERT INTO entries SELECT update_id, job_key, user_id, body FROM photos_1;
DROP TABLE photos_1;
"""
STEPS = {0: TABLES, 1: FROM_1_BEFORE + TABLES + FROM_1_AFTER}


def open_database(path: Path) -> sqlite3.Connection:
    """The file, made or brought to this version. Raises RecordError, saying what to do."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=1, check_same_thread=False)
        db.executescript(PRAGMAS)
        _migrate(db)
    except sqlite3.OperationalError as error:
        hint = "; another bot has it open" if "locked" in str(error) else ""
        raise RecordError(f"{path}: {error}{hint}") from error
    except (OSError, sqlite3.Error) as error:
        raise RecordError(f"{path}: {error}; move it away to start with an empty one") from error
    except _TooNewError as error:
        raise RecordError(f"{path}: {error}") from error
    return db


class _TooNewError(Exception):
    pass


def _migrate(db: sqlite3.Connection) -> None:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if not version and db.execute("SELECT 1 FROM sqlite_master WHERE name = 'photos'").fetchone():
        version = 1  # before versions were written down
    if version > VERSION:
        raise _TooNewError(
            f"written by a newer version of the bot (schema {version}, this one knows {VERSION}): "
            "update the bot, or move the file away to start with an empty one"
        )
    if version < VERSION:
        db.executescript(f"BEGIN; {STEPS[version]} PRAGMA user_version = {VERSION}; COMMIT;")
