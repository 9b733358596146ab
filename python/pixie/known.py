"""What a collection knows of the files below some folders, to be compared with what is there."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from pixie.catalog import beginning_with
from pixie.database import from_utf8, utf8

if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = tuple[str, int | None, int | None]

# The time is left out of an item that is missing or has another path than its id says, so that no file is
# found to have it: paths are compared here, in C, and those of items that are where they were never come out.
_ROWS = """
SELECT substr(id, ?2), size,
CASE WHEN path IS CAST(?1 AS TEXT) || substr(id, ?2) AND missing IS NULL THEN mtime_ns END
FROM items WHERE id >= CAST(?3 AS TEXT) AND id < CAST(?4 AS TEXT) ORDER BY id"""

_ELSEWHERE = """
SELECT CAST(id AS BLOB), CAST(path AS BLOB), missing IS NOT NULL, mtime_ns
FROM items WHERE id >= CAST(?3 AS TEXT) AND id < CAST(?4 AS TEXT)
AND (path IS NOT CAST(?1 AS TEXT) || substr(id, ?2) OR missing IS NOT NULL OR mtime_ns IS NULL)"""


class Elsewhere(NamedTuple):
    """What else is known of an item that is missing, or has another path than its id says, or no time."""

    path: str | None
    missing: bool
    mtime_ns: int | None


class KnownFiles:
    """Items and failures by their ids, loaded as the folders are walked.

    A folder's items are read when its files are there to be compared with, and forgotten when they have not
    changed: a hundred thousand at once would be out of the processor's caches by then. They are plain tuples
    of name, size and time in the order of their names, as a walk has them of the files.

    Parameters
    ----------
    connection
        Of one moment, for as long as this is used.

    Attributes
    ----------
    items
        By their ids, those loaded and not taken out: what no file was found for.
    failed
        Size and time of the files that could not be taken in.
    failing
        What the ids of these begin with, up to their last slash.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tops: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._waiting: dict[str, str] = {}
        # By its prefix, what a folder was loaded without: the prefixes of folders below that have their turn.
        self._loaded: dict[str, frozenset[str]] = {}
        self._elsewhere: dict[str, dict[str, Elsewhere]] = {}
        self.items: dict[str, Row] = {}
        self.failed: dict[str, tuple[int | None, int | None]] = {}
        self.failing: set[str] = set()

    def expect(self, prefix: str, folder: str) -> None:
        """Have all that has an id that begins with `prefix`, as the files below `folder` have, accounted for.

        It is loaded by `of_folder` as the walk comes by, and by `finish` where it does not.
        """
        if self._begin(prefix, folder):
            self._waiting[prefix] = folder

    def of_folder(
        self, prefix: str, folder: str, below: Iterable[str], alone: bool = False
    ) -> list[Row] | None:
        """What is known of the files in `folder`, whose ids begin with `prefix`; None if `items` has it.

        That is all below the folder but for the folders `below` it, by their names, which the walk comes to
        later, or with `alone` never. Names are what comes after the prefix.
        """
        if self._waiting.pop(prefix, None) is None:
            if self._is_loaded(prefix):
                return None
            self._begin(prefix, folder)
        inner = {f"{prefix}{name}/": os.path.join(folder, name) for name in below}
        self._loaded[prefix] = frozenset(inner)
        if not alone:
            self._waiting.update(item for item in inner.items() if item[0] not in self._loaded)
        first, last = _range(prefix)
        path, cut = utf8(os.path.join(folder, "")), len(prefix) + 1
        rows: list[Row] = []
        for begin, end in sorted(map(_range, inner)):
            rows += self._rows(path, cut, first, begin)
            first = end
        rows += self._rows(path, cut, first, last)
        return rows

    def finish(self) -> None:
        """Load what was expected and the walk did not come by: folders that are gone or can't be read."""
        while self._waiting:
            prefix, folder = self._waiting.popitem()
            self._waiting[prefix] = folder
            self.items.update((prefix + row[0], row) for row in self.of_folder(prefix, folder, ()) or ())

    def load_file(self, identifier: str, path: str) -> None:
        """Load a single item or failure, whose file is at `path`, unless it was."""
        if self._is_loaded(identifier):
            return
        self._files[identifier] = path
        key = utf8(identifier) or b""
        # Nothing but this id is between it and it with a final NUL.
        rows = self._rows(utf8(path), len(identifier) + 1, key, key + b"\0")
        self.items.update((identifier, row) for row in rows)
        self._load_failures(key, key + b"\0")

    def elsewhere(self, identifier: str, row: Row) -> Elsewhere | None:
        """What else is known of an item that has no time in its row."""
        if row[2] is not None:
            return None
        prefix, folder = self._top_of(identifier)
        if prefix not in self._elsewhere:
            is_top, key = prefix in self._tops, utf8(identifier) or b""
            first, last = _range(prefix) if is_top else (key, key + b"\0")
            path = utf8(os.path.join(folder, "") if is_top else folder)
            self._elsewhere[prefix] = {
                from_utf8(key): Elsewhere(None if path is None else from_utf8(path), bool(missing), mtime_ns)
                for key, path, missing, mtime_ns in self._connection.execute(
                    _ELSEWHERE, (path, len(prefix) + 1, first, last)
                )
            }
        return self._elsewhere[prefix].get(identifier)

    def place_of(self, identifier: str) -> str:
        """Where the file with this id, which was loaded, would be now."""
        prefix, folder = self._top_of(identifier)
        return os.path.join(folder, identifier[len(prefix) :]) if prefix in self._tops else folder

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

    def _rows(self, path: bytes | None, cut: int, first: bytes, last: bytes) -> list[Row]:
        connection = self._connection
        careful, connection.text_factory = connection.text_factory, str
        try:
            return connection.execute(_ROWS, (path, cut, first, last)).fetchall()
        except sqlite3.OperationalError as error:
            # A name that is not UTF-8: the connection's own way reads it, by a call of Python for each name.
            if "decode" not in str(error):
                raise
            connection.text_factory = careful
            return connection.execute(_ROWS, (path, cut, first, last)).fetchall()
        finally:
            connection.text_factory = careful

    def _begin(self, prefix: str, folder: str) -> bool:
        """Whether ids that begin with `prefix` are not accounted for yet; now they are."""
        if prefix.startswith(tuple(self._tops)):
            return False
        self._tops[prefix] = folder
        self._load_failures(*_range(prefix))
        return True

    def _is_loaded(self, prefix: str) -> bool:
        """Whether what begins with `prefix` was loaded with a folder above, rather than left to its turn."""
        if prefix in self._loaded:
            return True
        inner = prefix
        while "/" in inner[:-1]:
            above = inner[: inner.rindex("/", 0, -1) + 1]
            if above in self._loaded:
                return inner not in self._loaded[above]
            inner = above
        return False

    def _top_of(self, identifier: str) -> tuple[str, str]:
        """The prefix and folder that an id was loaded by, or itself and its file's path."""
        for prefix, folder in self._tops.items():
            if identifier.startswith(prefix):
                return prefix, folder
        return identifier, self._files[identifier]

    def _load_failures(self, first: bytes, last: bytes) -> None:
        found = self._connection.execute(
            "SELECT CAST(id AS BLOB), size, mtime_ns FROM failures"
            " WHERE id >= CAST(? AS TEXT) AND id < CAST(? AS TEXT)",
            (first, last),
        )
        for key, size, mtime_ns in found:
            identifier = from_utf8(key)
            self.failed[identifier] = (size, mtime_ns)
            self.failing.add(identifier[: identifier.rfind("/") + 1])


def _range(prefix: str) -> tuple[bytes, bytes]:
    """The first id that begins with `prefix`, which ends with a slash, and the first that comes after."""
    first = prefix.encode("utf-8", "surrogatepass")
    return first, first[:-1] + b"0"
