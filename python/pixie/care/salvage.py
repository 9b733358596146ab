"""Reading what can be read of a damaged SQLite file into a new one, table by table and row by row."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pixie.database import SCHEMA, connect
from pixie.manifest import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_RANGE = 1000
"""Rows copied at once; a range with damage in it is halved down to the single rows that can't be read."""


@dataclass
class Salvaged:
    """What came over: rows of each table, and how many numbers of rows gave an error instead of a row."""

    rows: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    lost_items: list[str] = field(default_factory=list)
    """Ids of items that only the index on ids still knows."""


def salvage(damaged: Path, new: Path) -> Salvaged:
    """Make `new`, a sound database of what can be read of `damaged`, which stays as it is.

    The new one has the tables of the old, or those of this version where not even their names can be read.
    What a constraint forbids is left out: of two rows with the same key the first comes over.

    Raises
    ------
    sqlite3.DatabaseError
        Nothing of it can be read, or the new one can't be written.
    """
    # The caller syncs the file once it is whole.
    settings = ("PRAGMA synchronous = OFF", "PRAGMA journal_mode = MEMORY", "PRAGMA foreign_keys = OFF")
    connection = connect(f"{new.as_uri()}?mode=rwc", settings)
    try:
        connection.execute("ATTACH ? AS old", (f"{damaged.as_uri()}?mode=ro",))
        there, tables, rest = _statements(connection)
        # Each statement is a transaction of its own: after damage was met, SQLite goes on with no other.
        for _, statement in tables:
            connection.execute(statement)
        salvaged = Salvaged()
        for name, _ in tables:
            salvaged.unreadable[name] = _copy(connection, name) if name in there else 0
            (salvaged.rows[name],) = connection.execute(f'SELECT count(*) FROM main."{name}"').fetchone()  # noqa: S608
        for statement in rest:
            connection.execute(statement)
        salvaged.lost_items = _lost_items(connection)
        connection.execute(f"PRAGMA user_version = {_version(connection)}")
    finally:
        connection.close()
    return salvaged


def _statements(connection: sqlite3.Connection) -> tuple[set[str], list[tuple[str, str]], list[str]]:
    """The names of what there is, the tables with what makes them, and what makes their indexes and the like.

    What a file of this format should have besides is among the latter two.
    """
    found = []
    # Raises where the first page is gone, and with it every way to the others.
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM old.sqlite_master"):
        if sql is not None and not str(name).startswith("sqlite_"):
            found.append((kind, name, sql))
    known = {name for _, name, _ in found}
    if "items" not in known:
        raise sqlite3.DatabaseError("it has no table of items")
    # What an older format lacks comes with its upgrade.
    expected = SCHEMA if _version(connection) == FORMAT else ""
    for statement in (part.strip() for part in expected.split(";\n")):
        words = statement.split()
        if words and words[0] == "CREATE" and words[2] not in known:
            found.append((words[1].lower(), words[2], statement))
    tables = [(name, sql) for kind, name, sql in found if kind == "table"]
    return known, tables, [sql for kind, _, sql in found if kind != "table"]


def _copy(connection: sqlite3.Connection, table: str) -> int:
    """Copy a table's rows; gives how many numbers of rows could not be read."""
    last = _last_row(connection, table)
    if last is None:
        return 0
    unreadable = 0
    waiting = [(first, min(first + _RANGE - 1, last)) for first in range(0, last + 1, _RANGE)]
    while waiting:
        first, end = waiting.pop()
        try:
            connection.execute(
                f'INSERT OR IGNORE INTO main."{table}" SELECT * FROM old."{table}" NOT INDEXED'  # noqa: S608
                " WHERE rowid BETWEEN ? AND ?",
                (first, end),
            )
        except sqlite3.OperationalError as error:
            if "full" in str(error) or "disk I/O" in str(error):
                raise
            unreadable += _halve(first, end, waiting)
        except sqlite3.DatabaseError:
            unreadable += _halve(first, end, waiting)
    return unreadable


def _halve(first: int, end: int, waiting: list[tuple[int, int]]) -> int:
    if first == end:
        return 1
    middle = (first + end) // 2
    waiting += [(first, middle), (middle + 1, end)]
    return 0


def _last_row(connection: sqlite3.Connection, table: str) -> int | None:
    """The highest number of a row; where the table can't say, that of an index, or as many as have room."""
    indexes = "SELECT name FROM old.sqlite_master WHERE type = 'index' AND tbl_name = ?"
    sources = [f'old."{table}" NOT INDEXED']
    with contextlib.suppress(sqlite3.DatabaseError):
        names = connection.execute(indexes, (table,)).fetchall()
        sources += [f'old."{table}" INDEXED BY "{name}"' for (name,) in names]
    for source in sources:
        with contextlib.suppress(sqlite3.DatabaseError):
            (last,) = connection.execute(f"SELECT max(rowid) FROM {source}").fetchone()  # noqa: S608
            return None if last is None else int(last)
    try:
        (pages,) = connection.execute("PRAGMA old.page_count").fetchone()
        (size,) = connection.execute("PRAGMA old.page_size").fetchone()
    except sqlite3.DatabaseError:
        return None
    # A row takes four bytes at least: its length, its number, and a header.
    return int(pages) * int(size) // 4


def _lost_items(connection: sqlite3.Connection) -> list[str]:
    """Ids that the index on them still has, of items whose rows did not come over."""
    known = {name for (name,) in connection.execute("SELECT CAST(id AS BLOB) FROM main.items")}
    lost = []
    with contextlib.suppress(sqlite3.DatabaseError):
        for (identifier,) in _until_damage(
            connection.execute("SELECT CAST(id AS BLOB) FROM old.items INDEXED BY sqlite_autoindex_items_1")
        ):
            if identifier not in known:
                lost.append(identifier.decode("utf-8", "surrogatepass"))
    return lost


def _until_damage(rows: Iterable[tuple[bytes]]) -> Iterable[tuple[bytes]]:
    with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
        yield from rows


def _version(connection: sqlite3.Connection) -> int:
    try:
        (version,) = connection.execute("PRAGMA old.user_version").fetchone()
    except sqlite3.DatabaseError:
        return FORMAT
    return int(version) or FORMAT
