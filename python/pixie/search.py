"""From a direction to hits: rows come from an index, items and their vectors' owners from the records."""

from __future__ import annotations

import math
import numbers
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixie import catalog
from pixie.errors import InvalidInputError
from pixie.items import MODALITIES, Hit

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.query import Direction
    from pixie.store import Store


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits are asked for.

    ``k`` hits, 1 or more, after the ``offset`` best; only those that score at least ``min_score``; compared
    by vectors of modality ``target`` alone when that is not None.

    Raises
    ------
    InvalidInputError
        A value is out of its range; the message names it.
    """

    k: int = 10
    offset: int = 0
    min_score: float | None = None
    target: Modality | None = None

    def __post_init__(self) -> None:
        for name, smallest in (("k", 1), ("offset", 0)):
            object.__setattr__(self, name, _whole(getattr(self, name), name, smallest))
        score: object = self.min_score
        if score is not None and (not isinstance(score, numbers.Real) or math.isnan(score)):
            raise InvalidInputError(
                f"min_score is {score!r}", fix="give a number from -1 to 1, or None", item="min_score"
            )
        if self.target is not None and self.target not in MODALITIES:
            raise InvalidInputError(
                f"target is {self.target!r}", fix="give image, text or None", item="target"
            )


def find_hits(
    store: Store, index: Index, direction: Direction, page: Page, allow: npt.NDArray[np.bool_] | None
) -> list[Hit]:
    """The items whose best vector is nearest to `direction`, best first, each once.

    Parameters
    ----------
    store
        The records.
    index
        Holds the rows of the store's vectors.
    direction
        What to search for.
    page
        Which hits.
    allow
        bool over row numbers, None for all.
    """
    rows = len(index)
    wanted = page.offset + page.k
    # Items may own several vectors, so k of them may need more than k rows; most own one.
    fetch = wanted + (direction.left_out is not None)
    while rows:
        fetch = min(fetch, rows)
        nearest, scores = index.search(
            direction.vector[None], fetch, modality=direction.modality, allow=allow
        )
        found = nearest[0] >= 0
        if page.min_score is not None:
            found &= scores[0] >= page.min_score
        exhausted = fetch == rows or not found.all()
        # One moment for both, so that what is counted as a hit is there to be returned.
        with store.reading() as connection:
            best = _best_by_item(
                connection, nearest[0][found].tolist(), scores[0][found].tolist(), direction.left_out
            )
            if exhausted or len(best) >= wanted:
                return _hits(connection, best[page.offset : wanted])
        fetch = 2 * fetch
    return []


def _best_by_item(
    connection: sqlite3.Connection, rows: list[int], scores: list[float], left_out: int | None
) -> list[tuple[int, float, Modality]]:
    """Item number, score and modality of each item's best row; `rows` come best first, and so do items."""
    owners = catalog.owners(connection, rows)
    best: dict[int, tuple[int, float, Modality]] = {}
    for row, score in zip(rows, scores, strict=True):
        # A row without an owner was removed after the index was asked.
        if row in owners:
            number, modality = owners[row]
            if number != left_out:
                best.setdefault(number, (number, score, modality))
    return list(best.values())


def _hits(connection: sqlite3.Connection, best: list[tuple[int, float, Modality]]) -> list[Hit]:
    items = catalog.items_by_number(connection, [number for number, _, _ in best])
    return [
        Hit(item.id, score, item.path, item.text, item.metadata, modality)
        for number, score, modality in best
        if (item := items.get(number)) is not None
    ]


def _whole(value: object, name: str, smallest: int) -> int:
    try:
        number = smallest - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = smallest - 1
    if number < smallest:
        raise InvalidInputError(
            f"{name} is {value!r}", fix=f"give a whole number from {smallest} up", item=name
        ) from None
    return number
