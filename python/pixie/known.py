"""What a collection knows of the files below some folders, to be compared with what is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pixie.catalog import beginning_with
from pixie.database import utf8

if TYPE_CHECKING:
    import sqlite3


class KnownFiles:
    """Items and failures by their ids in UTF-8, loaded a folder at a time.

    Ids are compared as bytes: a hundred thousand of them are not decoded to find out that nothing changed.

    Parameters
    ----------
    connection
        Of one moment, for as long as this is used.

    Attributes
    ----------
    items
        Id, size and time of what was loaded and has not been taken out since: plain tuples, because a million
        of them are made to find out that nothing changed.
    paths
        Id, path and whether it is missing of those items that are missing or have another path than their
        ids say.
    failed
        Size and time of the files that could not be taken in.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._folders: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self.items: dict[bytes, tuple[bytes, int | None, int | None]] = {}
        self.paths: dict[bytes, tuple[bytes, bytes | None, int]] = {}
        self.failed: dict[bytes, tuple[int | None, int | None]] = {}

    def load(self, prefix: str, folder: str) -> None:
        """Load what has an id that begins with `prefix`, as the files of `folder` have, unless it was."""
        if prefix.startswith(tuple(self._folders)):
            return
        self._folders[prefix] = folder
        under = beginning_with(prefix)
        self._take(under.sql, under.values, os.path.join(folder, ""), len(prefix))

    def load_file(self, identifier: str, path: str) -> None:
        """Load a single item or failure, whose file is at `path`."""
        if not identifier.startswith(tuple(self._folders)):
            self._files[identifier] = path
            self._take("id = CAST(? AS TEXT)", (utf8(identifier) or b"",), path, len(identifier))

    def place_of(self, identifier: str) -> str:
        """Where the file with this id, which was loaded, would be now."""
        for prefix, folder in self._folders.items():
            if identifier.startswith(prefix):
                return os.path.join(folder, identifier[len(prefix) :])
        return self._files[identifier]

    def hash_of(self, identifier: str) -> str | None:
        """SHA-256 of an item's file as it was indexed."""
        found = self._connection.execute(
            "SELECT sha256 FROM items WHERE id = CAST(? AS TEXT)", (utf8(identifier),)
        ).fetchone()
        return None if found is None else found[0]

    def count(self, prefix: str) -> int:
        """How many items with a file that is there have an id that begins with `prefix`."""
        under = beginning_with(prefix)
        sql = f"SELECT count(*) FROM items WHERE {under.sql} AND path IS NOT NULL AND missing IS NULL"  # noqa: S608
        found: int = self._connection.execute(sql, under.values).fetchone()[0]
        return found

    def _take(self, where: str, values: tuple[bytes, ...], folder: str, cut: int) -> None:
        """Load what a condition holds for; its paths are `folder` and the ids without `cut` characters."""
        items = f"SELECT CAST(id AS BLOB), size, mtime_ns FROM items WHERE {where}"  # noqa: S608
        self.items.update({row[0]: row for row in self._connection.execute(items, values)})
        # Where nothing moved, paths are compared here, in C, and none comes out.
        paths = f"""
SELECT CAST(id AS BLOB), CAST(path AS BLOB), missing IS NOT NULL FROM items WHERE {where}
AND (path IS NOT CAST(? AS TEXT) || substr(id, ?) OR missing IS NOT NULL)"""  # noqa: S608
        rows = self._connection.execute(paths, (*values, utf8(folder), cut + 1))
        self.paths.update({row[0]: row for row in rows})
        failures = f"SELECT CAST(id AS BLOB), size, mtime_ns FROM failures WHERE {where}"  # noqa: S608
        for identifier, size, mtime_ns in self._connection.execute(failures, values):
            self.failed[identifier] = (size, mtime_ns)
