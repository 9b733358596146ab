"""Whether items.sqlite is sound, and what it says agrees with itself."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from pixie.care.findings import BACKUP, REPAIR

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from pixie.care.findings import Findings

    Rows = npt.NDArray[np.int64]

_MOST_LINES = 100

_NO_OBJECT = """
SELECT CAST(id AS BLOB) FROM items
WHERE CASE WHEN json_valid(metadata) THEN json_type(metadata) <> 'object' ELSE 1 END"""


def check_records(connection: sqlite3.Connection, findings: Findings) -> None:
    """The database itself: its pages, its foreign keys, its texts and metadata.

    Raises
    ------
    sqlite3.DatabaseError
        It is so damaged that it can't be checked.
    """
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST_LINES})"):
        if line != "ok":
            findings.add("records_damaged", f"items.sqlite: {line}")
    for table, number, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        if table != "vectors":
            findings.add("records_damaged", f"items.sqlite: row {number} of {table} names no row of {parent}")
    for (identifier,) in connection.execute(_NO_OBJECT):
        name = readable(identifier)
        findings.add("metadata_damaged", f"the metadata of item {name!r} is no JSON object", item=name)
    texts = "SELECT CAST(id AS BLOB), CAST(path AS BLOB), CAST(text AS BLOB) FROM items"
    for identifier, *others in connection.execute(texts):
        if not all(content is None or is_text(content) for content in (identifier, *others)):
            name = readable(identifier)
            findings.add("text_damaged", f"a text of item {name!r} is no UTF-8", item=name)
        elif not identifier:
            findings.add("text_damaged", "an item has no id", item="")


def check_rows(connection: sqlite3.Connection, rows: int, findings: Findings) -> Rows:
    """That each of the committed rows belongs to an item or is dead, and never both.

    Returns
    -------
    numpy.ndarray
        int64, the rows that belong to items, ascending.
    """
    live = column(connection, "SELECT row FROM vectors ORDER BY row")
    dead = column(connection, "SELECT row FROM removed_rows ORDER BY row")
    for row in np.intersect1d(live, dead):
        findings.add("row_twice", f"row {row} belongs to an item and is removed as well", row=int(row))
    accounted = np.zeros(rows, np.bool_)
    accounted[live[(live >= 0) & (live < rows)]] = True
    accounted[dead[(dead >= 0) & (dead < rows)]] = True
    for row in np.flatnonzero(~accounted):
        findings.add(
            "row_lost",
            f"row {row} was committed, and neither belongs to an item nor is removed",
            row=int(row),
        )
    for row in (*live[(live < 0) | (live >= rows)], *dead[(dead < 0) | (dead >= rows)]):
        findings.add("row_uncommitted", f"row {row} is named, but only {rows} are committed", row=int(row))
    orphans = "SELECT row FROM vectors WHERE item NOT IN (SELECT number FROM items)"
    for (row,) in connection.execute(orphans):
        findings.add("row_orphaned", f"row {row} belongs to an item that is not there", row=row)
    for (identifier,) in connection.execute(
        "SELECT CAST(id AS BLOB) FROM items WHERE number NOT IN (SELECT item FROM vectors)"
    ):
        name = readable(identifier)
        findings.add("item_without_vector", f"item {name!r} has no vector, so nothing finds it", item=name)
    return live


def committed(connection: sqlite3.Connection, findings: Findings) -> int | None:
    """How many rows are committed; None, and a finding, when that is not written down."""
    found = connection.execute("SELECT rows, generation FROM state").fetchall()
    if len(found) == 1 and all(isinstance(value, int) and value >= 0 for value in found[0]):
        rows: int = found[0][0]
        return rows
    findings.add(
        "records_damaged", "items.sqlite: the table state has no single sound row", f"{REPAIR}, or {BACKUP}"
    )
    return None


def column(connection: sqlite3.Connection, sql: str) -> Rows:
    """The whole numbers that a statement gives, int64."""

    def values() -> Iterator[int]:
        for (value,) in connection.execute(sql):
            if not isinstance(value, int):
                raise sqlite3.DatabaseError(f"{value!r} stands where a row's number should")
            yield value

    return np.fromiter(values(), np.int64)


def is_text(content: bytes) -> bool:
    """Whether these are the bytes of a text as Pixie writes them."""
    try:
        content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def readable(content: bytes) -> str:
    """An id for messages, whatever its bytes are."""
    return content.decode("utf-8", "surrogatepass" if is_text(content) else "backslashreplace")
