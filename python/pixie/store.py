"""The durable half of a collection: records in SQLite, vectors in one flat file, committed together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixie import database, failed_rows, vectors
from pixie.clock import now
from pixie.database import Database, utf8
from pixie.disk import disk_errors
from pixie.errors import CollectionError
from pixie.key_indexes import ANALYSED, changes
from pixie.manifest import FORMAT
from pixie.metadata_changes import change
from pixie.upsert import check_rows, forget_failure, note_failure, remove_item, upsert, with_copies
from pixie.vectors import VectorFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from pixie.metadata_changes import MetadataChanges
    from pixie.records import FailedFile, Record, TouchedFile
    from pixie.same_content import Move


@dataclass(frozen=True, slots=True)
class State:
    """How far a collection's commits have come.

    ``generation`` grows by one with each commit; ``rows`` of the vector file are committed, removed ones
    included.
    """

    generation: int
    rows: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened after a generation: the state now, and the rows that were removed meanwhile."""

    state: State
    removed: list[int]


class Store:
    """The records and vectors of one collection, open for one writer or for reading.

    All methods are safe to call from any thread; reads run beside each other and beside a commit.

    Parameters
    ----------
    folder
        The collection's folder, made by `Store.create`.
    dimension
        Length of a vector.
    read_only
        Whether writing is refused. A writing store must be the only one of its folder (`WriterLock`).

    Raises
    ------
    CollectionError
        ``damaged`` when a file is missing, shorter than what was committed, or no database; ``read_only``.
    """

    def __init__(self, folder: Path, dimension: int, read_only: bool) -> None:
        self.folder = folder
        self.dimension = dimension
        self.vectors = VectorFile(folder / vectors.FILE_NAME, dimension)
        self._database = Database(_existing(folder / database.FILE_NAME), read_only)
        try:
            state = self.state()
            self.vectors.check(state.rows)
            if not read_only:
                self.vectors.cut(state.rows)
        except BaseException:
            self.close()
            raise
        # Where the next vectors go: after rows whose commit may or may not have reached the disk, as well.
        self._next_row = state.rows

    @staticmethod
    def create(folder: Path) -> None:
        """Make the files of an empty store in `folder`, where an unfinished start may have left some."""
        path = folder / database.FILE_NAME
        with disk_errors(path):
            (folder / vectors.FILE_NAME).touch()
        files = Database(path, read_only=False)
        try:
            with files.writing() as connection:
                if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
                    for statement in database.SCHEMA.split(";\n"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {FORMAT}")
                elif connection.execute("SELECT rows FROM state").fetchone() != (0,):
                    raise CollectionError(
                        f"{folder} holds the items of a collection but no collection.json",
                        fix="restore collection.json from a backup, or choose another folder",
                        code="damaged",
                    )
                connection.execute("COMMIT")
        finally:
            files.close()

    @staticmethod
    def upgrade(folder: Path, version: int) -> None:
        """Bring the tables in `folder` from an older format's to this one's; nothing where that was done."""
        files = Database(_existing(folder / database.FILE_NAME), read_only=False)
        try:
            with files.writing() as connection:
                # Of an upgrade that ended before collection.json was written.
                (done,) = connection.execute("PRAGMA user_version").fetchone()
                for old in range(max(version, done), FORMAT):
                    for statement in database.UPGRADES[old].split(";\n"):
                        connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
                connection.execute("COMMIT")
        finally:
            files.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection on which everything that is read belongs to one moment."""
        with self._database.reading() as connection:
            yield connection

    def state(self) -> State:
        """The newest commit's state; a few microseconds, so cheap enough to ask before every search."""
        with self.reading() as connection:
            return _state(connection)

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those of some ids that items have."""
        with self.reading() as connection:
            return {
                identifier
                for identifier in ids
                if connection.execute(
                    "SELECT 1 FROM items WHERE id = CAST(? AS TEXT)", (utf8(identifier),)
                ).fetchone()
            }

    def changes(self, generation: int) -> Changes:
        """What was committed after `generation`, -1 for everything."""
        with self.reading() as connection:
            removed = connection.execute("SELECT row FROM removed_rows WHERE generation > ?", (generation,))
            return Changes(_state(connection), [row for (row,) in removed])

    def commit(
        self,
        records: Sequence[Record],
        rows: npt.NDArray[np.float32] | None = None,
        failures: Iterable[FailedFile] = (),
        touched: Iterable[TouchedFile] = (),
    ) -> tuple[int, int]:
        """Add or replace items, note failures and touched files: all of it or, on an error, nothing.

        Parameters
        ----------
        records
            The items; where two have the same id, the later one counts.
        rows
            float32 (n, dimension): the unit vectors of the records, each of one record. They are on the disk
            before the commit that names them.

        Returns
        -------
        tuple of int
            How many items are new, and how many took the place of one.

        Raises
        ------
        InvalidInputError
            A record would have no vector, or a row is no unit vector or not of one record.
        CollectionError
            ``disk_full``, ``read_only`` and others.
        """
        records, rows = with_copies(records, rows, self.vectors)
        check_rows(records, rows, self.dimension)
        failures, touched = list(failures), list(touched)
        if not (records or failures or touched):
            return 0, 0
        updated = 0
        with self._commit() as (connection, state):
            for record in records:
                updated += upsert(connection, record, state.generation, state.rows)
            for failed in failures:
                note_failure(connection, failed, state.generation)
            for file in touched:
                connection.execute(
                    "UPDATE items SET path = CAST(? AS TEXT), size = ?, mtime_ns = ?, missing = NULL"
                    " WHERE id = CAST(? AS TEXT)",
                    (utf8(file.path), file.size, file.mtime_ns, utf8(file.id)),
                )
                forget_failure(connection, file.id)
            if rows is not None and len(rows):
                self.vectors.append(rows, state.rows)
                self._next_row = state.rows + len(rows)
        return len(records) - updated, updated

    def remove(self, ids: Iterable[str]) -> tuple[int, list[str]]:
        """Remove items; gives how many there were, and the ids that there were none of."""
        with self._commit() as (connection, state):
            unknown = []
            wanted = list(dict.fromkeys(ids))
            for identifier in wanted:
                if not remove_item(connection, identifier, state.generation):
                    unknown.append(identifier)
        return len(wanted) - len(unknown), unknown

    def change_metadata(self, ids: Iterable[str], changes: MetadataChanges) -> tuple[int, list[str]]:
        """Change items' metadata; gives how many there were, and the ids that there were none of."""
        with self._commit() as (connection, _):
            return change(connection, ids, changes)

    def make_indexes(self, names: Iterable[str]) -> int:
        """Make the indexes that filters on these names are worth and that are not there; gives how many."""
        with self._database.writing() as connection:
            statements = changes(connection, names)
            made = sum(statement.startswith("CREATE") for statement in statements)
            for statement in statements:
                connection.execute(statement)
            if made:
                # Else SQLite does not know that a key has few different values, and goes through them all.
                connection.execute(f"PRAGMA analysis_limit = {ANALYSED}")
                connection.execute("ANALYZE items")
            connection.execute("COMMIT")
        return made

    def move(self, moves: Iterable[Move]) -> None:
        """Give items the ids of the files they have become; see `take_over`."""
        with self._commit() as (connection, _):
            for number, before, record in moves:
                connection.execute(
                    "UPDATE items SET id = CAST(? AS TEXT), path = CAST(? AS TEXT), size = ?, mtime_ns = ?,"
                    " missing = NULL WHERE number = ?",
                    (
                        utf8(record.id),
                        utf8(record.path),
                        record.facts.get("size"),
                        record.facts.get("mtime_ns"),
                        number,
                    ),
                )
                forget_failure(connection, before)
                forget_failure(connection, record.id)

    def forget_stale_rows(self, source: str, generation: int, still: Container[str]) -> list[str]:
        """Forget a table's failures up to a commit that are not `still` so; gives the rows' ids."""
        with self.reading() as connection:
            ids = failed_rows.stale(connection, source, generation, still)
        if ids:
            with self._commit() as (connection, _):
                failed_rows.forget_of(connection, source, ids)
        return ids

    def settle(
        self,
        removed: Iterable[str],
        missing: Iterable[str],
        failures: Iterable[str],
        failed: Iterable[FailedFile] = (),
    ) -> None:
        """Remove items, mark others as missing, and forget failures, whose files are gone, by their ids.

        Files that `failed` are noted.
        """
        with self._commit() as (connection, state):
            for identifier in removed:
                remove_item(connection, identifier, state.generation)
            connection.executemany(
                "UPDATE items SET missing = ? WHERE id = CAST(? AS TEXT) AND missing IS NULL",
                ((now(), utf8(identifier)) for identifier in missing),
            )
            for identifier in failures:
                forget_failure(connection, identifier)
            for each in failed:
                note_failure(connection, each, state.generation)

    def set_places(
        self, roots: Mapping[str, str], paths: Mapping[str, str], back: Iterable[str] = ()
    ) -> None:
        """Record the folder of each root by its name, and the new path of items, by their ids, that moved.

        Those whose files are `back`, by their ids, are missing no longer.
        """
        with self._commit() as (connection, _):
            connection.executemany(
                "INSERT OR REPLACE INTO roots (name, path) VALUES (CAST(? AS TEXT), CAST(? AS TEXT))",
                ((utf8(name), utf8(path)) for name, path in roots.items()),
            )
            connection.executemany(
                "UPDATE items SET path = CAST(? AS TEXT) WHERE id = CAST(? AS TEXT)",
                ((utf8(path), utf8(identifier)) for identifier, path in paths.items()),
            )
            connection.executemany(
                "UPDATE items SET missing = NULL WHERE id = CAST(? AS TEXT)",
                ((utf8(identifier),) for identifier in back),
            )

    def size(self) -> tuple[int, int]:
        """Bytes on disk: of the vectors, and of the records."""
        return self.vectors.size(), self._database.size()

    def close(self) -> None:
        """Close the files. Reads that are going on end first; calls that come later raise `ClosedError`."""
        self._database.close()

    @contextlib.contextmanager
    def _commit(self) -> Iterator[tuple[sqlite3.Connection, State]]:
        """A transaction that becomes the next generation, and the row for its first vector."""
        with self._database.writing() as connection:
            before, first = _state(connection), self._next_row
            state = State(before.generation + 1, first)
            connection.executemany(
                "INSERT INTO removed_rows VALUES (?, ?)",
                ((row, state.generation) for row in range(before.rows, first)),
            )
            try:
                yield connection, state
                connection.execute(
                    "UPDATE state SET generation = ?, rows = ?", (state.generation, self._next_row)
                )
            except BaseException:
                self._next_row = first
                with contextlib.suppress(CollectionError):
                    self.vectors.cut(first)
                raise
            # When this fails, nobody knows whether the log has the commit. A start after a crash may find it
            # there, so the vectors it names must stay: the next commit writes after them and calls them
            # removed.
            connection.execute("COMMIT")


def _existing(path: Path) -> Path:
    """The path of a file that is there: opening a database for writing would make one."""
    if not path.is_file():
        raise CollectionError(
            f"{path} is missing",
            fix="restore it from a backup, or index into a new collection",
            code="damaged",
        )
    return path


def _state(connection: sqlite3.Connection) -> State:
    return State(*connection.execute("SELECT generation, rows FROM state").fetchone())
