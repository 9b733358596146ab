"""What a collection knows of the files below some folders, to be compared with what is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from pixie.catalog import beginning_with
from pixie.database import utf8

if TYPE_CHECKING:
    import sqlite3


class KnownFile(NamedTuple):
    """An item's file as it was indexed; its id and path are UTF-8, as they are on the disk."""

    id: bytes
    size: int | None
    mtime_ns: int | None
    path: bytes | None
    missing: bytes | None


class KnownFiles:
    """Items and failures by their ids in UTF-8, loaded a folder at a time.

    Ids are compared as bytes: a hundred thousand of them are not decoded to find out that nothing changed.

    Parameters
    ----------
    connection
        Of one moment, for as long as this is used.

    Attributes
    ----------
    items, failed
        What was loaded and has not been taken out since.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._folders: dict[str, str] = {}
        self.items: dict[bytes, KnownFile] = {}
        self.failed: dict[bytes, tuple[int | None, int | None]] = {}

    def load(self, prefix: str, folder: str) -> None:
        """Load what has an id that begins with `prefix`, as the files of `folder` have, unless it was."""
        if prefix.startswith(tuple(self._folders)):
            return
        self._folders[prefix] = folder
        where, values = beginning_with(prefix)
        self._take(where, values)

    def load_file(self, identifier: str) -> None:
        """Load a single item or failure."""
        if not identifier.startswith(tuple(self._folders)):
            self._take("WHERE id = CAST(? AS TEXT)", (utf8(identifier) or b"",))

    def place_of(self, identifier: str) -> str | None:
        """Where the file with this id would be now; None for one that was loaded alone."""
        for prefix, folder in self._folders.items():
            if identifier.startswith(prefix):
                return os.path.join(folder, identifier[len(prefix) :])
        return None

    def hash_of(self, identifier: str) -> str | None:
        """SHA-256 of an item's file as it was indexed."""
        found = self._connection.execute(
            "SELECT sha256 FROM items WHERE id = CAST(? AS TEXT)", (utf8(identifier),)
        ).fetchone()
        return None if found is None else found[0]

    def count(self, prefix: str) -> int:
        """How many items with a file that is there have an id that begins with `prefix`."""
        where, values = beginning_with(prefix)
        sql = f"SELECT count(*) FROM items {where} AND path IS NOT NULL AND missing IS NULL"  # noqa: S608
        found: int = self._connection.execute(sql, values).fetchone()[0]
        return found

    def _take(self, where: str, values: tuple[bytes, ...]) -> None:
        columns = "CAST(id AS BLOB), size, mtime_ns, CAST(path AS BLOB), CAST(missing AS BLOB)"
        for row in self._connection.execute(f"SELECT {columns} FROM items {where}", values):  # noqa: S608
            self.items[row[0]] = KnownFile._make(row)
        sql = f"SELECT CAST(id AS BLOB), size, mtime_ns FROM failures {where}"  # noqa: S608
        for identifier, size, mtime_ns in self._connection.execute(sql, values):
            self.failed[identifier] = (size, mtime_ns)
