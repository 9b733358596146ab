"""items.sqlite: its tables, its connections, and what its errors mean."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import threading
from typing import TYPE_CHECKING

from pixie.disk import disk_full, lack_of_room
from pixie.errors import ClosedError, CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILE_NAME = "items.sqlite"

FAILED_ROWS = """
CREATE TABLE failed_rows (
    id         TEXT NOT NULL,
    source     TEXT NOT NULL,
    path       TEXT,
    code       TEXT NOT NULL,
    message    TEXT NOT NULL,
    said       TEXT,
    size       INTEGER,
    mtime_ns   INTEGER,
    generation INTEGER NOT NULL,
    PRIMARY KEY (id, source)
)"""
"""What format 2 lacks."""

SCHEMA = f"""
CREATE TABLE items (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    path     TEXT,
    text     TEXT,
    metadata TEXT NOT NULL,
    width    INTEGER,
    height   INTEGER,
    size     INTEGER,
    mtime_ns INTEGER,
    sha256   TEXT,
    added    TEXT NOT NULL,
    format   TEXT,
    orientation INTEGER,
    taken    TEXT,
    camera   TEXT,
    lens     TEXT,
    latitude REAL,
    longitude REAL,
    missing  TEXT
);
CREATE INDEX items_sha256 ON items (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX items_missing ON items (number) WHERE missing IS NOT NULL;
CREATE TABLE vectors (
    row      INTEGER PRIMARY KEY,
    item     INTEGER NOT NULL REFERENCES items (number),
    modality TEXT NOT NULL CHECK (modality IN ('image', 'text'))
);
CREATE INDEX vectors_item ON vectors (item);
CREATE TABLE removed_rows (
    row        INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL
);
CREATE INDEX removed_rows_generation ON removed_rows (generation);
CREATE TABLE failures (
    id       TEXT PRIMARY KEY,
    path     TEXT,
    code     TEXT NOT NULL,
    message  TEXT NOT NULL,
    size     INTEGER,
    mtime_ns INTEGER
);
{FAILED_ROWS.strip()};
CREATE TABLE roots (
    name TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
);
CREATE TABLE state (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    generation INTEGER NOT NULL,
    rows       INTEGER NOT NULL
);
INSERT INTO state VALUES (1, 0, 0);
"""  # noqa: S608

UPGRADES = {
    1: """
ALTER TABLE items RENAME COLUMN hash TO sha256;
UPDATE items SET sha256 = NULL;
ALTER TABLE items ADD COLUMN format TEXT;
ALTER TABLE items ADD COLUMN orientation INTEGER;
ALTER TABLE items ADD COLUMN taken TEXT;
ALTER TABLE items ADD COLUMN camera TEXT;
ALTER TABLE items ADD COLUMN lens TEXT;
ALTER TABLE items ADD COLUMN latitude REAL;
ALTER TABLE items ADD COLUMN longitude REAL;
ALTER TABLE items ADD COLUMN missing TEXT;
CREATE INDEX items_sha256 ON items (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX items_missing ON items (number) WHERE missing IS NOT NULL;
""",
    2: FAILED_ROWS.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"),
}
"""What makes the tables of each older format those of the next. Format 1 had another hash of the content."""

# Long enough for the recovery of a large WAL by another process; in WAL mode readers never wait for the
# writer.
_BUSY_SECONDS = 30.0


def utf8(text: str | None) -> bytes | None:
    """Bytes of `text`, to be bound to ``CAST(? AS TEXT)``.

    A file's name that is not UTF-8, or half of a surrogate pair from Java, has no UTF-8 form; sqlite3 refuses
    it as a str. Its three-byte form goes in and out unchanged, and SQLite compares it byte by byte.
    """
    return None if text is None else text.encode("utf-8", "surrogatepass")


def from_utf8(content: bytes) -> str:
    """The text that `utf8` made `content` of."""
    return content.decode("utf-8", "surrogatepass")


class Database:
    """Connections to one ``items.sqlite``: one that writes, and as many that read as threads do.

    Readers run beside each other and beside the writer, and see the whole commits there were when they began.

    Parameters
    ----------
    path
        The file, which exists unless it is opened for writing.
    read_only
        Whether `writing` is refused; the file's folder may then be unwritable.
    """

    def __init__(self, path: Path, read_only: bool) -> None:
        self._path = path
        self._read_only = read_only
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._write_lock = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._closed = False
        self._immutable = False
        if not read_only:
            with database_errors(path):
                self._writer = connect(f"{path.as_uri()}?mode=rwc", _WRITER_SETTINGS)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a read transaction: all that is read in it belongs to one moment."""
        connection = self._borrow()
        try:
            with database_errors(self._path):
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writing connection inside a transaction, which is rolled back unless the block commits it."""
        with self._write_lock:
            if self._closed:
                raise ClosedError(f"{self._path.parent} was closed", fix="open the collection again")
            if self._writer is None:
                raise CollectionError(
                    f"the collection {self._path.parent} was opened read-only",
                    fix="open it for writing",
                    code="read_only",
                )
            with database_errors(self._path):
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                finally:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")

    def size(self) -> int:
        """Bytes that the file and its write-ahead log take."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Close every connection; one that is reading is closed when it is done. Waits for a write to end."""
        with self._write_lock, self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
            if self._writer is not None:
                idle.append(self._writer)
                self._writer = None
        for connection in idle:
            connection.close()

    def __del__(self) -> None:
        # A reader that goes on to another edition drops this one, and a connection is part of a cycle: its
        # file, removed by then, would take room until a collection of garbage.
        for connection in self._idle:
            connection.close()

    def _borrow(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                raise ClosedError(f"{self._path.parent} was closed", fix="open the collection again")
            if self._idle:
                return self._idle.pop()
        with database_errors(self._path):
            return self._open_reader()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._guard:
            if not self._closed and not self._immutable:
                self._idle.append(connection)
                return
        connection.close()

    def _open_reader(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise CollectionError(
                f"{self._path} is missing",
                fix="restore the file from a backup, or index into a new collection",
                code="damaged",
            )
        address = f"{self._path.as_uri()}?mode=ro"
        try:
            return connect(address, ["SELECT 1 FROM state"])
        except sqlite3.OperationalError as error:
            # Which of the two depends on whether the log's index is missing or can't be locked.
            if not self._read_only or not re.search("unable to open|readonly", str(error)):
                raise
        log = self._path.with_name(self._path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise CollectionError(
                f"{self._path.parent} was not closed properly, and can't be written to put that right",
                fix="copy the folder to where it can be written, and open it there",
                code="read_only",
            )
        # Without a writer there is no log, and in an unwritable folder SQLite can't make the log's index.
        # Such a connection would not notice a writer that comes later, so it serves one read only.
        self._immutable = True
        return connect(f"{address}&immutable=1", [])


_WRITER_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    # FULL syncs the log at each commit: a commit that returned survives a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


def connect(uri: str, settings: Iterable[str], patience: float = _BUSY_SECONDS) -> sqlite3.Connection:
    """A connection after some statements, which waits `patience` seconds for other processes' locks."""
    # Threads take turns at a connection, which SQLite's serialized mode allows and this argument permits.
    connection = sqlite3.connect(
        uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
    )
    try:
        connection.text_factory = from_utf8
        for statement in settings:
            connection.execute(statement).fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about `path` into the `CollectionError` that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _meaning(error, path) from error


def no_room(error: sqlite3.DatabaseError, path: Path) -> str | None:
    """Why there was no room to write the database at `path`; None when the error is another."""
    reason = str(error)
    if "disk is full" in reason:
        return reason
    # SQLite calls only ENOSPC a full disk: a quota or a limit on the size of files is an error of the disk to
    # it, as a broken one is, and Python is not told which.
    code = getattr(error, "sqlite_errorcode", None)
    if "disk I/O error" not in reason or (code is not None and code not in _WRITE_FAILURES):
        return None
    found = lack_of_room(*(path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")))
    return None if found is None else f"{reason}, {found}"


_WRITE_FAILURES = frozenset(10 | kind << 8 for kind in (3, 4, 5, 6, 18, 19, 21))
"""SQLITE_IOERR_WRITE, _FSYNC, _DIR_FSYNC, _TRUNCATE, _SHMOPEN, _SHMSIZE and _SHMMAP."""


def _meaning(error: sqlite3.DatabaseError, path: Path) -> CollectionError:
    reason = str(error)
    full = no_room(error, path)
    if full is not None:
        return disk_full(path, full)
    if "readonly" in reason or "unable to open" in reason:
        return CollectionError(
            f"{path} can't be opened: {reason}",
            fix="check the permissions of its folder, or open the collection read-only",
            code="read_only",
        )
    if "disk I/O error" in reason:
        return CollectionError(
            f"the disk failed to read or write {path}: {reason}",
            fix="check the disk: the kernel's log says more",
            code="damaged",
        )
    if "locked" in reason or "busy" in reason:
        return CollectionError(
            f"{path} is in use by another program: {reason}", fix="end that program", code="locked"
        )
    return CollectionError(
        f"{path} is damaged: {reason}",
        fix="restore the file from a backup, or index into a new collection",
        code="damaged",
    )
