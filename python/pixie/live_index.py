"""The index over a collection's vectors, kept in step with its commits."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie import catalog
from pixie.errors import CollectionError, InvalidInputError
from pixie.index import load_index, make_index

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.store import State, Store

_SAVE_AGAIN_SHARE = 0.1
"""Share of rows that a saved index may lack before it is saved again: adding them when it is opened costs
a tenth of building it."""


class LiveIndex:
    """An index that takes up what was committed, by this process or another, whenever it is asked for.

    What it holds in memory or in its folder is derived: it can be built from the vector file at any time, and
    is when the saved one is missing, damaged or older than it can be brought up from.

    Safe to call from any thread. Searches run on while one thread brings the index up to date; those that
    began before see the rows there were.

    Parameters
    ----------
    store
        Whose vectors to hold.
    kind, settings
        As `make_index` takes them; ``tuned`` among the settings is what `Index.tuned` becomes.
    folder
        Where it is saved; None for an index that is not.
    """

    def __init__(self, store: Store, kind: str, settings: dict[str, Any], folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder
        self.kind = kind
        self._tuned = settings.get("tuned")
        self._settings = {name: value for name, value in settings.items() if name != "tuned"}
        self._index: Index | None = None
        self._generation = -1
        self._covered = 0
        self._saved = 0
        self._updating = threading.Lock()
        self._masks: dict[Modality, npt.NDArray[np.bool_]] = {}

    def current(self) -> Index:
        """The index with everything in it that was committed before the call.

        Raises
        ------
        CollectionError
            ``damaged`` when the vector file is.
        """
        state = self._store.state()
        index = self._index
        if index is not None and state.generation <= self._generation:
            return index
        with self._updating:
            return self._updated()

    def rows_of(self, modality: Modality) -> npt.NDArray[np.bool_]:
        """A bool for each row number: True for the rows of `modality`, some of them perhaps removed."""
        state = self._store.state()
        with self._updating:
            known = self._masks.get(modality)
            covered = 0 if known is None else len(known)
            if known is None or covered < state.rows:
                grown = np.zeros(state.rows, np.bool_)
                with self._store.reading() as connection:
                    found = np.fromiter(catalog.rows_of_modality(connection, modality, covered), np.int64)
                if known is not None:
                    grown[:covered] = known
                grown[found[found < state.rows]] = True
                self._masks[modality] = known = grown
            return known

    def rebuild(self) -> bool:
        """Build it from the vectors whatever is saved, and save it; whether it is of a size to be saved."""
        with self._updating:
            self._updated(load=False)
            self._saved = 0
        return self.save_if_stale()

    def tune(self, tuned: dict[str, dict[str, int]]) -> None:
        """Give searches these settings from now on, where nothing else says them; see `Index.tuned`."""
        with self._updating:
            self._tuned = tuned
            if self._index is not None:
                self._index.tuned = tuned

    def save_if_stale(self) -> bool:
        """Save it, unless what is saved lacks few rows or building it costs next to nothing.

        Gives whether the index is of a size to be saved.
        """
        smallest = getattr(self._empty().settings, "exact_below", None)
        if self._folder is None or smallest is None or self._store.state().rows < smallest:
            return False
        index = self.current()
        with self._updating:
            if self._covered - self._saved > _SAVE_AGAIN_SHARE * self._saved:
                index.save(self._folder, vectors=False)
                self._saved = self._covered
        return True

    def stats(self) -> dict[str, Any] | None:
        """The index's facts; None while nothing has asked for it."""
        return None if self._index is None else self._index.stats()

    def _empty(self) -> Index:
        return make_index(self.kind, self._store.dimension, **self._settings)

    def _updated(self, load: bool = True) -> Index:
        changes = self._store.changes(self._generation)
        state = changes.state
        index = self._index
        try:
            if index is None and load:
                index = self._loaded(state)
            # Rows that are added one commit at a time are copied into memory; once they outnumber the mapped
            # ones, mapping anew gives that memory back.
            if index is None or state.rows - self._covered > self._covered:
                index = index or self._empty()
                index.fit(self._store.vectors.rows(state.rows))
                self._covered = state.rows
                changes = self._store.changes(-1)
            elif state.rows > self._covered:
                rows = np.arange(self._covered, state.rows)
                index.add(rows, self._store.vectors.rows(state.rows)[self._covered :])
                self._covered = state.rows
            if changes.removed:
                index.remove(np.array(changes.removed))
        except InvalidInputError as error:
            raise CollectionError(
                f"{self._store.folder} is damaged: {error.message}",
                fix="restore vectors.f32 from a backup, or index into a new collection",
                code="damaged",
            ) from error
        if self._tuned is not None:
            index.tuned = index.settings.checked_tuning(self._tuned)
        self._index, self._generation = index, state.generation
        return index

    def _loaded(self, state: State) -> Index | None:
        """The saved index, or None when there is none of use."""
        if self._folder is None or not self._folder.is_dir():
            return None
        try:
            index = load_index(self._folder, self._store.vectors.rows(state.rows))
        except (CollectionError, InvalidInputError):
            return None
        facts, wanted = index.stats(), self._empty()
        covered: int = facts["rows"] + facts["dead_rows"]
        if (index.kind, index.settings) != (wanted.kind, wanted.settings) or covered > state.rows:
            return None
        self._covered = self._saved = covered
        return index
