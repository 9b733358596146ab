"""From a direction to hits: rows come from an index, items and their vectors' owners from the records."""

from __future__ import annotations

import math
import numbers
import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pixie import catalog
from pixie.errors import InvalidInputError
from pixie.items import MODALITIES, Hit

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from pixie.filters import Filter
    from pixie.index.base import Index
    from pixie.index.trace import Explanation
    from pixie.items import Modality
    from pixie.ordering import Order
    from pixie.query import Direction
    from pixie.store import Store

EXACT = "exact"
"""The kind of index that misses nothing."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits are asked for.

    ``k`` hits, 1 or more, after the ``offset`` best; only those that score at least ``min_score``; compared
    by vectors of modality ``target`` alone when that is not None. Only items that the filter ``where``
    matches are looked at. What was found by its score is then put into another ``order``.

    Raises
    ------
    InvalidInputError
        A value is out of its range; the message names it.
    """

    k: int = 10
    offset: int = 0
    min_score: float | None = None
    target: Modality | None = None
    where: Filter | None = None
    order: Order | None = None

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


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search; the same hits and scores come of it, as far as the index finds them.

    Attributes
    ----------
    kind
        Which index; None for the collection's own.
    probes, candidates
        Settings for this search alone, of kinds that have them; None for the index's.
    exact
        Another way to say the kind ``exact``.
    explain, check
        Whether to say what was looked at, and to compare with the exact search.

    Raises
    ------
    InvalidInputError
        ``exact`` is asked for together with another kind.
    """

    kind: str | None = None
    probes: int | None = None
    candidates: int | None = None
    exact: bool = False
    explain: bool = False
    check: bool = False

    def __post_init__(self) -> None:
        if self.exact and self.kind not in (None, EXACT):
            raise InvalidInputError(
                f"an exact search is asked for, and one by the kind {self.kind!r}",
                fix="leave one of them out",
                item="kind",
            )
        if self.exact:
            object.__setattr__(self, "kind", EXACT)

    def settings_for(self, index: Index, modality: Modality | None) -> dict[str, int]:
        """What this search sets, or the index was tuned to; what is left to the index is not there.

        Raises
        ------
        InvalidInputError
            This kind of index has no such setting, or the value is out of its range.
        """
        given = {
            name: value
            for name, value in (("probes", self.probes), ("candidates", self.candidates))
            if value is not None
        }
        from pixie.index.base import ANY

        known = index.settings.AT_SEARCH
        for name in given:
            if name not in known:
                raise InvalidInputError(
                    f"a search by the kind {index.kind} has no setting {name!r};"
                    f" it has: {', '.join(sorted(known)) or 'none'}",
                    fix="leave it out, or search by another kind",
                    item=name,
                )
        used = index.settings.at_search(given, index.tuned.get(modality or ANY, {})).as_dict()
        return {name: value for name in sorted(known) if (value := used[name]) is not None}


class OvertakenError(Exception):
    """A row that was found belongs to no item any more: a commit came in between."""


def find_hits(
    store: Store,
    index: Index,
    direction: Direction,
    page: Page,
    allow: npt.NDArray[np.bool_] | None,
    settings: Mapping[str, int] | None = None,
    explain: bool = False,
    whole: bool = False,
) -> tuple[tuple[Hit, ...], Explanation | None]:
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
    settings
        Of the index, for this search alone.
    explain
        Whether to say what was looked at: by the last time the index was asked, of ``searches`` times.
    whole
        Whether the hits must be of one moment, or else rows that were removed meanwhile are left out.

    Raises
    ------
    OvertakenError
        They are to be, and are not: the index is to be asked again, with all that was committed.
    """
    rows = len(index)
    wanted = page.offset + page.k
    # Items may own several vectors, so k of them may need more than k rows; most own one.
    fetch = wanted + (direction.left_out is not None)
    query: dict[str, Any] = {"modality": direction.modality, "allow": allow, **(settings or {})}
    explanation = None
    searches = 0
    while True:
        searches += 1
        fetch = max(1, min(fetch, rows))
        if explain:
            nearest, scores, explanation = index.explain(direction.vector[None], fetch, **query)
            explanation = replace(explanation, facts={**explanation.facts, "searches": searches})
        else:
            nearest, scores = index.search(direction.vector[None], fetch, **query)
        found = nearest[0] >= 0
        if page.min_score is not None:
            found &= scores[0] >= page.min_score
        exhausted = fetch >= rows or not found.all()
        # One moment for both, so that what is counted as a hit is there to be returned.
        with store.reading() as connection:
            best = _best_by_item(
                connection, nearest[0][found].tolist(), scores[0][found].tolist(), direction.left_out, whole
            )
            if exhausted or len(best) >= wanted:
                return tuple(_hits(connection, best[page.offset : wanted])), explanation
        fetch = 2 * fetch


def _best_by_item(
    connection: sqlite3.Connection, rows: list[int], scores: list[float], left_out: int | None, whole: bool
) -> list[tuple[int, float, Modality]]:
    """Item number, score and modality of each item's best row; `rows` come best first, and so do items."""
    owners = catalog.owners(connection, rows)
    if whole and len(owners) < len(rows):
        raise OvertakenError
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


_LARGEST = (1 << 31) - 1
"""Of hits asked for or left out, as Java counts them."""


def _whole(value: object, name: str, smallest: int) -> int:
    try:
        number = smallest - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = smallest - 1
    if not smallest <= number <= _LARGEST:
        raise InvalidInputError(
            f"{name} is {value!r}", fix=f"give a whole number from {smallest} to {_LARGEST}", item=name
        ) from None
    return number
