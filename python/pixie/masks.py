"""Masks: which rows of vectors a search may return."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from pixie.access_paths import access_for
from pixie.filters.condition import Condition
from pixie.filters.sql import condition

if TYPE_CHECKING:
    import sqlite3

    import numpy.typing as npt

    from pixie.filters import Filter
    from pixie.items import Modality
    from pixie.store import State, Store

    Mask = npt.NDArray[np.bool_]

_KEPT = 16
"""Masks of filters that are kept: 1 MB each at a million rows."""


class Masks:
    """Makes masks over row numbers, and keeps the newest ones until something is committed.

    A row past a mask's end was committed after it was made; indexes do not return such rows.

    Safe to call from any thread.

    Parameters
    ----------
    store
        The records.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._growing = threading.Lock()
        self._of_modality: dict[Modality, Mask] = {}
        self._kept: OrderedDict[tuple[Filter | None, Modality | None], tuple[int, Mask | None]] = (
            OrderedDict()
        )

    def allowed(self, where: Filter | None, target: Modality | None) -> Mask | None:
        """True for the rows of items that a filter matches, and of one modality; None where all are allowed.

        Rows of items whose files are missing never are.

        Parameters
        ----------
        where
            The filter, None for all items.
        target
            The modality, None for both.

        Raises
        ------
        InvalidInputError
            The filter compares a fact with a value of another kind.
        """
        key = where, target
        state = self._store.state()
        with self._guard:
            known = self._kept.get(key)
            if known is not None and known[0] == state.generation:
                self._kept.move_to_end(key)
                return known[1]
        with self._store.reading() as connection:
            made = self._made(connection, state, where, target)
        with self._guard:
            self._kept[key] = state.generation, made
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def _made(
        self, connection: sqlite3.Connection, state: State, where: Filter | None, target: Modality | None
    ) -> Mask | None:
        if where is None:
            hidden = _rows(connection, Condition("missing IS NOT NULL"), None, few=True)
            mask = None if target is None else self._modality(connection, state, target)
            if not hidden.size:
                return mask
            mask = np.ones(state.rows, np.bool_) if mask is None else mask.copy()
            mask[hidden[hidden < state.rows]] = False
            return mask
        access = access_for(connection, where, whole=True)
        matched = Condition("missing IS NULL") & condition(where, access)
        found = _rows(connection, matched, target, few=bool(access.used))
        mask = np.zeros(state.rows, np.bool_)
        mask[found[found < state.rows]] = True
        return mask

    def _modality(self, connection: sqlite3.Connection, state: State, target: Modality) -> Mask:
        """The rows of a modality, some of them perhaps removed: a row's modality never changes."""
        with self._growing:
            known = self._of_modality.get(target, np.zeros(0, np.bool_))
            if len(known) < state.rows:
                grown = np.zeros(state.rows, np.bool_)
                grown[: len(known)] = known
                found = _numbers(
                    connection,
                    Condition(
                        "SELECT group_concat(row) FROM vectors WHERE row >= ? AND modality = ?",
                        (len(known), target),
                    ),
                )
                grown[found[found < state.rows]] = True
                self._of_modality[target] = known = grown
            return known[: state.rows]


def _rows(
    connection: sqlite3.Connection, of: Condition, target: Modality | None, *, few: bool
) -> npt.NDArray[np.int64]:
    """Rows of the vectors of items for which something is true, which may be said to be few."""
    Condition.register(connection)
    kind = Condition("1") if target is None else Condition("modality = ?", (target,))
    # A list of numbers is put in order, and few rows are found so in a fifth of the time of a join; where all
    # items are read in order anyway, a join takes less.
    few_items = f"vectors WHERE item IN (SELECT number FROM items WHERE {of.sql})"  # noqa: S608
    items = few_items if few else f"items JOIN vectors ON item = number WHERE {of.sql}"
    return _numbers(
        connection,
        Condition(f"SELECT group_concat(row) FROM {items} AND {kind.sql}", of.values + kind.values),  # noqa: S608
    )


def _numbers(connection: sqlite3.Connection, asked: Condition) -> npt.NDArray[np.int64]:
    """Whole numbers that SQLite writes into one text: a million take 0.1 s so, and 0.4 s row by row."""
    (text,) = connection.execute(asked.sql, asked.values).fetchone()
    return np.fromstring(text or "", np.int64, sep=",")
