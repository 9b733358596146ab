"""Editions of a collection: where its items, vectors and index lie, and how new ones take their place.

Rows of vectors are never used again, so what needs other rows, or vectors of another model, is written beside
the present edition. `publish` then makes it count by replacing ``collection.json``, which names it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from pixie import database, vectors
from pixie.disk import disk_errors, sync_folder
from pixie.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

INDEX_FOLDER = "index"
PREFIX = "edition-"
"""What the names of the folders of all editions but the first begin with."""

UNFINISHED_PREFIX = "unfinished-"
"""What the names of folders begin with in which an edition is being made."""

COMPACTING = f"{UNFINISHED_PREFIX}compact"
"""Name of the folder in which a compaction works."""

REEMBEDDING = f"{UNFINISHED_PREFIX}reembed"
"""Name of the folder in which vectors of another model are made; the next run goes on from it."""

REEMBEDDED = "data"
"""Name of the folder in that which becomes the next edition."""

_DATABASE_FILES = tuple(f"{database.FILE_NAME}{end}" for end in ("", "-wal", "-shm"))


def data_folder(folder: Path, edition: int) -> Path:
    """Where the items, vectors and index of an edition of the collection in `folder` lie."""
    return folder if edition == 1 else folder / f"{PREFIX}{edition}"


def likely_edition(folder: Path) -> int:
    """The edition that counts, most likely, as long as ``collection.json`` can't be read: the newest."""
    numbers = (entry.name.removeprefix(PREFIX) for entry in folder.glob(f"{PREFIX}*"))
    return max((int(number) for number in numbers if number.isdecimal()), default=1)


def publish(folder: Path, built: Path, changed: Manifest) -> Manifest:
    """Make what was built the collection's edition; gives the new manifest.

    When this is interrupted the collection has one of the two, whole. Readers see the new manifest with their
    next call; the files of the edition before are there until `sweep`.

    Parameters
    ----------
    folder
        The collection's, whose `WriterLock` the caller holds.
    built
        A folder in it with a closed store and perhaps an index.
    changed
        The present manifest, with another model where the vectors are another's.

    Raises
    ------
    CollectionError
        ``disk_full`` and others; what was built is where it was then.
    """
    new = replace(changed, edition=changed.edition + 1)
    target = data_folder(folder, new.edition)
    with disk_errors(target):
        _sync(built)
        # Of a publication that ended before the manifest was written.
        shutil.rmtree(target, ignore_errors=True)
        built.rename(target)
        sync_folder(folder)
    try:
        new.write(folder)
    except BaseException:
        # It may have been hours of work: whoever built it can try again.
        if Manifest.read(folder).edition != new.edition:
            target.rename(built)
        raise
    return new


def sweep(folder: Path, found: Manifest) -> None:
    """Remove the files of editions other than the present one, and of a compaction that did not end.

    For the writer, which has the present one open: then it is whole. Readers that have another one open go on
    with it.
    """
    present = data_folder(folder, found.edition)
    shutil.rmtree(folder / COMPACTING, ignore_errors=True)
    _give_back(folder, data_folder(folder, found.edition + 1))
    for entry in folder.glob(f"{PREFIX}*"):
        if entry != present and entry.name.removeprefix(PREFIX).isdecimal():
            shutil.rmtree(entry, ignore_errors=True)
    if present == folder:
        return
    for name in (*_DATABASE_FILES, vectors.FILE_NAME):
        with disk_errors(folder / name):
            (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / INDEX_FOLDER, ignore_errors=True)


def _give_back(folder: Path, next_edition: Path) -> None:
    """Have the next run go on with vectors of another model that were all but swapped in: they took long."""
    built = folder / REEMBEDDING / REEMBEDDED
    if next_edition.is_dir() and built.parent.is_dir() and not built.exists():
        with disk_errors(built):
            next_edition.rename(built)


def _sync(folder: Path) -> None:
    for name in (database.FILE_NAME, vectors.FILE_NAME):
        descriptor = os.open(folder / name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_folder(folder)
