"""Rows of tables that could not be taken in, kept until they are or their table has them no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.catalog import chunks
from pixie.database import from_utf8, utf8
from pixie.records import FailedFile
from pixie.reports import Failure

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Sequence


def known(connection: sqlite3.Connection, source: str, ids: Sequence[str]) -> dict[str, FailedFile]:
    """Those of a table's rows with these ids that failed, by their ids."""
    found: dict[str, FailedFile] = {}
    for some in chunks(ids):
        marks = ", ".join(["CAST(? AS TEXT)"] * len(some))
        rows = connection.execute(
            "SELECT id, path, code, message, size, mtime_ns, source, said FROM failed_rows"  # noqa: S608 (marks)
            f" WHERE source = CAST(? AS TEXT) AND id IN ({marks})",
            (utf8(source), *(utf8(identifier) for identifier in some)),
        )
        for identifier, path, code, message, *others in rows:
            found[identifier] = FailedFile(Failure(identifier, path, code, message), *others)
    return found


def note(connection: sqlite3.Connection, failed: FailedFile, generation: int) -> None:
    """Remember that a row could not be taken in."""
    failure = failed.failure
    texts = (failure.id, failed.source, failure.path, failure.code, failure.message)
    connection.execute(
        "INSERT OR REPLACE INTO failed_rows"
        " (id, source, path, code, message, said, size, mtime_ns, generation) VALUES (CAST(? AS TEXT),"
        " CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?)",
        (*(utf8(text) for text in texts), failed.said, failed.size, failed.mtime_ns, generation),
    )


def forget(connection: sqlite3.Connection, identifier: str) -> None:
    """Forget that rows with an id could not be taken in."""
    connection.execute("DELETE FROM failed_rows WHERE id = CAST(? AS TEXT)", (utf8(identifier),))


def stale(connection: sqlite3.Connection, source: str, generation: int, still: Container[str]) -> list[str]:
    """The ids of a table's failures up to a commit, but for those that are `still` failing."""
    found = connection.execute(
        "SELECT CAST(id AS BLOB) FROM failed_rows WHERE source = CAST(? AS TEXT) AND generation <= ?",
        (utf8(source), generation),
    )
    return [identifier for (key,) in found if (identifier := from_utf8(key)) not in still]


def forget_of(connection: sqlite3.Connection, source: str, ids: Iterable[str]) -> None:
    """Forget that a table's rows with some ids could not be taken in."""
    connection.executemany(
        "DELETE FROM failed_rows WHERE source = CAST(? AS TEXT) AND id = CAST(? AS TEXT)",
        ((utf8(source), utf8(identifier)) for identifier in ids),
    )
