"""Reading the records: items by id, by page and by row, failures, roots and counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pixie.database import utf8
from pixie.items import FACTS, MODALITIES, Failure, Item, Modality

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

_ITEM = f"""
SELECT number, id, path, text, metadata, {", ".join(FACTS)}, missing, added,
    EXISTS (SELECT 1 FROM vectors WHERE item = number AND modality = 'image'),
    EXISTS (SELECT 1 FROM vectors WHERE item = number AND modality = 'text')
FROM items """  # noqa: S608

# The most values a statement may have is 999 in older builds of SQLite.
_CHUNK = 500


def items_by_id(connection: sqlite3.Connection, ids: Sequence[str]) -> list[Item | None]:
    """The item of each id, None where there is none."""
    found = {}
    for some in _chunks(list(dict.fromkeys(ids))):
        marks = ", ".join(["CAST(? AS TEXT)"] * len(some))
        rows = connection.execute(f"{_ITEM} WHERE id IN ({marks})", [utf8(identifier) for identifier in some])
        for row in rows:
            found[row[1]] = _item(row)
    return [found.get(identifier) for identifier in ids]


def items_by_number(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, Item]:
    """The items with these numbers, as far as there are."""
    found = {}
    for some in _chunks(numbers):
        marks = ", ".join("?" * len(some))
        for row in connection.execute(f"{_ITEM} WHERE number IN ({marks})", some):
            found[row[0]] = _item(row)
    return found


def page(
    connection: sqlite3.Connection, prefix: str | None, offset: int, limit: int | None
) -> tuple[list[Item], int]:
    """Items whose id begins with `prefix`, ordered by their ids' UTF-8, and how many there are in all."""
    where, values = beginning_with(prefix)
    total = connection.execute(f"SELECT count(*) FROM items {where}", values).fetchone()[0]  # noqa: S608
    rows = connection.execute(
        f"{_ITEM} {where} ORDER BY id LIMIT ? OFFSET ?", (*values, -1 if limit is None else limit, offset)
    )
    return [_item(row) for row in rows], total


def failures(
    connection: sqlite3.Connection, offset: int, limit: int | None, code: str | None = None
) -> tuple[list[Failure], int]:
    """Failures in the order of their ids, for one reason or for any, and how many there are in all."""
    where = "WHERE ? IS NULL OR code = CAST(? AS TEXT)"
    wanted = (utf8(code), utf8(code))
    total = connection.execute(f"SELECT count(*) FROM failures {where}", wanted).fetchone()[0]  # noqa: S608
    rows = connection.execute(
        f"SELECT id, path, code, message FROM failures {where} ORDER BY id LIMIT ? OFFSET ?",  # noqa: S608
        (*wanted, -1 if limit is None else limit, offset),
    )
    return [Failure(*row) for row in rows], total


def owners(connection: sqlite3.Connection, rows: Sequence[int]) -> dict[int, tuple[int, Modality]]:
    """For each row that is alive the number of its item, and its modality."""
    found = {}
    for some in _chunks(rows):
        marks = ", ".join("?" * len(some))
        sql = f"SELECT row, item, modality FROM vectors WHERE row IN ({marks})"  # noqa: S608 (marks are ?)
        for row, number, modality in connection.execute(sql, some):
            found[row] = (number, modality)
    return found


def rows_of(connection: sqlite3.Connection, identifier: str) -> tuple[int, dict[Modality, list[int]]] | None:
    """The number of an item and its rows by modality; None when there is no such item."""
    item = connection.execute(
        "SELECT number FROM items WHERE id = CAST(? AS TEXT)", (utf8(identifier),)
    ).fetchone()
    if item is None:
        return None
    rows: dict[Modality, list[int]] = {}
    for row, modality in connection.execute(
        "SELECT row, modality FROM vectors WHERE item = ? ORDER BY row", item
    ):
        rows.setdefault(modality, []).append(row)
    return item[0], rows


def rows_of_modality(connection: sqlite3.Connection, modality: Modality, first: int) -> Iterator[int]:
    """The rows of a modality from row `first` on."""
    found = connection.execute("SELECT row FROM vectors WHERE row >= ? AND modality = ?", (first, modality))
    return (row for (row,) in found)


def roots(connection: sqlite3.Connection) -> dict[str, str]:
    """The folders that were indexed, by the name their files' ids begin with."""
    return dict(connection.execute("SELECT name, path FROM roots ORDER BY name").fetchall())


def count(connection: sqlite3.Connection) -> int:
    """How many items there are."""
    found: int = connection.execute("SELECT count(*) FROM items").fetchone()[0]
    return found


def counts(connection: sqlite3.Connection) -> dict[str, Any]:
    """How many items, vectors of each modality, dead rows, missing items and failures there are."""
    vectors = dict.fromkeys(MODALITIES, 0)
    vectors.update(connection.execute("SELECT modality, count(*) FROM vectors GROUP BY modality").fetchall())
    return {
        "items": count(connection),
        "vectors": vectors,
        "dead_rows": connection.execute("SELECT count(*) FROM removed_rows").fetchone()[0],
        "missing": connection.execute("SELECT count(*) FROM items WHERE missing IS NOT NULL").fetchone()[0],
        "failures": connection.execute("SELECT count(*) FROM failures").fetchone()[0],
    }


def beginning_with(prefix: str | None) -> tuple[str, tuple[bytes, ...]]:
    """A WHERE clause, and its values, for ids that begin with `prefix`.

    It is a range, so that the index on ids answers it.
    """
    first = utf8(prefix)
    if not first:
        return "", ()
    # No UTF-8 text has the byte 0xFF, so there always is a next last byte.
    after = first[:-1] + bytes((first[-1] + 1,))
    return "WHERE id >= CAST(? AS TEXT) AND id < CAST(? AS TEXT)", (first, after)


def _item(row: tuple[Any, ...]) -> Item:
    _, identifier, path, text, metadata, *facts, missing, added, image, words = row
    return Item(
        id=identifier,
        path=path,
        text=text,
        metadata=json.loads(metadata),
        **dict(zip(FACTS, facts, strict=True)),
        missing=missing,
        added=added,
        vectors=tuple(modality for modality, has in zip(MODALITIES, (image, words), strict=True) if has),
    )


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
