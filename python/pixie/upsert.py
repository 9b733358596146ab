"""How an item is written in place of the one with its id, and what becomes of that one's vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pixie import failed_rows
from pixie.clock import now
from pixie.database import utf8
from pixie.errors import InvalidInputError
from pixie.items import FACTS, MODALITIES
from pixie.records import KEEP

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    from pixie.items import Modality
    from pixie.records import FailedFile, Record
    from pixie.vectors import VectorFile

NORM_TOLERANCE = 1e-3
"""How far from 1 a vector's norm may be: float16 storage moves it by at most 5e-4."""


def upsert(connection: sqlite3.Connection, record: Record, generation: int, first_row: int) -> bool:
    """Write one record, whose vector j gets the row `first_row` + j; whether it took the place of an item.

    A vector of the old item stays when the record has the same picture, or the same text, and brings no
    vector of its own for it. Rows of vectors that go are never used again.

    Raises
    ------
    InvalidInputError
        The record's picture or text has no vector, or it has neither.
    """
    old = connection.execute(
        "SELECT number, path, text, sha256 FROM items WHERE id = CAST(? AS TEXT)", (utf8(record.id),)
    ).fetchone()
    number, old_path, old_text, old_sha256 = old or (None, None, None, None)
    text = old_text if record.text is KEEP else record.text
    kept: set[Modality] = set()
    if (record.path is not None and record.path == old_path) or (
        old_sha256 is not None and record.facts.get("sha256") == old_sha256
    ):
        kept.add("image")
    if text is not None and text == old_text:
        kept.add("text")
    new = {modality for modality, _ in record.vectors}
    kept -= new
    if number is not None:
        found = connection.execute("SELECT DISTINCT modality FROM vectors WHERE item = ?", (number,))
        kept &= {modality for (modality,) in found}
    _check_vectors(record, text, new | kept)
    columns = (
        utf8(record.path),
        utf8(text),
        record.missing,
        record.metadata_json,
        *(record.facts.get(name) for name in FACTS),
    )
    if number is None:
        number = connection.execute(_INSERT, (*columns, utf8(record.id), record.added or now())).lastrowid
    else:
        connection.execute(_UPDATE_KEEPING_PICTURE if "image" in kept else _UPDATE, (*columns, number))
        drop_vectors(
            connection, number, [modality for modality in MODALITIES if modality not in kept], generation
        )
    connection.executemany(
        "INSERT INTO vectors (row, item, modality) VALUES (?, ?, ?)",
        ((first_row + row, number, modality) for modality, row in record.vectors),
    )
    forget_failure(connection, record.id)
    failed_rows.forget(connection, record.id)
    return old is not None


_INSERT = f"""
INSERT INTO items (path, text, missing, metadata, {", ".join(FACTS)}, id, added)
VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, coalesce(?, '{{}}'), {", ".join("?" * len(FACTS))},
    CAST(? AS TEXT), ?)"""  # noqa: S608

# An item that is given again is there, unless it comes from an export that says otherwise.
_SET = """
UPDATE items SET path = CAST(? AS TEXT), text = CAST(? AS TEXT), missing = ?,
    metadata = coalesce(?, metadata)"""

_UPDATE = f"{_SET}, {', '.join(f'{name} = ?' for name in FACTS)} WHERE number = ?"

# What is known about a picture that stays is not told anew.
_UPDATE_KEEPING_PICTURE = (
    f"{_SET}, {', '.join(f'{name} = coalesce(?, {name})' for name in FACTS)} WHERE number = ?"
)


def drop_vectors(
    connection: sqlite3.Connection, number: int, modalities: Iterable[Modality], generation: int
) -> None:
    """Take an item's vectors of some modalities away, and log their rows as removed."""
    for modality in modalities:
        connection.execute(
            "INSERT INTO removed_rows SELECT row, ? FROM vectors WHERE item = ? AND modality = ?",
            (generation, number, modality),
        )
        connection.execute("DELETE FROM vectors WHERE item = ? AND modality = ?", (number, modality))


def remove_item(connection: sqlite3.Connection, identifier: str, generation: int) -> bool:
    """Remove an item with its vectors and failure; whether there was one."""
    found = connection.execute(
        "SELECT number FROM items WHERE id = CAST(? AS TEXT)", (utf8(identifier),)
    ).fetchone()
    if found is None:
        return False
    drop_vectors(connection, found[0], MODALITIES, generation)
    connection.execute("DELETE FROM items WHERE number = ?", found)
    forget_failure(connection, identifier)
    failed_rows.forget(connection, identifier)
    return True


def note_failure(connection: sqlite3.Connection, failed: FailedFile, generation: int) -> None:
    """Remember that a file, or a row of a table, could not be taken in."""
    failure = failed.failure
    if failed.source is not None:
        failed_rows.note(connection, failed, generation)
        return
    connection.execute(
        "INSERT OR REPLACE INTO failures (id, path, code, message, size, mtime_ns) VALUES"
        " (CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)",
        (
            utf8(failure.id),
            utf8(failure.path),
            utf8(failure.code),
            utf8(failure.message),
            failed.size,
            failed.mtime_ns,
        ),
    )


def forget_failure(connection: sqlite3.Connection, identifier: str) -> None:
    """Forget that a file could not be taken in."""
    connection.execute("DELETE FROM failures WHERE id = CAST(? AS TEXT)", (utf8(identifier),))


def with_copies(
    records: Sequence[Record], rows: npt.NDArray[np.float32] | None, vectors: VectorFile
) -> tuple[list[Record], npt.NDArray[np.float32] | None]:
    """The records with copies of their stored rows after the `rows` that are given, float32 (n, d)."""
    wanted = [row for record in records for _, row in record.stored]
    if not wanted:
        return list(records), rows
    import numpy as np  # here, because removing items needs no numpy

    copies = np.ascontiguousarray(vectors.rows(max(wanted) + 1)[wanted])
    first = 0 if rows is None else len(rows)
    written = []
    for record in records:
        own = tuple((modality, first + place) for place, (modality, _) in enumerate(record.stored))
        first += len(own)
        written.append(replace(record, vectors=(*record.vectors, *own), stored=()) if own else record)
    return written, copies if rows is None else np.concatenate((rows, copies))


def check_rows(records: Sequence[Record], rows: npt.NDArray[np.float32] | None, dimension: int) -> None:
    """Refuse vectors that are not unit rows of `dimension` numbers, each of one record."""
    owners = {row: record.id for record in records for _, row in record.vectors}
    count = 0 if rows is None else len(rows)
    named = sum(len(record.vectors) for record in records)
    if named != len(owners) or sorted(owners) != list(range(count)):
        raise InvalidInputError(
            f"the items name {named} rows of the {count} vectors, and not each of them once",
            fix="give each vector to one item",
        )
    if rows is None or not count:
        return
    if rows.ndim != 2 or rows.shape[1] != dimension:
        raise InvalidInputError(
            f"the vectors have the shape {rows.shape}, the collection takes (n, {dimension})",
            fix="use the collection's model",
        )
    import numpy as np  # here, because removing items needs no numpy

    # Infinite and overflowing rows fail the comparison as NaN rows do.
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        wrong = np.flatnonzero(~(np.abs(norms - 1.0) <= NORM_TOLERANCE))
    if wrong.size:
        row = int(wrong[0])
        raise InvalidInputError(
            f"a vector of item {owners[row]!r} has the norm {norms[row]:.6g} instead of 1",
            fix="give finite vectors, divided by their norm",
            item=owners[row],
        )


def _check_vectors(record: Record, text: str | None, has: set[Modality]) -> None:
    if not has:
        raise InvalidInputError(
            f"item {record.id!r} has nothing to be found by",
            fix="give it a picture or a text",
            item=record.id,
        )
    for modality, present in (("image", record.path is not None), ("text", text is not None)):
        if present and modality not in has:
            raise InvalidInputError(
                f"the {modality} of item {record.id!r} came without its vector",
                fix=f"embed the {modality} and give its vector",
                item=record.id,
            )
