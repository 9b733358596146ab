"""Reading the records: items by id and by row, failures, roots and counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pixie.database import utf8
from pixie.filters.condition import Condition
from pixie.items import FACTS, MODALITIES, Item, Modality
from pixie.reports import Failure

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

ITEM = f"""number, id, path, text, metadata, {", ".join(FACTS)}, missing, added,
    EXISTS (SELECT 1 FROM vectors WHERE item = number AND modality = 'image'),
    EXISTS (SELECT 1 FROM vectors WHERE item = number AND modality = 'text')"""  # noqa: S608
"""The columns of which `item_of` makes an item."""

# The most values a statement may have is 999 in older builds of SQLite.
_CHUNK = 500


def items_by_id(connection: sqlite3.Connection, ids: Sequence[str]) -> list[Item | None]:
    """The item of each id, None where there is none."""
    found = {}
    for some in chunks(list(dict.fromkeys(ids))):
        marks = ", ".join(["CAST(? AS TEXT)"] * len(some))
        rows = connection.execute(
            f"SELECT {ITEM} FROM items WHERE id IN ({marks})",  # noqa: S608
            [utf8(identifier) for identifier in some],
        )
        for row in rows:
            found[row[1]] = item_of(row)
    return [found.get(identifier) for identifier in ids]


def items_by_number(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, Item]:
    """The items with these numbers, as far as there are."""
    found = {}
    for some in chunks(numbers):
        marks = ", ".join("?" * len(some))
        sql = f"SELECT {ITEM} FROM items WHERE number IN ({marks})"  # noqa: S608 (marks are ?)
        for row in connection.execute(sql, some):
            found[row[0]] = item_of(row)
    return found


def rows_by_item(
    connection: sqlite3.Connection, numbers: Sequence[int]
) -> dict[int, list[tuple[Modality, int]]]:
    """The modality and the row of each vector of these items, in the order of the rows."""
    found: dict[int, list[tuple[Modality, int]]] = {number: [] for number in numbers}
    for some in chunks(numbers):
        marks = ", ".join("?" * len(some))
        sql = f"SELECT item, modality, row FROM vectors WHERE item IN ({marks}) ORDER BY row"  # noqa: S608
        for number, modality, row in connection.execute(sql, some):
            found[number].append((modality, row))
    return found


def failures_of(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Failure]:
    """The failures of files with these ids, by their ids."""
    found = {}
    for some in chunks(ids):
        marks = ", ".join(["CAST(? AS TEXT)"] * len(some))
        sql = f"{_COLUMNS} failures WHERE id IN ({marks})"
        for row in connection.execute(sql, [utf8(identifier) for identifier in some]):
            found[row[0]] = Failure(*row)
    return found


_COLUMNS = "SELECT id, path, code, message FROM"
_FAILED = f"{_COLUMNS} failures UNION ALL {_COLUMNS} failed_rows"
"""The files and the rows that failed."""


def failures(
    connection: sqlite3.Connection, offset: int, limit: int | None, code: str | None = None
) -> tuple[list[Failure], int]:
    """Failures in the order of their ids, for one reason or for any, and how many there are in all."""
    where = f"FROM ({_FAILED}) WHERE ? IS NULL OR code = CAST(? AS TEXT)"
    wanted = (utf8(code), utf8(code))
    total = connection.execute(f"SELECT count(*) {where}", wanted).fetchone()[0]
    rows = connection.execute(
        f"SELECT id, path, code, message {where} ORDER BY id LIMIT ? OFFSET ?",
        (*wanted, -1 if limit is None else limit, offset),
    )
    return [Failure(*row) for row in rows], total


def owners(connection: sqlite3.Connection, rows: Sequence[int]) -> dict[int, tuple[int, Modality]]:
    """For each row that is alive the number of its item, and its modality."""
    found = {}
    for some in chunks(rows):
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


def generation(connection: sqlite3.Connection) -> int:
    """How many commits there were."""
    found: int = connection.execute("SELECT generation FROM state").fetchone()[0]
    return found


def counts(connection: sqlite3.Connection, of: Condition | None = None) -> dict[str, Any]:
    """How many items, vectors of each modality, dead rows, missing items and failures there are.

    Items, their vectors and those that are missing are counted where `of` is true of them.
    """
    vectors = dict.fromkeys(MODALITIES, 0)
    if of is None:
        found = "SELECT modality, count(*) FROM vectors GROUP BY modality"
        items = count(connection)
        missing = connection.execute("SELECT count(*) FROM items WHERE missing IS NOT NULL").fetchone()[0]
        vectors.update(connection.execute(found).fetchall())
    else:
        Condition.register(connection)
        sql = f"SELECT count(*), count(missing) FROM items WHERE {of.sql}"  # noqa: S608
        items, missing = connection.execute(sql, of.values).fetchone()
        found = (
            f"SELECT modality, count(*) FROM items JOIN vectors ON item = number WHERE {of.sql} GROUP BY 1"  # noqa: S608
        )
        vectors.update(connection.execute(found, of.values).fetchall())
    return {
        "items": items,
        "vectors": vectors,
        "dead_rows": connection.execute("SELECT count(*) FROM removed_rows").fetchone()[0],
        "missing": missing,
        "failures": connection.execute(f"SELECT count(*) FROM ({_FAILED})").fetchone()[0],  # noqa: S608
    }


def beginning_with(prefix: str) -> Condition:
    """The condition that an id begins with `prefix`, as a range so that the index on ids answers it."""
    first = prefix.encode("utf-8", "surrogatepass")
    # No UTF-8 text has the byte 0xFF, so there always is a next last byte.
    after = first[:-1] + bytes((first[-1] + 1,))
    return Condition("(id >= CAST(? AS TEXT) AND id < CAST(? AS TEXT))", (first, after))


def item_of(row: tuple[Any, ...]) -> Item:
    """An item from its columns, `ITEM`."""
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


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Values in runs that a statement may have."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
