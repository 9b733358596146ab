"""queries.sqlite as a file: made when it is missing, set aside when it is damaged."""

from __future__ import annotations

import re
import sqlite3
import time
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from pixie.database import connect, database_errors
from pixie.reports import Warning  # noqa: A004

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

FILE_NAME = "queries.sqlite"

_SCHEMA = (
    "PRAGMA journal_mode = WAL",
    # Nobody waits for the disk: a power cut may cost the log, and never touches the collection.
    "PRAGMA synchronous = OFF",
    # What was cleared shall not stay in the file to be read.
    "PRAGMA secure_delete = ON",
    """
    CREATE TABLE IF NOT EXISTS queries (
        number   INTEGER PRIMARY KEY,
        time     TEXT NOT NULL,
        terms    TEXT NOT NULL,
        modality TEXT,
        kind     TEXT NOT NULL,
        settings TEXT NOT NULL,
        k        INTEGER NOT NULL,
        seconds  REAL NOT NULL,
        hits     INTEGER NOT NULL,
        recall   REAL,
        vector   BLOB NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS queries_time ON queries (time)",
    "CREATE TABLE IF NOT EXISTS means (modality TEXT PRIMARY KEY, count INTEGER NOT NULL, sum BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS filtered (name TEXT PRIMARY KEY, uses INTEGER NOT NULL)",
)

_RETRY_SECONDS = 0.01


class QueryFile:
    """The SQLite file of a query log. Not safe for several threads at once; several processes may use it.

    Parameters
    ----------
    path
        Where it is, or is to be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.remarks: deque[Warning] = deque()
        self._said = ""
        self._connection: sqlite3.Connection | None = None
        self._opened_file: int | None = None

    def write(self, work: Callable[[sqlite3.Connection], T], patience: float) -> T:
        """Do `work` in a transaction of its own, on a new file when there is none that can be read.

        Parameters
        ----------
        work
            Done again when it did not come through the first time.
        patience
            Seconds to wait for another process that writes.

        Raises
        ------
        sqlite3.Error
            The file can't be written now; nothing was.
        """
        end = time.monotonic() + patience
        while True:
            try:
                return self._transaction(work)
            except sqlite3.DatabaseError as error:
                self.close()
                if _is_damage(error):
                    if not self._set_aside(error):
                        raise
                elif not _is_busy(error) or time.monotonic() >= end:
                    raise
                else:
                    # SQLite's own waiting does not cover the first moments of a file.
                    time.sleep(_RETRY_SECONDS)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """What `work` reads at one moment; None without a file, or with a damaged one.

        Raises
        ------
        CollectionError
            The file can't be read now.
        """
        if not self.exists():
            return None
        with database_errors(self.path):
            try:
                connection = self._opened_to_read()
                try:
                    connection.execute("BEGIN")
                    return work(connection)
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    if connection is not self._connection:
                        connection.close()
            except (sqlite3.DatabaseError, TypeError, ValueError) as error:
                self.close()
                if not _is_damage(error):
                    raise
                self._set_aside(error)
                return None

    def exists(self) -> bool:
        """Whether there is a file."""
        return self._file_number() is not None

    def shrink(self) -> None:
        """Give back the room of what was deleted, unless another process is in the way.

        Raises
        ------
        sqlite3.Error
            It is.
        """
        connection = self._opened()
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        try:
            done = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            # Nobody else could write while this one goes on.
            self.close()
            raise
        return done

    def _opened(self) -> sqlite3.Connection:
        if self._file_number() != self._opened_file:
            # Deleted or replaced by somebody: what a connection from before wrote would be in no file.
            self.close()
        if self._connection is None:
            self._opened_file = self._file_number()
            self._connection = connect(f"{self.path.as_uri()}?mode=rwc", _SCHEMA, patience=0)
            self._opened_file = self._file_number()
        return self._connection

    def _file_number(self) -> int | None:
        try:
            return self.path.stat().st_ino
        except OSError:
            return None

    def _opened_to_read(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except sqlite3.OperationalError as error:
            if not re.search("unable to open|readonly|locked", str(error)):
                raise
        # Where nothing may be written, SQLite reads a log that another process keeps open; without one it
        # reads a file only that it is told nobody changes.
        try:
            return connect(f"{self.path.as_uri()}?mode=ro", ["SELECT 1 FROM queries"])
        except sqlite3.OperationalError:
            return connect(f"{self.path.as_uri()}?mode=ro&immutable=1", ["SELECT 1 FROM queries"])

    def _set_aside(self, damage: Exception) -> bool:
        """Move the file out of the way of a new one; whether it is out of the way now."""
        if self._file_number() != self._opened_file:
            # Another process met the damage first.
            return True
        aside = self.path.with_name(self.path.name + ".damaged")
        done = "it could not be moved away, and queries are not logged"
        moved = False
        try:
            # A write-ahead log that stayed would be taken for that of the next file.
            for tail in ("-wal", "-shm"):
                self.path.with_name(self.path.name + tail).unlink(missing_ok=True)
            self.path.replace(aside)
            moved = True
            done = f"it was moved to {aside.name}, and a new one is begun"
        except OSError as error:
            done += f" ({error.strerror})"
        message = f"the log of past queries, {self.path}, is damaged ({damage}); {done}"
        # A file that can't be moved is met again by every write.
        if message != self._said:
            self.remarks.append(Warning("log_damaged", message))
            self._said = message
        return moved


def _is_damage(error: Exception) -> bool:
    """Whether the content is at fault: SQLite says so by its plainest class, or misses its own columns."""
    return (
        not isinstance(error, sqlite3.DatabaseError)
        or type(error) is sqlite3.DatabaseError
        or re.search("no such|has no column|no column named", str(error)) is not None
    )


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    return re.search("locked|busy", str(error)) is not None
