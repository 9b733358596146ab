"""The log of past queries: what each asked and how it was answered, the means of their vectors, and names."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from pixie.errors import ClosedError, PixieError
from pixie.items import MODALITIES
from pixie.logged_query import LoggedQuery, LogPage
from pixie.manifest import Manifest
from pixie.query_file import FILE_NAME, QueryFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from pixie.items import Modality
    from pixie.manifest import Model
    from pixie.reports import Warning  # noqa: A004

SETTING = "log"
"""Among a collection's settings, says whether its queries are logged; they are unless it is false."""

KEPT = 10_000
"""Queries kept: more than tuning draws on, in 40 MB at 768 dimensions."""

TUNED_BY = 1000
"""Queries of a modality, the newest ones, that tuning may draw on."""

TOGETHER = 64
"""Queries that gather before they are written in one transaction."""

_WRITE_AGAIN_SECONDS = 1.0

MOST_WAITING = 1024
"""Queries that wait in memory while the file can't be written: 3 MB at 768 dimensions."""

_PATIENCE_SECONDS = 1.0
"""How long reading and closing wait for another process that writes; a search never does."""

_COLUMNS = "time, terms, modality, kind, settings, k, seconds, hits, recall"
_INSERT = f"INSERT INTO queries ({_COLUMNS}, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_NEWEST_FIRST = "ORDER BY time DESC, number DESC"


class QueryLog:
    """The past queries of one collection, which every process that searches it writes, readers included.

    Queries gather in memory and are written together; no search waits for another process or for the disk to
    sync, or fails by any of it. What is in the file is derived: a damaged one is set aside for a new one.

    Safe to call from any thread.

    Parameters
    ----------
    folder
        The collection's folder, which may be unwritable.
    model
        Whose vectors are searched by. Once the collection has another, they are kept no longer.
    """

    def __init__(self, folder: Path, model: Model) -> None:
        self._folder = folder
        self._fingerprint = model.fingerprint
        self._dimension = model.dimension
        self._file = QueryFile(folder / FILE_NAME)
        self._using = threading.Lock()
        # Guards what follows; never held while the file is at work.
        self._guard = threading.Lock()
        self._on = True
        self._is_of_model = True
        self._waiting: deque[tuple[Any, ...]] = deque(maxlen=MOST_WAITING)
        self._names: Counter[str] = Counter()
        self._arrived = 0
        self._tried = float("-inf")
        self._closed = False

    def note(self, query: LoggedQuery, vector: npt.NDArray[np.float32]) -> None:
        """Log a query and its unit vector, float32 (d,). Never raises, and waits for nobody."""
        values = query.to_json()
        values["terms"], values["settings"] = json.dumps(values["terms"]), json.dumps(values["settings"])
        with self._guard:
            if self._closed:
                return
            if self._on:
                self._waiting.append((*values.values(), vector.astype("<f4").tobytes()))
                self._arrived += 1
            due = self._arrived >= TOGETHER or time.monotonic() - self._tried >= _WRITE_AGAIN_SECONDS
        if due and self._using.acquire(blocking=False):
            try:
                self._write_waiting(0)
            finally:
                self._using.release()

    def page(self, offset: int = 0, limit: int | None = None) -> LogPage:
        """Past queries, newest first; those of other processes as far as they are written.

        Raises
        ------
        CollectionError
            The file can't be read.
        """

        def read(connection: sqlite3.Connection) -> tuple[tuple[LoggedQuery, ...], int]:
            total = connection.execute("SELECT count(*) FROM queries").fetchone()[0]
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM queries {_NEWEST_FIRST} LIMIT ? OFFSET ?",  # noqa: S608
                (-1 if limit is None else limit, offset),
            )
            return tuple(_query(row) for row in rows), total

        with self._reading():
            found = self._file.read(read)
        queries, total = found or ((), 0)
        return LogPage(queries, total, self._on, self.remarks())

    def vectors(self, modality: str | None, limit: int) -> npt.NDArray[np.float32]:
        """Unit vectors of past queries of a modality, float32 (n, d): the newest `limit`, each once.

        Raises
        ------
        CollectionError
            The file can't be read.
        """
        import numpy as np

        def read(connection: sqlite3.Connection) -> npt.NDArray[np.float32]:
            found: dict[bytes, None] = {}
            for (vector,) in connection.execute(
                f"SELECT vector FROM queries WHERE modality IS ? AND length(vector) = ? {_NEWEST_FIRST}",  # noqa: S608
                (modality, 4 * self._dimension),
            ):
                if len(found) == limit:
                    break
                found.setdefault(vector)
            return np.frombuffer(b"".join(found), "<f4").reshape(-1, self._dimension).astype(np.float32)

        with self._reading():
            rows = self._file.read(read)
        return np.empty((0, self._dimension), np.float32) if rows is None else rows

    def by_modality(self, limit: int = TUNED_BY) -> dict[Modality, npt.NDArray[np.float32]]:
        """`vectors` of the modalities of which there are any; empty when the file can't be read."""
        found = {}
        with contextlib.suppress(PixieError):
            for modality in MODALITIES:
                vectors = self.vectors(modality, limit)
                if len(vectors):
                    found[modality] = vectors
        return found

    def means(self) -> dict[str, tuple[int, npt.NDArray[np.float64]]]:
        """By modality how many queries were seen, and the sum of their vectors, float64 (d,).

        Empty when nothing is kept or the file can't be read.
        """
        import numpy as np

        def read(connection: sqlite3.Connection) -> dict[str, tuple[int, npt.NDArray[np.float64]]]:
            rows = connection.execute(
                "SELECT modality, count, sum FROM means WHERE count > 0 AND length(sum) = ?",
                (8 * self._dimension,),
            )
            return {name: (int(count), np.frombuffer(total, "<f8").copy()) for name, count, total in rows}

        with contextlib.suppress(PixieError), self._using:
            if not self._closed:
                return self._file.read(read) or {}
        return {}

    def save_means(self, means: Mapping[str, tuple[int, npt.NDArray[np.float64]]]) -> None:
        """Keep such means, where they are of more queries than those kept already. Never raises.

        Nothing is kept while the log is off: the mean of few queries says what they were.
        """
        if not means or not self.refresh() or not self._is_of_model:
            return
        rows = [(name, count, total.astype("<f8").tobytes()) for name, (count, total) in means.items()]
        with self._using, contextlib.suppress(sqlite3.Error, OSError):
            if self._closed:
                return
            self._file.write(
                lambda connection: connection.executemany(
                    "INSERT INTO means VALUES (?, ?, ?) ON CONFLICT (modality)"
                    " DO UPDATE SET count = excluded.count, sum = excluded.sum"
                    " WHERE excluded.count > means.count",
                    rows,
                ),
                _PATIENCE_SECONDS,
            )

    def note_names(self, names: Iterable[str]) -> None:
        """Note the names that a filter compared, to be kept when the log is closed. Never raises."""
        with self._guard:
            self._names.update(names)

    def names(self) -> list[str]:
        """The names that filters compared, the most used first; empty when the file can't be read."""

        def read(connection: sqlite3.Connection) -> list[str]:
            found = connection.execute("SELECT name FROM filtered ORDER BY uses DESC, name")
            return [name for (name,) in found]

        with contextlib.suppress(PixieError), self._using:
            if not self._closed:
                self._write_names()
                return self._file.read(read) or []
        return []

    def _write_names(self) -> None:
        with self._guard:
            names, self._names = self._names, Counter()
        # Half of a surrogate pair is in no name that has an index.
        rows = [(name, uses) for name, uses in names.items() if name.isprintable()]
        with contextlib.suppress(sqlite3.Error, OSError):
            if rows:
                self._file.write(
                    lambda connection: connection.executemany(
                        "INSERT INTO filtered VALUES (?, ?)"
                        " ON CONFLICT (name) DO UPDATE SET uses = uses + excluded.uses",
                        rows,
                    ),
                    _PATIENCE_SECONDS,
                )

    def clear(self) -> int:
        """Forget all past queries, not the means; gives how many there were.

        Raises
        ------
        CollectionError
            The file can't be written.
        """
        from pixie.database import database_errors

        with self._reading(), database_errors(self._file.path):
            if not self._file.exists():
                return 0
            removed: int = self._file.write(
                lambda connection: connection.execute("DELETE FROM queries").rowcount, _PATIENCE_SECONDS
            )
            # Whoever reads just now is in the way of that; the rows are overwritten all the same.
            with contextlib.suppress(sqlite3.Error):
                self._file.shrink()
            return removed

    def forget_vectors(self) -> None:
        """Keep of past queries what was asked, without their vectors, and no means.

        Raises
        ------
        CollectionError
            The file can't be written.
        """
        from pixie.database import database_errors

        def forget(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE queries SET vector = x''")
            connection.execute("DELETE FROM means")

        with self._reading(), database_errors(self._file.path):
            if self._file.exists():
                self._file.write(forget, _PATIENCE_SECONDS)

    def refresh(self) -> bool:
        """Whether queries are logged, by what ``collection.json`` says now; drops those that wait if not."""
        with contextlib.suppress(PixieError):
            found = Manifest.read(self._folder)
            on = found.settings.get(SETTING) is not False
            with self._guard:
                self._on = on
                self._is_of_model = found.model.fingerprint == self._fingerprint
                if not on:
                    self._waiting.clear()
                    self._arrived = 0
        return self._on

    def remarks(self) -> tuple[Warning, ...]:
        """What happened to the log since this was asked last."""
        said = []
        # One at a time, since another thread may be writing the next.
        with contextlib.suppress(IndexError):
            while True:
                said.append(self._file.remarks.popleft())
        return tuple(said)

    def close(self) -> None:
        """Write what waits, and close the file; nothing the second time."""
        with self._using:
            with self._guard:
                if self._closed:
                    return
                self._closed = True
            self._write_waiting(_PATIENCE_SECONDS)
            self._write_names()
            self._file.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """The file to oneself, with everything in it that was noted before."""
        with self._using:
            if self._closed:
                raise ClosedError(f"the collection {self._folder} was closed", fix="open it again")
            self._write_waiting(_PATIENCE_SECONDS)
            yield

    def _write_waiting(self, patience: float) -> None:
        # Asked anew each time, so that turning the log off holds for processes that are searching already.
        self.refresh()
        with self._guard:
            rows = self._waiting
            if not self._on:
                # While the log is off, its setting is read once in a while and not by every search.
                self._tried = time.monotonic()
            if not rows:
                return
            self._arrived, self._tried = 0, time.monotonic()
            self._waiting = deque(maxlen=MOST_WAITING)
        if not self._is_of_model:
            rows = deque(((*values, b"") for *values, _ in rows), maxlen=MOST_WAITING)
        try:
            self._file.write(lambda connection: _insert(connection, rows), patience)
        except (sqlite3.Error, OSError):
            with self._guard:
                self._waiting = deque([*rows, *self._waiting], maxlen=MOST_WAITING)


def _insert(connection: sqlite3.Connection, rows: deque[tuple[Any, ...]]) -> None:
    connection.executemany(_INSERT, rows)
    connection.execute(
        "DELETE FROM queries WHERE number <= (SELECT max(number) FROM queries) - ?",
        (KEPT,),
    )


def _query(row: tuple[Any, ...]) -> LoggedQuery:
    time_, terms, modality, kind, settings, k, seconds, hits, recall = row
    return LoggedQuery(
        time_, tuple(json.loads(terms)), modality, kind, json.loads(settings), k, seconds, hits, recall
    )
