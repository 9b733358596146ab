"""Making items and rows of vectors agree again; what is taken away is written down first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.care.records_check import column, readable
from pixie.database import from_utf8

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    Rows = npt.NDArray[np.int64]
    Note = Callable[..., None]

FAILURE_CODE = "damaged"
"""Reason code of items that lost all their vectors."""

_NO_OBJECT = "CASE WHEN json_valid(metadata) THEN json_type(metadata) <> 'object' ELSE 1 END"


class RowRepair:
    """Repairs the tables within one transaction of the caller's.

    Parameters
    ----------
    connection
        Inside a transaction.
    rows, generation
        Committed rows, and the commit that the repair becomes.
    bad
        Rows that hold no unit vector.
    note
        Told of each thing that is done: its code, a message, and the item or row.
    """

    def __init__(
        self, connection: sqlite3.Connection, rows: int, generation: int, bad: Rows, note: Note
    ) -> None:
        self._connection = connection
        self._rows = rows
        self._generation = generation
        self._bad = bad
        self._note = note
        self.taken: list[dict[str, Any]] = []
        """What items had that they have no more, as JSON objects."""

    def run(self) -> None:
        """Do all of it; `state` is the caller's."""
        owned = self._owned()
        self._drop_uncommitted()
        self._drop("row_twice", "belonged to an item and was removed as well: it is removed", self._twice())
        self._drop("row_orphaned", "belonged to no item: it is removed", self._orphans())
        self._drop("vector_dropped", "held no vector of length 1: it is removed", self._bad_live())
        self._account_for_lost()
        self._clean_texts()
        self._clean_metadata()
        for number, modality in sorted(owned - self._owned()):
            self._forget_part(number, modality)
        self._move_to_failures()

    def _owned(self) -> set[tuple[int, str]]:
        return set(self._connection.execute("SELECT item, modality FROM vectors"))

    def _drop_uncommitted(self) -> None:
        for table in ("vectors", "removed_rows"):
            wrong = f"FROM {table} WHERE row < 0 OR row >= ?"
            for (row,) in self._connection.execute(f"SELECT row {wrong}", (self._rows,)):
                self._note(
                    "row_uncommitted", f"row {row} of {table} is not committed: it is dropped", row=row
                )
            self._connection.execute(f"DELETE {wrong}", (self._rows,))

    def _twice(self) -> Rows:
        return column(self._connection, "SELECT row FROM vectors WHERE row IN (SELECT row FROM removed_rows)")

    def _orphans(self) -> Rows:
        return column(
            self._connection, "SELECT row FROM vectors WHERE item NOT IN (SELECT number FROM items)"
        )

    def _bad_live(self) -> Rows:
        live = column(self._connection, "SELECT row FROM vectors")
        return np.intersect1d(live, self._bad)

    def _drop(self, code: str, why: str, rows: Rows) -> None:
        for row in rows.tolist():
            self._note(code, f"row {row} {why}", row=row)
        self._remove(rows)
        self._connection.executemany("DELETE FROM vectors WHERE row = ?", ((row,) for row in rows.tolist()))

    def _remove(self, rows: Rows) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO removed_rows (row, generation) VALUES (?, ?)",
            ((row, self._generation) for row in rows.tolist()),
        )

    def _account_for_lost(self) -> None:
        accounted = np.zeros(self._rows, np.bool_)
        for table in ("vectors", "removed_rows"):
            accounted[column(self._connection, f"SELECT row FROM {table}")] = True  # noqa: S608
        lost = np.flatnonzero(~accounted)
        for row in lost.tolist():
            self._note("row_lost", f"row {row} belonged to nothing: it is removed", row=row)
        self._remove(lost)

    def _clean_texts(self) -> None:
        """Texts whose bytes are no UTF-8 get a mark for each that is not."""
        for name in ("id", "path", "text"):
            found = self._connection.execute(
                f"SELECT number, CAST({name} AS BLOB) FROM items WHERE {name} IS NOT NULL"  # noqa: S608
            ).fetchall()
            for number, content in found:
                try:
                    from_utf8(content)
                except UnicodeDecodeError:
                    self._clean_text(number, name, content)

    def _clean_text(self, number: int, name: str, content: bytes) -> None:
        self._keep(number)
        clean = content.decode("utf-8", "replace")
        if name == "id":
            # Another item may have the name by now.
            clean = f"{clean} {number}"
        self._connection.execute(f"UPDATE items SET {name} = ? WHERE number = ?", (clean, number))  # noqa: S608
        said = f"the {name} {readable(content)!r} was no UTF-8: it is {clean!r} now"
        self._note("text_cleaned", said, item=clean if name == "id" else self._id(number))

    def _clean_metadata(self) -> None:
        wrong = self._connection.execute(f"SELECT number FROM items WHERE {_NO_OBJECT}").fetchall()  # noqa: S608
        for (number,) in wrong:
            self._keep(number)
            self._connection.execute("UPDATE items SET metadata = '{}' WHERE number = ?", (number,))
            name = self._id(number)
            self._note(
                "metadata_dropped", f"the metadata of {name!r} was no JSON object: it is empty now", item=name
            )

    def _forget_part(self, number: int, modality: str) -> None:
        """An item that lost one of its vectors and has another one."""
        has = self._connection.execute("SELECT 1 FROM vectors WHERE item = ? LIMIT 1", (number,)).fetchone()
        name = self._id(number)
        if not has or name is None:
            return
        self._keep(number)
        if modality == "image":
            # The file is taken for a changed one by the next run, and embedded.
            facts = "UPDATE items SET size = NULL, mtime_ns = NULL, sha256 = NULL WHERE number = ?"
            self._connection.execute(facts, (number,))
            said = f"the picture of {name!r} lost its vector: it is embedded when it is indexed again"
        else:
            self._connection.execute("UPDATE items SET text = NULL WHERE number = ?", (number,))
            said = f"the text of {name!r} lost its vector, and is gone with it: add it again"
        self._note("vector_lost", said, item=name)

    def _move_to_failures(self) -> None:
        """Items that have no vector left are files that failed, which the next run tries again."""
        lost = self._connection.execute(
            "SELECT number FROM items WHERE number NOT IN (SELECT item FROM vectors)"
        ).fetchall()
        for (number,) in lost:
            self._keep(number)
            name = self._id(number)
            message = "its vector was damaged and dropped; index it again"
            self._connection.execute(
                "INSERT OR REPLACE INTO failures (id, path, code, message)"
                " SELECT id, path, ?, ? FROM items WHERE number = ?",
                (FAILURE_CODE, message, number),
            )
            self._connection.execute("DELETE FROM items WHERE number = ?", (number,))
            self._note(
                "item_failed", f"item {name!r} has no vector left: it is to be indexed again", item=name
            )

    def _id(self, number: int) -> str | None:
        found = self._connection.execute("SELECT CAST(id AS BLOB) FROM items WHERE number = ?", (number,))
        row = found.fetchone()
        return None if row is None else readable(row[0])

    def _keep(self, number: int) -> None:
        """Write down all that an item has."""
        cursor = self._connection.execute("SELECT * FROM items LIMIT 0")
        names = [each[0] for each in cursor.description]
        columns = ", ".join(
            f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END" for name in names
        )
        sql = f"SELECT {columns} FROM items WHERE number = ?"  # noqa: S608 (names of columns)
        row = self._connection.execute(sql, (number,)).fetchone()
        values = [readable(value) if isinstance(value, bytes) else value for value in row]
        self.taken.append(dict(zip(names, values, strict=True)))


def write_taken(taken: list[dict[str, Any]], path: Path) -> None:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(each) + "\n" for each in taken), encoding="ascii")
