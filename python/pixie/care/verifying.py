"""Checking every invariant of a collection's folder, beside a writer, changing nothing."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import numpy as np

from pixie import catalog, database, manifest, vectors
from pixie.care.findings import BACKUP, REPAIR, Findings, VerifyReport
from pixie.care.log_check import check_log
from pixie.care.records_check import check_records, check_rows, committed, readable
from pixie.care.vectors_check import check_length, check_vectors, chunks, rows_a_chunk
from pixie.database import Database
from pixie.editions import INDEX_FOLDER, data_folder, likely_edition
from pixie.errors import CollectionError, InvalidInputError
from pixie.items import MODALITIES
from pixie.manifest import Manifest
from pixie.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.steps import Steps
    from pixie.store import Store

    Rows = npt.NDArray[np.int64]

SAMPLE = 1000
"""Vectors of each modality that are searched for unless all are; damage of one in 200 is met for certain."""

_SEED = 0
_QUERIES = 256
"""Vectors searched for at once."""

_UNSEARCHABLE = (
    *("records_damaged", "records_missing", "row_lost", "row_uncommitted", "vectors_missing"),
    *("vectors_short", "vector_not_finite", "vector_not_unit"),
)
"""Findings with which no search means anything."""


def verify_steps(folder: Path, full: bool = False) -> Steps[VerifyReport]:
    """Check the collection in a folder; see `pixie.verify`."""
    folder = folder.absolute()
    if not (
        manifest.exists(folder) or (data_folder(folder, likely_edition(folder)) / database.FILE_NAME).exists()
    ):
        raise manifest.missing(folder)
    while True:
        verifying = _Verifying(folder, full)
        report = yield from verifying.steps()
        if not verifying.superseded():
            return report


class _Verifying:
    """One verification; what is known so far."""

    def __init__(self, folder: Path, full: bool) -> None:
        self._folder = folder
        self._data = data_folder(folder, likely_edition(folder))
        self._full = full
        self._findings = Findings()
        self._began = time.perf_counter()
        self._manifest: Manifest | None = None
        self._items: int | None = None
        self._rows: int | None = None
        self._live: dict[Modality, Rows] = {}
        self._searched = 0

    def steps(self) -> Steps[VerifyReport]:
        yield Step("collection.json", 0, 5)
        self._check_manifest()
        yield Step("items.sqlite", 1, 5)
        self._check_database()
        if self._manifest is not None and self._rows is not None:
            dimension = self._manifest.model.dimension
            path = self._data / vectors.FILE_NAME
            check_length(path, dimension, self._rows, self._findings)
            if path.is_file():
                total = -(-self._rows // rows_a_chunk(dimension))
                for number, (first, some) in enumerate(chunks(path, dimension, self._rows)):
                    part = f" {number + 1}/{total}" if total > 1 else ""
                    yield Step(f"{vectors.FILE_NAME}{part}", 2, 5)
                    check_vectors(first, some, self._findings)
            if not self._findings.any_of(*_UNSEARCHABLE):
                yield from self._search()
        yield Step("queries.sqlite", 4, 5)
        dimension_known = None if self._manifest is None else self._manifest.model.dimension
        check_log(self._folder, dimension_known, self._findings)
        return VerifyReport(
            path=str(self._folder),
            items=self._items,
            rows=self._rows,
            searched=self._searched,
            findings=tuple(self._findings.kept),
            counts=dict(self._findings.counts),
            seconds=time.perf_counter() - self._began,
        )

    def superseded(self) -> bool:
        """Whether a writer has put another edition in place of what was verified."""
        if self._manifest is None:
            return False
        try:
            return Manifest.read(self._folder).edition != self._manifest.edition
        except CollectionError:
            return False

    def _check_manifest(self) -> None:
        try:
            self._manifest = Manifest.read(self._folder)
            self._data = data_folder(self._folder, self._manifest.edition)
        except CollectionError as error:
            if error.code == "newer_format":
                raise
            code = "manifest_missing" if error.code == "missing" else "manifest_damaged"
            said = f"{manifest.FILE_NAME} is missing" if error.code == "missing" else error.message
            self._findings.add(code, said, f"{REPAIR}, or {BACKUP}")

    def _check_database(self) -> None:
        path = self._data / database.FILE_NAME
        if not path.is_file():
            self._findings.add("records_missing", f"{database.FILE_NAME} is missing", BACKUP)
            return
        records = Database(path, read_only=True)
        try:
            # One moment's view, whatever a writer does meanwhile; vectors of committed rows never change.
            with records.reading() as connection:
                self._check_records(connection)
        except CollectionError as error:
            if error.code != "damaged":
                raise
            self._findings.add("records_damaged", error.message)
        finally:
            records.close()

    def _check_records(self, connection: sqlite3.Connection) -> None:
        rows = committed(connection, self._findings)
        try:
            check_records(connection, self._findings)
        except sqlite3.DatabaseError as error:
            self._findings.add("records_damaged", f"{database.FILE_NAME}: {error}")
        self._items = catalog.count(connection)
        if rows is None:
            return
        live = check_rows(connection, rows, self._findings)
        for modality in MODALITIES:
            found = np.fromiter(catalog.rows_of_modality(connection, modality, 0), np.int64)
            self._live[modality] = np.intersect1d(found, live)
        self._rows = rows

    def _search(self) -> Steps[None]:
        """Check the saved index, and search for vectors by the collection's own."""
        from pixie.care.index_check import check_saved, missed_rows
        from pixie.live_index import LiveIndex
        from pixie.store import Store

        assert self._manifest is not None
        index_folder = self._data / INDEX_FOLDER
        store = Store(self._data, self._manifest.model.dimension, read_only=True)
        try:
            yield Step("index", 3, 5)
            check_saved(index_folder, store, self._findings)
            settings = self._manifest.index_settings
            live = LiveIndex(store, settings.pop("kind"), settings, index_folder)
            try:
                index: Index = live.current()
            except InvalidInputError as error:
                said = f"{manifest.FILE_NAME} names an index that can't be made: {error.message}"
                self._findings.add("manifest_damaged", said)
                return
            for modality in MODALITIES:
                rows = self._sampled(modality)
                for number, some in enumerate(_groups(rows)):
                    yield Step(f"searching for vectors {number * _QUERIES}/{len(rows)}", 3, 5)
                    for row in missed_rows(index, store, some, modality):
                        self._note_missed(store, int(row))
                    self._searched += len(some)
        finally:
            store.close()

    def _sampled(self, modality: Modality) -> Rows:
        rows = self._live[modality]
        if self._full or len(rows) <= SAMPLE:
            return rows
        return np.sort(np.random.default_rng(_SEED).choice(rows, SAMPLE, replace=False))

    def _note_missed(self, store: Store, row: int) -> None:
        owner = "SELECT CAST(id AS BLOB) FROM items WHERE number = (SELECT item FROM vectors WHERE row = ?)"
        with store.reading() as connection:
            found = connection.execute(owner, (row,)).fetchone()
        name = readable(found[0]) if found else None
        self._findings.add(
            "not_found",
            f"item {name!r} is not found by its own vector, row {row}",
            "run: pixie reindex",
            item=name,
            row=row,
        )


def _groups(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _QUERIES):
        yield rows[start : start + _QUERIES]
