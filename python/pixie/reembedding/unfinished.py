"""The edition of a collection that is being made: its items, and their vectors as far as there are."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pixie.database import FILE_NAME as DATABASE_NAME
from pixie.database import connect, utf8
from pixie.disk import disk_errors, disk_full, write_atomically
from pixie.editions import INDEX_FOLDER, REEMBEDDED, REEMBEDDING
from pixie.items import FACTS
from pixie.reembedding.matching import match
from pixie.store import Store
from pixie.upsert import check_rows, drop_vectors, note_failure
from pixie.vectors import FILE_NAME as VECTORS_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from pixie.manifest import Model
    from pixie.records import FailedFile, Record

_MODEL_FILE = "model.json"

_ROWS_AT_ONCE = 1000

_LACKING = """
SELECT item, max(modality = 'image'), max(modality = 'text') FROM wanted
WHERE item > ? AND NOT EXISTS
    (SELECT 1 FROM vectors WHERE vectors.item = wanted.item AND vectors.modality = wanted.modality)
GROUP BY item ORDER BY item LIMIT ?"""

_IS_COMPLETE = """
SELECT NOT EXISTS (SELECT 1 FROM wanted WHERE wanted.item = ? AND NOT EXISTS
    (SELECT 1 FROM vectors WHERE vectors.item = wanted.item AND vectors.modality = wanted.modality))"""

# What was made of another content than the item has on record is no vector of that.
_WITH_TWIN = """
SELECT number, source FROM (
    SELECT items.number, (SELECT row FROM items AS twin
        JOIN vectors ON vectors.item = twin.number AND vectors.modality = 'image'
        WHERE twin.sha256 = items.sha256 AND twin.number NOT IN (SELECT item FROM renewed) LIMIT 1) AS source
    FROM wanted JOIN items ON items.number = wanted.item
    WHERE wanted.item > ? AND wanted.modality = 'image' AND items.sha256 IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM vectors WHERE vectors.item = wanted.item AND vectors.modality = 'image')
) WHERE source IS NOT NULL ORDER BY number LIMIT ?"""


class Lacking(NamedTuple):
    """An item, by its number, and which of its vectors are yet to be made."""

    number: int
    image: bool
    text: bool


class UnfinishedEdition(Store):
    """The records of a collection, with the vectors of another model as far as they are made.

    `Store` is what its files are; the facts on the items are a copy, made anew whenever it is opened.

    Parameters
    ----------
    folder
        The collection's folder.
    old
        Where its data are now.
    model
        Whose vectors are being made. What there is of another one's is dropped.

    Raises
    ------
    CollectionError
        ``disk_full``, ``read_only``, or ``damaged`` when the collection is.
    """

    def __init__(self, folder: Path, old: Path, model: Model) -> None:
        place = folder / REEMBEDDING
        data = place / REEMBEDDED
        # Nothing else depends on it, so what is damaged is begun anew.
        if not (_is_for(place, model) and _is_sound(data, model.dimension)):
            discard(folder)
            _begin(place, model)
        # Made at the end, by a run that did not come to the swap.
        shutil.rmtree(data / INDEX_FOLDER, ignore_errors=True)
        # It may have been begun by an older Pixie.
        Store.upgrade(data, 1)
        match(data, old)
        super().__init__(data, model.dimension, read_only=False)

    def counts(self) -> tuple[int, int]:
        """How many items there are, and how many of them have all their vectors."""
        with self.reading() as connection:
            (items,) = connection.execute("SELECT count(*) FROM items").fetchone()
            (lacking,) = connection.execute(
                f"SELECT count(*) FROM ({_LACKING})",  # noqa: S608 (a constant)
                (-1, -1),
            ).fetchone()
        return items, items - lacking

    def lacking(self, after: int, most: int = -1) -> list[Lacking]:
        """Items with a number above `after` that lack a vector, in order; at most `most`, -1 for all."""
        with self.reading() as connection:
            found = connection.execute(_LACKING, (after, most))
            return [Lacking(number, bool(image), bool(text)) for number, image, text in found]

    def check_room(self) -> None:
        """Refuse to begin what the disk has no room for.

        Raises
        ------
        CollectionError
            ``disk_full``.
        """
        with self.reading() as connection:
            (wanted,) = connection.execute("SELECT count(*) FROM wanted").fetchone()
            (made,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
        needed = (wanted - made) * 4 * self.dimension
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise disk_full(
                self.folder,
                f"the new vectors need {needed:,} bytes beside the present ones, {free:,} are free",
            )

    def of_content(self, sha256: str, most: int = -1) -> list[tuple[int, str]]:
        """Number and path of the items with this picture whose vector is wanted, in order; -1 for all."""
        with self.reading() as connection:
            return connection.execute(
                "SELECT number, path FROM items JOIN wanted ON item = number AND modality = 'image'"
                " WHERE sha256 = ? AND path IS NOT NULL ORDER BY number LIMIT ?",
                (sha256, most),
            ).fetchall()

    def give(self, records: Sequence[Record], rows: npt.NDArray[np.float32] | None) -> int:
        """One durable commit of items' vectors; gives how many items have all of theirs now.

        Parameters
        ----------
        records
            Items by their ids, of which the vectors count, and the facts where the picture is another now.
        rows
            float32 (n, dimension), as `Store.commit` takes them.
        """
        check_rows(records, rows, self.dimension)
        if rows is None or not len(rows):
            return 0
        numbers = []
        with self._commit() as (connection, state):
            for record in records:
                number, sha256 = connection.execute(
                    "SELECT number, sha256 FROM items WHERE id = CAST(? AS TEXT)", (utf8(record.id),)
                ).fetchone()
                numbers.append(number)
                made = [modality for modality, _ in record.vectors]
                drop_vectors(connection, number, made, state.generation)
                connection.executemany(
                    "INSERT INTO vectors (row, item, modality) VALUES (?, ?, ?)",
                    ((state.rows + row, number, modality) for modality, row in record.vectors),
                )
                if "image" in made and record.facts.get("sha256") != sha256:
                    connection.execute(
                        "INSERT OR REPLACE INTO renewed VALUES (?, ?)", (number, json.dumps(record.facts))
                    )
            complete: int = sum(
                connection.execute(_IS_COMPLETE, (number,)).fetchone()[0] for number in numbers
            )
            self._append(rows, state.rows)
        return complete

    def copy_equal(self) -> tuple[int, int]:
        """Give pictures the vectors that others of their content have.

        Returns
        -------
        tuple of int
            How many, and how many items have all of theirs by that.
        """
        copied = complete = after = 0
        while True:
            with self.reading() as connection:
                found = connection.execute(_WITH_TWIN, (after, _ROWS_AT_ONCE)).fetchall()
            if not found:
                return copied, complete
            numbers, sources = zip(*found, strict=True)
            rows = np.ascontiguousarray(self.vectors.rows(max(sources) + 1)[list(sources)])
            with self._commit() as (connection, state):
                connection.executemany(
                    "INSERT INTO vectors (row, item, modality) VALUES (?, ?, 'image')",
                    ((state.rows + place, number) for place, number in enumerate(numbers)),
                )
                complete += sum(connection.execute(_IS_COMPLETE, (each,)).fetchone()[0] for each in numbers)
                self._append(rows, state.rows)
            copied += len(found)
            after = numbers[-1]

    def leave_out(self, failed: Mapping[int, FailedFile]) -> None:
        """Note items, by their numbers, as failed; those that have no vector are items no longer.

        Those that have one, as a text beside a picture, lose what is known of the picture's file, so that it
        is taken for a new one as soon as it can be read.
        """
        with self._commit() as (connection, state):
            for number, failure in failed.items():
                if connection.execute("SELECT 1 FROM vectors WHERE item = ?", (number,)).fetchone():
                    connection.execute(
                        "UPDATE items SET size = NULL, mtime_ns = NULL, sha256 = NULL WHERE number = ?",
                        (number,),
                    )
                else:
                    connection.execute("DELETE FROM items WHERE number = ?", (number,))
                note_failure(connection, failure, state.generation)

    def complete(self) -> None:
        """Make it what any edition is: with the facts of what was embedded, without notes on the work."""
        with self._database.writing() as connection:
            renewed = connection.execute("SELECT item, facts FROM renewed").fetchall()
            assigned = ", ".join(f"{name} = ?" for name in FACTS)
            connection.executemany(
                f"UPDATE items SET {assigned} WHERE number = ?",  # noqa: S608 (names of this package)
                ((*(json.loads(facts).get(name) for name in FACTS), number) for number, facts in renewed),
            )
            connection.execute("DROP TABLE renewed")
            connection.execute("DROP TABLE wanted")
            connection.execute("COMMIT")

    def _append(self, rows: npt.NDArray[np.float32], first: int) -> None:
        self.vectors.append(rows, first)
        self._next_row = first + len(rows)


def discard(folder: Path) -> None:
    """Take away what was made of an edition in a collection's folder; nothing when there is none."""
    place = folder / REEMBEDDING
    # First what makes it one: half of it is nothing to go on from.
    with disk_errors(place):
        (place / _MODEL_FILE).unlink(missing_ok=True)
        if place.exists():
            shutil.rmtree(place)


def _begin(place: Path, model: Model) -> None:
    with disk_errors(place):
        (place / REEMBEDDED).mkdir(parents=True)
    Store.create(place / REEMBEDDED)
    write_atomically(place / _MODEL_FILE, (json.dumps(model.to_json(), indent=2) + "\n").encode("ascii"))


def _is_for(place: Path, model: Model) -> bool:
    """Whether there is an unfinished edition for this model's vectors."""
    try:
        found = json.loads((place / _MODEL_FILE).read_bytes())
        return bool((found["fingerprint"], found["dimension"]) == (model.fingerprint, model.dimension))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_sound(data: Path, dimension: int) -> bool:
    """Whether its records can be read, and all rows that they count on are there."""
    try:
        with contextlib.closing(connect(f"{(data / DATABASE_NAME).as_uri()}?mode=rw", ())) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (rows,) = connection.execute("SELECT rows FROM state").fetchone()
        return bool(said == "ok" and (data / VECTORS_NAME).stat().st_size >= rows * 4 * dimension)
    except (sqlite3.DatabaseError, OSError, TypeError):
        return False
