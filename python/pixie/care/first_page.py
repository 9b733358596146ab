"""A first page for a database that has lost its own, so that what the other pages hold can be read.

The first page says where each table begins, and SQLite reads nothing without it. Where tables begin follows
from how the file was made, which happens in few ways: so it is what it is in an empty file that is made in
the same way, if every table is found to begin there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from itertools import product
from typing import TYPE_CHECKING

from pixie.database import FAILED_ROWS, SCHEMA
from pixie.manifest import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAGE = 4096
"""Bytes of a page: SQLite's default, which Pixie leaves as it is."""

_INNER, _LEAF = 5, 13
"""What a page of a table begins with."""

_DEEPEST = 20
"""More levels than a table of 2**64 rows has: a page that names itself ends there."""


@contextlib.contextmanager
def mended(damaged: Path) -> Iterator[Path | None]:
    """A copy of a database, its log included, with a first page that is new, for as long as the block runs.

    None when it was made in a way that is not known, or has lost more than that.
    """
    copy = damaged.with_name(f"{damaged.name}.{os.getpid()}.mended.tmp")
    files = [copy.with_name(copy.name + end) for end in ("", "-wal", "-shm")]
    try:
        shutil.copyfile(damaged, copy)
        layouts = [
            _Layout(copy.with_name(f"{copy.name}-empty"), *way) for way in product((True, False), repeat=2)
        ]
        _merge_log(damaged, copy, layouts[0].page)
        yield next((copy for layout in layouts if layout.put_into(copy)), None)
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def _merge_log(damaged: Path, copy: Path, page: bytes) -> None:
    """Have SQLite write what a log holds into the copy."""
    log = damaged.with_name(f"{damaged.name}-wal")
    if not log.exists():
        return
    shutil.copyfile(log, copy.with_name(f"{copy.name}-wal"))
    # A file in WAL mode; its log is whole by checksums of its own.
    _write_first(copy, page[:18] + b"\2\2" + page[20:])
    with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class _Layout:
    """Where tables begin in a file that was made in one way.

    Parameters
    ----------
    empty
        Where such a file is made for a moment.
    with_failed_rows
        Whether it had the table of failed rows from its beginning.
    vacuumed
        Whether it was written by a compaction.
    """

    def __init__(self, empty: Path, with_failed_rows: bool, vacuumed: bool) -> None:
        schema = SCHEMA if with_failed_rows else SCHEMA.replace(f"{FAILED_ROWS.strip()};\n", "")
        try:
            with contextlib.closing(sqlite3.connect(empty, isolation_level=None)) as connection:
                connection.execute(f"PRAGMA page_size = {_PAGE}")
                connection.executescript(schema)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
                if vacuumed:
                    connection.execute("VACUUM")
                roots = "SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"
                self._tables = {
                    root: [kind for _, _, kind, *_ in connection.execute(f"PRAGMA table_info({name})")]
                    for name, root in connection.execute(roots).fetchall()
                }
            self.page = empty.read_bytes()[:_PAGE]
        finally:
            empty.unlink(missing_ok=True)

    def put_into(self, file: Path) -> bool:
        """Make the first page that of this layout, if each table begins where it says."""
        with file.open("rb") as pages:
            if not all(_begins(pages.fileno(), root, kinds) for root, kinds in self._tables.items()):
                return False
        _write_first(file, self.page)
        return True


def _write_first(file: Path, page: bytes) -> None:
    """Write a first page that says how many pages there are, and that none of them is free."""
    pages = file.stat().st_size // _PAGE
    changes = page[24:28]
    with file.open("r+b") as whole:
        whole.write(page[:28] + pages.to_bytes(4, "big") + bytes(8) + page[40:92] + changes + page[96:])


def _begins(file: int, number: int, kinds: list[str]) -> bool:
    """Whether a table with columns of these types begins at a page, or an empty one."""
    for _ in range(_DEEPEST):
        page = os.pread(file, _PAGE, (number - 1) * _PAGE)
        if len(page) < _PAGE or page[0] not in (_INNER, _LEAF):
            return False
        cells = int.from_bytes(page[3:5], "big")
        if page[0] == _INNER:
            number = int.from_bytes(page[8:12], "big")
            continue
        return cells == 0 or _is_record(page, int.from_bytes(page[8:10], "big"), kinds)
    return False


def _is_record(page: bytes, place: int, kinds: list[str]) -> bool:
    """Whether a row stands at a place of a page whose values are of these types; the last ones may lack."""
    try:
        _, place = _varint(page, place)
        _, place = _varint(page, place)
        size, at = _varint(page, place)
        types = []
        while at < place + size:
            kind, at = _varint(page, at)
            types.append(kind)
    except IndexError:
        return False
    return 0 < len(types) <= len(kinds) and all(_may_be(*pair) for pair in zip(types, kinds, strict=False))


def _may_be(stored: int, kind: str) -> bool:
    """Whether a value that is stored in this way may stand in a column of this type."""
    null = stored == 0
    if kind == "TEXT":
        return null or (stored >= 13 and stored % 2 == 1)
    return null or stored in (1, 2, 3, 4, 5, 6, 8, 9) or (kind == "REAL" and stored == 7)


def _varint(page: bytes, place: int) -> tuple[int, int]:
    """A number of SQLite's, big-endian in groups of seven bits, and where it ends."""
    value = 0
    for byte in range(9):
        found = page[place + byte]
        if byte == 8:
            return value << 8 | found, place + 9
        value = value << 7 | found & 0x7F
        if found < 0x80:
            return value, place + byte + 1
    raise IndexError
