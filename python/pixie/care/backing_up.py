"""Copying a collection into one file while it is written, and making one of such a file."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pixie import database, manifest, vectors
from pixie.care.archive import FACTS, FILES, FORMAT, damaged, opened, written
from pixie.care.copying import copied, copy_records
from pixie.clock import now
from pixie.database import database_errors
from pixie.disk import disk_error, disk_errors, sync_folder
from pixie.editions import data_folder
from pixie.errors import CollectionError, InvalidInputError
from pixie.manifest import Manifest
from pixie.steps import Step

if TYPE_CHECKING:
    import zipfile

    from pixie.steps import Steps


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was copied, out of a collection or into one.

    Attributes
    ----------
    path
        The collection's folder.
    file
        The backup.
    items, rows
        How many items, and rows of vectors.
    bytes
        Size of the backup.
    created
        When the backup was made, ISO 8601 in UTC.
    seconds
        How long it took.
    """

    path: str
    file: str
    items: int
    rows: int
    bytes: int
    created: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return asdict(self)


def backup_steps(folder: Path, file: Path) -> Steps[BackupReport]:
    """Copy the collection in a folder into a file; see `pixie.backup`."""
    folder, file = folder.absolute(), file.absolute()
    while True:
        found = Manifest.read(folder)
        try:
            return (yield from _back_up(folder, file, found))
        except CollectionError:
            # Its files may have gone, with another edition in their place.
            if Manifest.read(folder).edition == found.edition:
                raise


def _back_up(folder: Path, file: Path, found: Manifest) -> Steps[BackupReport]:
    began, created = time.perf_counter(), now()
    data = data_folder(folder, found.edition)
    with disk_errors(file):
        staging = tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent)
    path = data / vectors.FILE_NAME
    # The vectors are opened first, because a new edition may take the place of this one.
    with staging as work, written(file) as archive, disk_errors(path), path.open("rb") as rows_file:
        yield Step(database.FILE_NAME, 0, 2)
        records = Path(work) / database.FILE_NAME
        # Without a log: the file alone is all of it.
        items, rows, generation = copy_records(data / database.FILE_NAME, records, "DELETE")
        replace(found, edition=1).write(Path(work))
        small = {name: Path(work) / name for name in (manifest.FILE_NAME, database.FILE_NAME)}
        sizes = {name: source.stat().st_size for name, source in small.items()}
        sizes[vectors.FILE_NAME] = rows * 4 * found.model.dimension
        facts = {"format": FORMAT, "name": found.name, "rows": rows, "generation": generation}
        facts |= {"created": created, "sizes": sizes}
        archive.writestr(FACTS, json.dumps(facts, indent=2) + "\n")
        for name, source in small.items():
            with source.open("rb") as content:
                yield from _add(archive, name, content, sizes[name])
        yield from _add(archive, vectors.FILE_NAME, rows_file, sizes[vectors.FILE_NAME])
    return BackupReport(
        str(folder), str(file), items, rows, file.stat().st_size, created, time.perf_counter() - began
    )


def _add(archive: zipfile.ZipFile, name: str, file: BinaryIO, size: int) -> Steps[None]:
    with archive.open(name, "w", force_zip64=True) as target:
        try:
            for done in copied(file, target, size):
                yield Step(f"{name} {100 * done // size}%", 1, 2)
        except EOFError:
            raise CollectionError(
                f"{file.name} is damaged: it is shorter than the rows that are committed",
                fix="run: pixie verify",
                code="damaged",
            ) from None


def restore_steps(file: Path, folder: Path) -> Steps[BackupReport]:
    """Make a collection of a backup; see `pixie.restore`."""
    file, folder = file.absolute(), folder.absolute()
    began = time.perf_counter()
    with opened(file) as (archive, facts):
        _refuse_filled(folder)
        work = folder.with_name(f".{folder.name}.{os.getpid()}.restoring")
        with disk_errors(work):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
        try:
            for name in FILES:
                yield from _extract(archive, name, work / name, facts["sizes"][name])
            items = _check_restored(file, work, facts)
            found = Manifest.read(work)
            if found.name != folder.name:
                replace(found, name=folder.name).write(work)
            with disk_errors(folder):
                sync_folder(work)
                _refuse_filled(folder)
                # A folder takes the place of an empty one, and of no other.
                work.rename(folder)
                sync_folder(folder.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return BackupReport(
        str(folder),
        str(file),
        items,
        facts["rows"],
        file.stat().st_size,
        facts["created"],
        time.perf_counter() - began,
    )


def _refuse_filled(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInputError(
            f"there is something at {folder} already", fix="choose another name, or remove what is there"
        )


def _extract(archive: zipfile.ZipFile, name: str, target: Path, size: int) -> Steps[None]:
    with archive.open(name) as source:
        try:
            with target.open("xb") as file:
                # Reading to the end checks the CRC32.
                for done in copied(source, file, size):  # type: ignore[arg-type]
                    yield Step(f"{name} {100 * done // size}%", FILES.index(name), len(FILES))
                source.read(1)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise disk_error(error, target) from error


def _check_restored(file: Path, work: Path, facts: dict[str, Any]) -> int:
    """That what was unpacked belongs together; how many items there are."""
    found = Manifest.read(work)
    path = work / database.FILE_NAME
    with database_errors(path), contextlib.closing(sqlite3.connect(path)) as connection:
        rows, generation = connection.execute("SELECT rows, generation FROM state").fetchone()
        (items,) = connection.execute("SELECT count(*) FROM items").fetchone()
    size = (work / vectors.FILE_NAME).stat().st_size
    if (rows, generation) != (facts["rows"], facts["generation"]) or size != rows * 4 * found.model.dimension:
        raise damaged(file, "its records and vectors do not belong together")
    return int(items)
