"""Compacting a collection: rows of vectors that belong to no item any more go, and their room comes back."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie import database, vectors
from pixie.care.vectors_check import chunks
from pixie.database import connect, database_errors, no_room
from pixie.disk import disk_errors, disk_full
from pixie.editions import COMPACTING, INDEX_FOLDER
from pixie.errors import CollectionError
from pixie.holdings import Holdings
from pixie.live_index import LiveIndex
from pixie.steps import Step
from pixie.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from pixie.steps import Steps

    Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What `pixie.compact` did.

    Attributes
    ----------
    path
        The collection's folder.
    dry_run
        Whether nothing was changed.
    rows
        Rows of vectors that belong to items.
    removed_rows
        Rows that belonged to none: those that went, or with a dry run would go.
    removed_bytes
        What they took, or take, in the file of vectors.
    bytes_before, bytes_after
        What the records, vectors and index take: before, and now.
    seconds
        How long it took.
    """

    path: str
    dry_run: bool
    rows: int
    removed_rows: int
    removed_bytes: int
    bytes_before: int
    bytes_after: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return asdict(self)


def compact_steps(folder: Path, dry_run: bool = False) -> Steps[CompactReport]:
    """Compact the collection in a folder; see `pixie.compact`."""
    began = time.perf_counter()
    with Holdings(folder, read_only=dry_run) as holdings:
        with holdings.store.reading() as connection:
            (removed,) = connection.execute("SELECT count(*) FROM removed_rows").fetchone()
            (rows,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
        before = sum(holdings.current().sizes().values())
        if removed and not dry_run:
            built = holdings.path / COMPACTING
            try:
                yield from _build(holdings, built, rows)
                yield Step("putting it in place", 3, 4)
                holdings.publish(built)
            finally:
                shutil.rmtree(built, ignore_errors=True)
        after = sum(holdings.current().sizes().values())
        removed_bytes = removed * 4 * holdings.model.dimension
    seconds = time.perf_counter() - began
    return CompactReport(str(holdings.path), dry_run, rows, removed, removed_bytes, before, after, seconds)


def _build(holdings: Holdings, built: Path, rows: int) -> Steps[None]:
    """Write an edition without the rows that belong to no item, `rows` of them left, to `built`."""
    edition = holdings.current()
    dimension = holdings.model.dimension
    source = edition.store.folder
    _make_folder(built, rows * 4 * dimension + edition.store.size()[1])
    yield Step(database.FILE_NAME, 0, 4)
    kept = _copy_records(source / database.FILE_NAME, built / database.FILE_NAME)
    yield Step(vectors.FILE_NAME, 1, 4)
    _copy_rows(source / vectors.FILE_NAME, built / vectors.FILE_NAME, dimension, kept)
    if edition.index_folder.exists():
        yield Step("index", 2, 4)
        store = Store(built, dimension, read_only=True)
        try:
            settings = holdings.index_settings
            live = LiveIndex(store, settings.pop("kind"), settings, built / INDEX_FOLDER, holdings.queries)
            live.rebuild()
        finally:
            store.close()


def _make_folder(built: Path, needed: int) -> None:
    """Make an empty folder on a disk that has room for as many bytes."""
    with disk_errors(built):
        shutil.rmtree(built, ignore_errors=True)
        free = shutil.disk_usage(built.parent).free
        if free < needed:
            raise disk_full(
                built, f"compacting needs {needed:,} bytes beside the present ones, {free:,} are free"
            )
        built.mkdir()


def _copy_records(source: Path, target: Path) -> Rows:
    """Copy the records with their rows numbered anew, and give the rows that these were, in order."""
    with database_errors(source), contextlib.closing(connect(f"{source.as_uri()}?mode=ro", ())) as records:
        try:
            # Without the room that removed items left.
            records.execute("VACUUM INTO ?", (target.as_uri(),))
        except sqlite3.DatabaseError as error:
            full = no_room(error, target)
            if full is not None:
                raise disk_full(target, full) from error
            raise
        kept = np.fromiter(
            (row for (row,) in records.execute("SELECT row FROM vectors ORDER BY row")), np.int64
        )
    # The caller syncs the file once it is whole.
    settings = ("PRAGMA synchronous = OFF", "PRAGMA journal_mode = MEMORY")
    with database_errors(target), contextlib.closing(connect(f"{target.as_uri()}?mode=rw", settings)) as copy:
        copy.execute("BEGIN")
        copy.execute("CREATE TEMP TABLE kept AS SELECT item, modality FROM main.vectors ORDER BY row")
        copy.execute("DELETE FROM vectors")
        copy.execute("INSERT INTO vectors SELECT rowid - 1, item, modality FROM kept")
        copy.execute("DELETE FROM removed_rows")
        copy.execute("UPDATE state SET rows = ?, generation = generation + 1", (len(kept),))
        copy.execute("COMMIT")
        copy.execute("PRAGMA journal_mode = WAL").fetchone()
    return kept


def _copy_rows(source: Path, target: Path, dimension: int, kept: Rows) -> None:
    """Copy rows in the order of their numbers."""
    total = int(kept[-1]) + 1 if len(kept) else 0
    copied = 0
    with disk_errors(target), target.open("wb") as file:
        for first, some in chunks(source, dimension, total):
            begin, end = np.searchsorted(kept, (first, first + len(some)))
            file.write(some[kept[begin:end] - first].data)
            copied += int(end - begin)
    if copied != len(kept):
        raise CollectionError(
            f"{source} is damaged: {len(kept) - copied} of its {len(kept)} rows of items are missing",
            fix="run: pixie verify",
            code="damaged",
        )
