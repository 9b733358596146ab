"""Giving an unfinished edition the items of now, and taking away the vectors that fit no more."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pixie.database import FILE_NAME, connect, database_errors

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")

_TABLES = (
    # The vectors that the collection has, each to be made anew.
    """
CREATE TABLE IF NOT EXISTS wanted
(item INTEGER, modality TEXT, PRIMARY KEY (item, modality)) WITHOUT ROWID""",
    # Facts of files that had changed since they were indexed, as they were embedded.
    "CREATE TABLE IF NOT EXISTS renewed (item INTEGER PRIMARY KEY, facts TEXT NOT NULL)",
)

# A picture is known by its content, or where that was not kept by its file's size and time.
_FITTING = """
SELECT made.row FROM main.vectors AS made
JOIN main.items AS was ON was.number = made.item JOIN old.items AS now ON now.number = made.item
WHERE EXISTS (SELECT 1 FROM old.vectors AS before WHERE before.item = made.item
    AND before.modality = made.modality)
AND CASE made.modality WHEN 'text' THEN was.text = now.text
    WHEN 'image' THEN was.sha256 = now.sha256 OR (was.sha256 IS NULL AND now.sha256 IS NULL
        AND was.path = now.path AND was.size = now.size AND was.mtime_ns = now.mtime_ns) END"""

_TAKE_AWAY = (
    f"""
INSERT INTO removed_rows SELECT row, (SELECT generation + 1 FROM state) FROM main.vectors
WHERE row NOT IN ({_FITTING})""",  # noqa: S608 (a constant)
    "DELETE FROM main.vectors WHERE row IN (SELECT row FROM removed_rows)",
    "DELETE FROM renewed WHERE item NOT IN (SELECT item FROM main.vectors WHERE modality = 'image')",
)

# All but what counts rows of vectors, which are others here.
_COPIED = """
SELECT name FROM old.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
AND name NOT IN ('vectors', 'removed_rows', 'state')"""

_FINISH = (
    "DELETE FROM wanted",
    "INSERT INTO wanted SELECT DISTINCT item, modality FROM old.vectors",
    # A generation is never had twice, so that whoever follows the collection notices.
    "UPDATE state SET generation = 1 + max(generation, (SELECT generation FROM old.state))",
)


def match(folder: Path, old: Path) -> None:
    """Make the records in `folder`, an unfinished edition's, those of the data in `old`, as one transaction.

    A vector stays when its item still has the text, or the picture, that it was made from.

    Raises
    ------
    CollectionError
        ``disk_full``, ``damaged`` and others.
    """
    path = folder / FILE_NAME
    with (
        database_errors(path),
        contextlib.closing(connect(f"{path.as_uri()}?mode=rw", _SETTINGS)) as connection,
    ):
        connection.execute("ATTACH DATABASE ? AS old", (f"{(old / FILE_NAME).as_uri()}?mode=ro",))
        connection.execute("BEGIN IMMEDIATE")
        for statement in (*_TABLES, *_TAKE_AWAY):
            connection.execute(statement)
        for (table,) in connection.execute(_COPIED).fetchall():
            _copy(connection, table)
        for statement in _FINISH:
            connection.execute(statement)
        connection.execute("COMMIT")


def _copy(connection: sqlite3.Connection, table: str) -> None:
    # Tables that were brought up to date from an older format may have their columns in another order.
    columns = ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA old.table_info({table})"))
    connection.execute(f"DELETE FROM main.{table}")  # noqa: S608 (names of Pixie's)
    connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM old.{table}")  # noqa: S608
