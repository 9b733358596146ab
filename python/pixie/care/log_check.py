"""Whether queries.sqlite is sound."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from pixie.database import connect
from pixie.query_file import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from pixie.care.findings import Findings

_FIX = "nothing needs it: a new one is begun with the next search"


def check_log(folder: Path, dimension: int | None, findings: Findings) -> None:
    """The database, if there is one, and that each logged vector has the collection's dimension, or went."""
    path = folder / FILE_NAME
    if not path.is_file():
        return
    try:
        connection = _opened(path)
        try:
            for (line,) in connection.execute("PRAGMA integrity_check(10)"):
                if line != "ok":
                    findings.add("log_damaged", f"{FILE_NAME}: {line}", _FIX)
            wrong = (
                "SELECT count(*) FROM queries WHERE typeof(vector) <> 'blob' OR length(vector) NOT IN (0, ?)"
            )
            (count,) = connection.execute(wrong, (4 * (dimension or 0),)).fetchone()
            if dimension is not None and count:
                findings.add(
                    "log_damaged", f"{FILE_NAME}: {count} queries have no vector of {dimension}", _FIX
                )
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        findings.add("log_damaged", f"{FILE_NAME}: {error}", _FIX)


def _opened(path: Path) -> sqlite3.Connection:
    address = f"{path.as_uri()}?mode=ro"
    try:
        return connect(address, ["SELECT 1 FROM queries"])
    except sqlite3.OperationalError as error:
        # In a folder that can't be written, SQLite reads a file only that it is told nobody changes.
        if "unable to open" not in str(error) and "readonly" not in str(error):
            raise
        return connect(f"{address}&immutable=1", [])
