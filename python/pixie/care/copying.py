"""Copying a collection's files as they are at one moment, while they may be written."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any, BinaryIO

from pixie.database import Database, database_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 16 << 20
"""Bytes that are copied at once."""


def copy_records(source: Path, target: Path, journal: str) -> tuple[int, int, int]:
    """Copy the records of one moment; how many items and rows they have, and which commit they are.

    Rows of vectors only come, so those that the copy names are in the file of vectors afterwards.

    Parameters
    ----------
    source, target
        An ``items.sqlite``, and where its copy goes.
    journal
        The copy's mode: ``DELETE`` for a file that is all of it alone, ``WAL`` for one to be opened.
    """
    records = Database(source, read_only=True)
    try:
        with records.reading() as connection, contextlib.closing(sqlite3.connect(target)) as copy:
            try:
                connection.backup(copy)
            except sqlite3.OperationalError:
                # No room, no right to write: that is about the copy.
                with database_errors(target):
                    raise
    finally:
        records.close()
    with database_errors(target), contextlib.closing(sqlite3.connect(target)) as copy:
        copy.execute(f"PRAGMA journal_mode = {journal}").fetchone()
        rows, generation = copy.execute("SELECT rows, generation FROM state").fetchone()
        (items,) = copy.execute("SELECT count(*) FROM items").fetchone()
    return items, rows, generation


def copied(source: BinaryIO, target: Any, size: int) -> Iterator[int]:
    """Copy `size` bytes; gives how many were, after each chunk.

    Raises
    ------
    EOFError
        There are fewer.
    """
    done = 0
    while done < size:
        chunk = source.read(min(CHUNK, size - done))
        if not chunk:
            raise EOFError
        target.write(chunk)
        done += len(chunk)
        yield done
