"""Repairing a collection's folder: what can be fixed is, and nothing goes without a copy beside it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import numpy as np

from pixie import database, manifest, query_file, vectors
from pixie.care.first_page import mended
from pixie.care.known_manifest import known_manifest
from pixie.care.repair_report import Action, RepairReport
from pixie.care.row_repair import FAILURE_CODE, RowRepair, write_taken
from pixie.care.salvage import salvage
from pixie.care.vectors_check import chunks, wrong_rows
from pixie.care.verifying import verify_steps
from pixie.database import Database, no_room, utf8
from pixie.disk import disk_errors, disk_full, sync_folder
from pixie.editions import INDEX_FOLDER, data_folder, likely_edition
from pixie.errors import CollectionError
from pixie.lock import WriterLock
from pixie.manifest import Manifest
from pixie.opening import COPIES_PREFIX
from pixie.steps import Step

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from pixie.care.findings import VerifyReport
    from pixie.care.salvage import Salvaged
    from pixie.steps import Steps

    Rows = npt.NDArray[np.int64]


def repair_steps(folder: Path, dry_run: bool = False) -> Steps[RepairReport]:
    """Repair the collection in a folder; see `pixie.repair`."""
    folder = folder.absolute()
    began = time.perf_counter()
    if not folder.is_dir():
        raise manifest.missing(folder)
    lock = WriterLock(folder)
    try:
        before = yield from verify_steps(folder)
        repairing = _Repairing(folder, before, dry_run)
        if before.counts:
            yield from repairing.steps()
        after = before if dry_run or not before.counts else (yield from verify_steps(folder))
    finally:
        lock.release()
    return RepairReport(
        path=str(folder),
        dry_run=dry_run,
        actions=tuple(repairing.actions),
        copies=None if repairing.copies is None else str(repairing.copies),
        left=after.findings,
        seconds=time.perf_counter() - began,
    )


_NOT_OF_ROWS = {"log_damaged", "index_damaged", "not_found", "manifest_missing", "manifest_damaged"}


class _Repairing:
    """One repair; what was done so far."""

    def __init__(self, folder: Path, before: VerifyReport, dry_run: bool) -> None:
        self._folder = folder
        self._edition = likely_edition(folder)
        with contextlib.suppress(CollectionError):
            self._edition = Manifest.read(folder).edition
        self._data = data_folder(folder, self._edition)
        self._found = set(before.counts)
        self._dry_run = dry_run
        self._changed = False
        self._unreadable = False
        self.actions: list[Action] = []
        self.copies: Path | None = None

    def steps(self) -> Steps[None]:
        yield Step("collection.json", 0, 5)
        if self._found & {"manifest_missing", "manifest_damaged"}:
            self._repair_manifest()
        yield Step("items.sqlite", 1, 5)
        if "records_damaged" in self._found:
            self._salvage()
        # Opening a file for writing that is no database would make it an empty one.
        if self._found - _NOT_OF_ROWS and not self._unreadable:
            yield Step("rows", 2, 5)
            self._repair_rows()
        yield Step("index", 3, 5)
        if self._changed or self._found & {"index_damaged", "not_found"}:
            self._repair_index()
        yield Step("queries.sqlite", 4, 5)
        if "log_damaged" in self._found:
            self._note("log_set_aside", f"{query_file.FILE_NAME} was damaged: a new one is begun")
            self._set_aside(*self._with_logs(self._folder / query_file.FILE_NAME))

    def _note(self, code: str, message: str, item: str | None = None, row: int | None = None) -> None:
        self.actions.append(Action(code, message, item, row))

    def _copies(self) -> Path:
        """The folder for copies, made when it is asked for first."""
        if self.copies is None:
            stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
            for number in range(1000):
                path = self._folder / f"{COPIES_PREFIX}{stamp}{f'-{number}' if number else ''}"
                with disk_errors(path), contextlib.suppress(FileExistsError):
                    path.mkdir()
                    self.copies = path
                    break
        assert self.copies is not None
        return self.copies

    def _copy(self, *paths: Path) -> None:
        for path in paths:
            if path.is_file():
                with disk_errors(path):
                    shutil.copy2(path, self._copies() / path.name)

    def _set_aside(self, *paths: Path) -> None:
        for path in paths:
            if not self._dry_run and path.exists():
                with disk_errors(path):
                    path.rename(self._copies() / path.name)

    @staticmethod
    def _with_logs(path: Path) -> tuple[Path, ...]:
        return (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"))

    def _repair_manifest(self) -> None:
        """Only what is known is written: a model's fingerprint can't be guessed."""
        path = self._folder / manifest.FILE_NAME
        for source in (path, *sorted(self._folder.glob(f"{manifest.FILE_NAME}.*.tmp"))):
            found = known_manifest(source, self._folder.name)
            if found is not None:
                said = "its settings are the default ones now" if source == path else f"made of {source.name}"
                self._note("manifest_rebuilt", f"{path.name} was damaged: {said}")
                if not self._dry_run:
                    self._copy(path)
                    replace(found, edition=self._edition).write(self._folder)
                return

    def _salvage(self) -> None:
        path = self._data / database.FILE_NAME
        if self._dry_run:
            self._note("records_salvaged", f"{path.name} is damaged: what can be read goes into a new one")
            return
        new = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        new.unlink(missing_ok=True)
        try:
            found = self._read(path, new)
        except sqlite3.DatabaseError as error:
            full = no_room(error, new)
            new.unlink(missing_ok=True)
            if full is not None:
                raise disk_full(new, full) from error
            self._unreadable = True
            return
        with contextlib.closing(sqlite3.connect(new)) as connection, connection:
            self._settle_state(connection)
            for identifier in found.lost_items:
                connection.execute(
                    "INSERT OR IGNORE INTO failures (id, code, message) VALUES (CAST(? AS TEXT), ?, ?)",
                    (utf8(identifier), FAILURE_CODE, "its record was damaged; index it again"),
                )
                self._note(
                    "item_failed", f"the record of item {identifier!r} is lost: index it again", identifier
                )
        # Beside a copy of all of it, the old log must not be taken for the new file's.
        self._copy(*self._with_logs(path))
        for tail in self._with_logs(path)[1:]:
            tail.unlink(missing_ok=True)
        _sync(new)
        new.replace(path)
        sync_folder(self._data)
        # Written again as it is, so that readers see that something has changed.
        with contextlib.suppress(CollectionError):
            Manifest.read(self._folder).write(self._folder)
        read = ", ".join(f"{count} of {name}" for name, count in found.rows.items())
        lost = sum(found.unreadable.values())
        self._note(
            "records_salvaged", f"{path.name} was damaged: {read} were read, {lost} places could not be"
        )
        self._changed = True

    def _read(self, path: Path, new: Path) -> Salvaged:
        """Salvage a database, with another first page where it can't be read with its own."""
        try:
            return salvage(path, new)
        except sqlite3.DatabaseError as error:
            if no_room(error, new) is not None:
                raise
            new.unlink(missing_ok=True)
            with disk_errors(path), mended(path) as copy:
                if copy is None:
                    raise
                found = salvage(copy, new)
                self._note("first_page_rebuilt", f"the first page of {path.name} was lost: it is made anew")
                return found

    def _settle_state(self, connection: sqlite3.Connection) -> None:
        """One row of state: without it, all rows of the vectors count, and those of no item are removed."""
        found = connection.execute("SELECT generation, rows FROM state").fetchall()
        if len(found) == 1 and all(isinstance(value, int) and value >= 0 for value in found[0]):
            return
        with contextlib.suppress(CollectionError, OSError):
            dimension = Manifest.read(self._folder).model.dimension
            rows = (self._data / vectors.FILE_NAME).stat().st_size // (4 * dimension)
            (newest,) = connection.execute("SELECT coalesce(max(generation), 0) FROM removed_rows").fetchone()
            connection.execute("DELETE FROM state")
            connection.execute("INSERT INTO state VALUES (1, ?, ?)", (newest + 1, rows))
            self._note("state_rebuilt", f"the number of committed rows was lost: all {rows} count")

    def _repair_rows(self) -> None:
        path = self._data / database.FILE_NAME
        if not path.is_file():
            return
        try:
            records = Database(path, read_only=False)
        except CollectionError:
            # The verification that follows names it.
            return
        try:
            with records.writing() as connection:
                found = connection.execute("SELECT generation, rows FROM state").fetchone()
                if found is None:
                    return
                generation, rows = found
                bad = self._bad_rows(rows)
                work = RowRepair(connection, rows, generation + 1, bad, self._note)
                work.run()
                if self._dry_run:
                    return
                if work.taken:
                    write_taken(work.taken, self._copies() / "items.ndjson")
                connection.execute("UPDATE state SET generation = ?", (generation + 1,))
                connection.execute("COMMIT")
            self._changed = True
            self._rewrite(bad, rows)
        except CollectionError as error:
            # What is still damaged is named by the verification that follows.
            if error.code != "damaged":
                raise
        finally:
            records.close()

    def _bad_rows(self, rows: int) -> Rows:
        """Rows without a unit vector, those beyond the end of the file included."""
        path = self._data / vectors.FILE_NAME
        try:
            dimension = Manifest.read(self._folder).model.dimension
        except CollectionError:
            return np.empty(0, np.int64)
        bad, end = [np.empty(0, np.int64)], 0
        if path.is_file():
            for first, some in chunks(path, dimension, rows):
                bad.append(first + wrong_rows(some))
                end = first + len(some)
        return np.concatenate([*bad, np.arange(end, rows)])

    def _rewrite(self, bad: Rows, rows: int) -> None:
        """Give dead rows a vector of length 1, with what was there kept: no row may hold anything else."""
        if not len(bad):
            return
        dimension = Manifest.read(self._folder).model.dimension
        path = self._data / vectors.FILE_NAME
        filler = np.zeros(dimension, "<f4")
        filler[0] = 1
        with disk_errors(path):
            path.touch()
            with path.open("r+b") as file:
                end = os.fstat(file.fileno()).st_size
                _keep_rows(file.fileno(), bad[bad * 4 * dimension < end], 4 * dimension, self._copies())
                for row in bad.tolist():
                    os.pwrite(file.fileno(), filler.tobytes(), row * 4 * dimension)
                os.ftruncate(file.fileno(), max(end, rows * 4 * dimension))
                os.fsync(file.fileno())
        self._note(
            "rows_rewritten", f"removed rows of {path.name} that hold a vector of length 1 again: {len(bad)}"
        )

    def _repair_index(self) -> None:
        """Build the index anew, of vectors that are sound now."""
        from pixie.live_index import LiveIndex
        from pixie.store import Store

        folder = self._data / INDEX_FOLDER
        if not folder.exists() and not self._found & {"not_found"}:
            return
        self._note("index_rebuilt", "the index is built anew from the vectors")
        if self._dry_run:
            return
        self._set_aside(folder)
        with contextlib.suppress(CollectionError):
            found = Manifest.read(self._folder)
            store = Store(self._data, found.model.dimension, read_only=False)
            try:
                settings = found.index_settings
                LiveIndex(store, settings.pop("kind"), settings, folder).rebuild()
            finally:
                store.close()


def _keep_rows(descriptor: int, rows: Rows, row_bytes: int, folder: Path) -> None:
    """Write what stands in some rows to ``rows.f32``, and their numbers to ``rows.json``."""
    if not len(rows):
        return
    with (folder / "rows.f32").open("wb") as file:
        for row in rows.tolist():
            file.write(os.pread(descriptor, row_bytes, row * row_bytes))
    (folder / "rows.json").write_text(json.dumps(rows.tolist()), encoding="ascii")


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())
