"""Which rows of a table have an id that a later row has too, known in bounded memory."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pixie.database import database_errors, utf8

if TYPE_CHECKING:
    from collections.abc import Iterable

_BITS_PER_ROW = 32
"""Of all ids one in 32 is then taken for one that was seen, and written down in vain."""

_LEAST_BITS, _MOST_BITS = 1 << 13, 1 << 29
"""1 KiB and 64 MiB."""


class Repeats:
    """The last row of each id that may stand in several.

    An id sets a bit of a field. One whose bit is set already has its row written to a temporary database,
    which SQLite keeps on the disk once it has grown. An id that is not in there stands in one row.

    Parameters
    ----------
    rows
        The number and the id of each row that has one, in their order.
    total
        About how many there are.
    """

    def __init__(self, rows: Iterable[tuple[int, str]], total: int) -> None:
        self._last = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # The database is gone with its connection: nothing of it is ever read again.
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", _TABLE, "BEGIN"):
            self._last.execute(statement)
        self._any = False
        bits = min(max(1 << (_BITS_PER_ROW * total - 1).bit_length(), _LEAST_BITS), _MOST_BITS)
        field = bytearray(bits // 8)
        with database_errors(Path(tempfile.gettempdir())):
            for number, identifier in rows:
                key = _key(identifier)
                place = int.from_bytes(key[:8], "little") % bits
                if field[place >> 3] & 1 << (place & 7):
                    self._last.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", (key, number))
                    self._any = True
                field[place >> 3] |= 1 << (place & 7)
            self._last.execute("COMMIT")

    def has_later(self, number: int, identifier: str) -> bool:
        """Whether a row after this one has its id."""
        if not self._any:
            return False
        found = self._last.execute("SELECT number FROM last WHERE key = ?", (_key(identifier),)).fetchone()
        return found is not None and number < found[0]

    def close(self) -> None:
        """Let go of the database. Does nothing the second time."""
        self._any = False
        self._last.close()


_TABLE = "CREATE TABLE last (key BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID"


def _key(identifier: str) -> bytes:
    # 128 bits: two ids of the same are not to be met with.
    return hashlib.blake2b(utf8(identifier) or b"", digest_size=16).digest()
