"""Files whose content a collection has already: they take over the vector, or a copy of it, unembedded."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pixie import catalog
from pixie.folders import is_gone
from pixie.items import FACTS
from pixie.records import KEEP, Record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from pixie.items import Modality
    from pixie.store import Store

_FACT_COLUMNS = ", ".join(FACTS)


@dataclass(frozen=True, slots=True)
class Twin:
    """What a collection has of a picture's content: the rows of its vectors, and what is known of it.

    The rows hold whatever becomes of the item they were read from: a row is never written twice.
    """

    rows: tuple[int, ...]
    facts: tuple[Any, ...]

    def facts_of(self, size: int, mtime_ns: int | None) -> dict[str, Any]:
        """The facts of a file with this content."""
        return {**dict(zip(FACTS, self.facts, strict=True)), "size": size, "mtime_ns": mtime_ns}


class Move(NamedTuple):
    """An item, by its number and id, whose file has the id and the facts of `record` now."""

    number: int
    id: str
    record: Record


class _Source(NamedTuple):
    number: int
    id: str
    path: str | None
    text: str | None
    metadata: str


def twins_of(connection: sqlite3.Connection, sizes: Iterable[int]) -> dict[str, Twin]:
    """By their SHA-256, the pictures a collection has of files with one of these sizes."""
    # One scan of the items in C; an index on sizes would cost more at each commit than it saves here.
    among = "sha256 IS NOT NULL AND size IN (SELECT value FROM json_each(?))"
    return _twins(connection, among, json.dumps(list(sizes)))


def twin_of(store: Store, sha256: str) -> Twin | None:
    """The picture a collection has of a file with this SHA-256 by now."""
    with store.reading() as connection:
        return _twins(connection, "sha256 = ?", sha256).get(sha256)


def _twins(connection: sqlite3.Connection, condition: str, value: str) -> dict[str, Twin]:
    sql = f"""
SELECT sha256, number, row, {_FACT_COLUMNS} FROM items JOIN vectors ON item = number AND modality = 'image'
WHERE {condition} ORDER BY number, row"""  # noqa: S608
    twins: dict[str, Twin] = {}
    owners: dict[str, int] = {}
    for sha256, number, row, *facts in connection.execute(sql, (value,)):
        rows = twins[sha256].rows if owners.setdefault(sha256, number) == number and sha256 in twins else ()
        if owners[sha256] == number:
            twins[sha256] = Twin((*rows, row), tuple(facts))
    return twins


def take_over(store: Store, records: Sequence[Record]) -> tuple[int, list[Record]]:
    """Have new ids take over the items whose files were moved there; how many, and the records left to write.

    A record whose vectors are stored, with an id that no item has, is a moved file where an item of the same
    content has lost its file from a folder that is there. The item keeps its vectors, its text, its metadata
    and when it was added. Where the folder is not there either, as with a drive that is away, nobody knows:
    then the record becomes an item of its own that has the other's text and metadata as well.
    """
    if not any(record.stored for record in records):
        return 0, list(records)
    moves: list[Move] = []
    rest: list[Record] = []
    taken: set[int] = set()
    with store.reading() as connection:
        places = _Places(catalog.roots(connection))
        for record in records:
            if not record.stored or catalog.rows_of(connection, record.id) is not None:
                rest.append(record)
                continue
            sources = _sources(connection, record)
            lost = [source for source in sources if source.path is None or is_gone(source.path)]
            left = [source for source in lost if source.number not in taken and places.has_lost(source)]
            if left:
                taken.add(left[0].number)
                moves.append(Move(left[0].number, left[0].id, record))
            elif lost and len(lost) == len(sources):
                rest.append(_inheriting(connection, record, lost[0]))
            else:
                rest.append(record)
    if moves:
        store.move(moves)
    return len(moves), rest


class _Places:
    """Whether folders are there, each looked at once."""

    def __init__(self, roots: dict[str, str]) -> None:
        self._roots = roots
        self._there: dict[str, bool] = {}

    def has_lost(self, source: _Source) -> bool:
        """Whether the folder that an item's file was in is there, so that the file is not merely away."""
        if source.path is None:
            return False
        folder = self._roots.get(source.id.partition("/")[0]) or os.path.dirname(source.path)
        if folder not in self._there:
            self._there[folder] = _holds_something(folder)
        return self._there[folder]


def _holds_something(folder: str) -> bool:
    """Whether a folder is there and not empty, as that of a drive that is away may be."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _sources(connection: sqlite3.Connection, record: Record) -> list[_Source]:
    found = connection.execute(
        "SELECT number, id, path, text, metadata FROM items WHERE sha256 = ? AND path IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM vectors WHERE item = number AND modality = 'image') ORDER BY number",
        (record.facts.get("sha256"),),
    )
    return [_Source(*row) for row in found]


def _inheriting(connection: sqlite3.Connection, record: Record, source: _Source) -> Record:
    found = connection.execute(
        "SELECT row FROM vectors WHERE item = ? AND modality = 'text' ORDER BY row", (source.number,)
    )
    words: list[tuple[Modality, int]] = [("text", row) for (row,) in found]
    return replace(
        record,
        text=source.text if words else KEEP,
        metadata=json.loads(source.metadata),
        stored=(*record.stored, *words),
    )
