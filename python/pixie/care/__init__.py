"""Looking after a collection's folder, also one that can't be opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pixie.home import collection_folder
from pixie.steps import done

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pixie.care.backing_up import BackupReport
    from pixie.care.compacting import CompactReport
    from pixie.care.findings import VerifyReport
    from pixie.care.repair_report import RepairReport
    from pixie.steps import Step


def verify(
    collection: str | os.PathLike[str] | None = None,
    *,
    full: bool = False,
    progress: Callable[[Step], None] | None = None,
) -> VerifyReport:
    """Check everything that must hold of a collection, and change nothing.

    Runs beside a writer, and sees one moment of what that commits. Reads every vector, and searches for some
    by the collection's own index.

    Parameters
    ----------
    collection
        A name or path, as `pixie.open` takes it.
    full
        Search for all vectors, instead of 1,000 of each modality.
    progress
        Called before each step.

    Raises
    ------
    CollectionError
        ``missing`` when there is nothing of a collection, ``newer_format``, ``read_only``.
    """
    from pixie.care.verifying import verify_steps

    return done(verify_steps(collection_folder(collection), full), progress)


def repair(
    collection: str | os.PathLike[str] | None = None,
    *,
    dry_run: bool = False,
    progress: Callable[[Step], None] | None = None,
) -> RepairReport:
    """Verify a collection, fix what can be fixed, and verify it again.

    Items whose vectors are damaged become failures, which are indexed again by the next run; the index is
    built anew; a damaged ``items.sqlite`` is read row by row into a new one; a ``collection.json`` is written
    only when what it must say is known. What is replaced or taken away is kept in a folder ``damaged-TIME``
    in the collection's.

    Parameters
    ----------
    collection
        A name or path, as `pixie.open` takes it. Nobody else may be writing it.
    dry_run
        Change nothing, and say what would be done.
    progress
        Called before each step.

    Raises
    ------
    CollectionError
        ``missing``, ``locked``, ``newer_format``, ``read_only`` or ``disk_full``.
    """
    from pixie.care.repairing import repair_steps

    return done(repair_steps(collection_folder(collection), dry_run), progress)


def compact(
    collection: str | os.PathLike[str] | None = None,
    *,
    dry_run: bool = False,
    progress: Callable[[Step], None] | None = None,
) -> CompactReport:
    """Give back the room that removed items and replaced vectors take.

    Rows of vectors are never written twice, so those of removed items stay in the file. This writes an
    edition of the collection without them beside the present one, which readers go on with until the new one
    takes its place at once. It needs the room of both for that time. Nothing changes for what is found.

    Parameters
    ----------
    collection
        A name or path, as `pixie.open` takes it. Nobody else may be writing it.
    dry_run
        Change nothing, and say what there is to give back.
    progress
        Called before each step.

    Raises
    ------
    CollectionError
        ``missing``, ``locked``, ``damaged``, ``read_only`` or ``disk_full``; the collection is then as it
        was.
    """
    from pixie.care.compacting import compact_steps

    return done(compact_steps(collection_folder(collection), dry_run), progress)


def backup(
    collection: str | os.PathLike[str] | None,
    file: str | os.PathLike[str],
    *,
    progress: Callable[[Step], None] | None = None,
) -> BackupReport:
    """Copy a collection, as it is at one moment, into one file while it may be written.

    Items and vectors are copied; the index, which is built again, and the log of queries are not.

    Parameters
    ----------
    collection
        A name or path, as `pixie.open` takes it.
    file
        The file to make, a ZIP archive; it appears when it is whole and on the disk.
    progress
        Called before each step.

    Raises
    ------
    InvalidInputError
        There is such a file already.
    CollectionError
        ``missing``, ``damaged``, ``disk_full`` or ``read_only``; there is no file then.
    """
    from pixie.care.backing_up import backup_steps

    return done(backup_steps(collection_folder(collection), Path(file)), progress)


def restore(
    file: str | os.PathLike[str],
    collection: str | os.PathLike[str] | None = None,
    *,
    progress: Callable[[Step], None] | None = None,
) -> BackupReport:
    """Make a collection of a backup, whose checksums are checked.

    Parameters
    ----------
    file
        What `backup` made.
    collection
        A name or path, where nothing is yet.
    progress
        Called before each step.

    Raises
    ------
    InvalidInputError
        There is no such file, or there is something where the collection is to be.
    CollectionError
        ``damaged`` or ``newer_format`` for the file, ``disk_full`` or ``read_only``; there is no collection
        then.
    """
    from pixie.care.backing_up import restore_steps

    return done(restore_steps(Path(file), collection_folder(collection)), progress)
