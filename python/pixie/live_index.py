"""The index over a collection's vectors, kept in step with its commits."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie import catalog
from pixie.errors import CollectionError, InvalidInputError
from pixie.index import load_index, make_index
from pixie.index.arrays import stamp
from pixie.tuning import tune_after_build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.query_log import QueryLog
    from pixie.store import State, Store

_SAVE_AGAIN_SHARE = 0.1
"""Share of rows that a saved index may lack before it is saved again: adding them when it is opened costs
a tenth of building it."""

_MAP_AGAIN_SHARE = 0.125
"""Share of rows that may be copies in memory before all are mapped anew, which gives their memory back."""


class LiveIndex:
    """An index that takes up what was committed, by this process or another, whenever it is asked for.

    What it holds in memory or in its folder is derived: it can be built from the vector file at any time, and
    is when the saved one is missing, damaged or older than it can be brought up from. A newer one that the
    writer, another process, saved meanwhile is taken in place of this one.

    Safe to call from any thread. Searches run on while one thread brings the index up to date; those that
    began before see the rows there were.

    Parameters
    ----------
    store
        Whose vectors to hold.
    kind, settings
        As `make_index` takes them; ``tuned`` among the settings is what `Index.tuned` becomes, with the
        number of ``buckets`` that it was found for.
    folder
        Where it is saved; None for an index that is not.
    log
        Past queries, by which it is tuned when it is built, and where the means of queries are kept.
    """

    def __init__(
        self,
        store: Store,
        kind: str,
        settings: Mapping[str, Any],
        folder: Path | None = None,
        log: QueryLog | None = None,
    ) -> None:
        self._store = store
        self._folder = folder
        self._log = log
        self.kind = kind
        self._tuned = settings.get("tuned")
        self._settings = {name: value for name, value in settings.items() if name != "tuned"}
        self._index: Index | None = None
        self._generation = -1
        self._covered = 0
        self._mapped = 0
        self._saved = 0
        self._saved_means: object = None
        self._stamp: object = None
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

    def tune(self, tuned: dict[str, Any]) -> None:
        """Give searches these settings from now on, where nothing else says them; see `Index.tuned`."""
        with self._updating:
            self._tuned = tuned
            if self._index is not None:
                self._take_tuning(self._index)

    def save_if_stale(self) -> bool:
        """Save it, unless what is saved lacks little or building it costs next to nothing.

        Gives whether the index is of a size to be saved.
        """
        smallest = getattr(self._empty().settings, "exact_below", None)
        if self._folder is None or smallest is None or self._store.state().rows < smallest:
            return False
        index = self.current()
        with self._updating:
            lacks_rows = self._covered - self._saved > _SAVE_AGAIN_SHARE * self._saved
            index.learn()
            if lacks_rows or index.stats().get("means") != self._saved_means:
                index.save(self._folder, vectors=False)
                self._saved, self._stamp = self._covered, stamp(self._folder)
                self._saved_means = index.stats().get("means")
        return True

    def close(self) -> None:
        """Keep what was learnt of the queries; never raises."""
        if self._index is not None and self._log is not None:
            self._log.save_means(self._index.query_sums())

    def stats(self) -> dict[str, Any] | None:
        """The index's facts; None while nothing has asked for it."""
        return None if self._index is None else self._index.stats()

    def _empty(self) -> Index:
        return make_index(self.kind, self._store.dimension, **self._settings)

    def _updated(self, load: bool = True) -> Index:
        changes = self._store.changes(self._generation)
        state = changes.state
        index = self._index if load else None
        try:
            if load and self._is_outdated():
                newer = self._loaded(state)
                if newer is not None:
                    index, changes = newer, self._store.changes(-1)
            if index is None:
                index = self._built(state)
                changes = self._store.changes(-1)
            elif state.rows > self._covered:
                vectors = self._store.vectors.rows(state.rows)
                index.add(np.arange(self._covered, state.rows), vectors[self._covered :])
                self._covered = state.rows
                if state.rows - self._mapped > _MAP_AGAIN_SHARE * state.rows:
                    index.rest_on(vectors)
                    self._mapped = state.rows
            if changes.removed:
                index.remove(np.array(changes.removed))
        except InvalidInputError as error:
            raise CollectionError(
                f"{self._store.folder} is damaged: {error.message}",
                fix="restore vectors.f32 from a backup, or index into a new collection",
                code="damaged",
            ) from error
        self._index, self._generation = index, state.generation
        return index

    def _is_outdated(self) -> bool:
        """Whether what is saved is not what this came from."""
        return self._folder is not None and stamp(self._folder) != self._stamp

    def _built(self, state: State) -> Index:
        """One from scratch, tuned to these vectors and the queries of the past."""
        index = self._empty()
        self._teach(index)
        index.fit(self._store.vectors.rows(state.rows))
        self._covered = self._mapped = state.rows
        self._tune_built(index)
        index.after_refit = self._tune_built
        return index

    def _loaded(self, state: State) -> Index | None:
        """The saved index, or None when there is none of use."""
        assert self._folder is not None
        self._stamp = stamp(self._folder)
        try:
            index = load_index(self._folder, self._store.vectors.rows(state.rows))
        except (CollectionError, InvalidInputError):
            return None
        facts, wanted = index.stats(), self._empty()
        covered: int = facts["rows"] + facts["dead_rows"]
        if (index.kind, index.settings) != (wanted.kind, wanted.settings) or covered > state.rows:
            return None
        self._covered = self._mapped = self._saved = covered
        self._saved_means = facts.get("means")
        self._teach(index)
        self._take_tuning(index)
        index.after_refit = self._tune_built
        if covered < state.rows:
            index.add(np.arange(covered, state.rows), self._store.vectors.rows(state.rows)[covered:])
            self._covered = state.rows
        return index

    def _teach(self, index: Index) -> None:
        if self._log is not None:
            index.teach(self._log.means())

    def _tune_built(self, index: Index) -> None:
        logged = {} if self._log is None else self._log.by_modality()
        tune_after_build(self._store, index, logged)
        self._take_tuning(index)

    def _take_tuning(self, index: Index) -> None:
        """Settings that were asked for by hand, as long as there are the buckets they were found for."""
        if self._tuned is None:
            return
        tuned = dict(self._tuned)
        if tuned.pop("buckets", None) == index.stats().get("buckets"):
            index.tuned = index.settings.checked_tuning(tuned)
