"""The index over a collection's vectors, kept in step with its commits."""

from __future__ import annotations

import contextlib
import threading
import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.errors import ClosedError, CollectionError, InvalidInputError
from pixie.index import load_index, make_index
from pixie.index.arrays import stamp
from pixie.tuning import tune_after_build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pixie.index.base import Index
    from pixie.query_log import QueryLog
    from pixie.store import Store

_SAVE_AGAIN_SHARE = 0.1
"""Share of rows that a saved index may lack before it is saved again: adding them when it is opened costs
a tenth of building it."""

_MAP_AGAIN_SHARE = 0.125
"""Share of rows that may be copies in memory before all are mapped anew, which gives their memory back."""


_PATIENCE_SECONDS = 10.0
"""Time that saving waits for an index that is being fitted or tuned: without, the saved one would not be."""

_TRIES = 3
"""Times that a saved index is looked at: its writer may be replacing it, or have committed meanwhile."""


@dataclass(frozen=True, slots=True)
class _Held:
    """An index and what it has, replaced as one.

    ``generation`` is that of the commits it has, ``covered`` how many rows, of which the first ``mapped`` are
    not copies; ``saved`` is how many rows the folder's has, whose header has the ``stamp``, and
    ``saved_means`` the means it knows.
    """

    index: Index
    generation: int
    covered: int
    mapped: int
    saved: int
    saved_means: object
    stamp: object


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
        self._held: _Held | None = None
        self._updating = threading.Lock()

    def current(self) -> Index:
        """The index with everything in it that was committed before the call.

        Raises
        ------
        CollectionError
            ``damaged`` when the vector file is.
        """
        state = self._store.state()
        held = self._held
        if held is not None and state.generation <= held.generation:
            return held.index
        with self._updating:
            return self._updated(self._held).index

    def rebuild(self) -> bool:
        """Build it from the vectors whatever is saved, and save it; whether it is of a size to be saved."""
        with self._updating:
            self._updated(None, load=False)
        return self.save_if_stale()

    def tune(self, tuned: dict[str, Any]) -> None:
        """Give searches these settings from now on, where nothing else says them; see `Index.tuned`."""
        with self._updating:
            self._tuned = tuned
            if self._held is not None:
                self._take_tuning(self._held.index)

    def save_if_stale(self) -> bool:
        """Save it, unless what is saved lacks little or building it costs next to nothing.

        Gives whether the index is of a size to be saved.
        """
        smallest = getattr(self._empty().settings, "exact_below", None)
        if self._folder is None or smallest is None or self._store.state().rows < smallest:
            return False
        with self._updating:
            held = self._updated(self._held)
            held.index.learn()
            held.index.settle(_PATIENCE_SECONDS)
            means = held.index.stats().get("means")
            if held.covered - held.saved > _SAVE_AGAIN_SHARE * held.saved or means != held.saved_means:
                held.index.save(self._folder, vectors=False)
                self._held = replace(held, saved=held.covered, saved_means=means, stamp=stamp(self._folder))
        return True

    def close(self) -> None:
        """Keep what was learnt of the queries; never raises."""
        if self._held is not None and self._log is not None:
            self._log.save_means(self._held.index.query_sums())

    def stats(self) -> dict[str, Any] | None:
        """The index's facts; None while nothing has asked for it."""
        return None if self._held is None else self._held.index.stats()

    def _empty(self) -> Index:
        return make_index(self.kind, self._store.dimension, **self._settings)

    def _updated(self, held: _Held | None, load: bool = True) -> _Held:
        """What is held, with what was committed since, or a newer index that was saved meanwhile."""
        try:
            # Nothing of it counts until all of it came through.
            if load and self._folder is not None and (held is None or stamp(self._folder) != held.stamp):
                held = self._loaded(held)
            held = self._with_changes(self._built() if held is None else held)
        except InvalidInputError as error:
            raise CollectionError(
                f"{self._store.folder} is damaged: {error.message}",
                fix="restore vectors.f32 from a backup, or index into a new collection",
                code="damaged",
            ) from error
        self._held = held
        return held

    def _with_changes(self, held: _Held) -> _Held:
        """What is held, with the commits that it does not have yet."""
        changes = self._store.changes(held.generation)
        index, rows, mapped = held.index, changes.state.rows, held.mapped
        if rows > held.covered:
            vectors = self._store.vectors.rows(rows)
            # Some may be in already, by a call that failed halfway.
            covered = max(held.covered, index.positions)
            index.add(np.arange(covered, rows), vectors[covered:])
            if rows - mapped > _MAP_AGAIN_SHARE * rows:
                index.rest_on(vectors)
                mapped = rows
        if changes.removed:
            index.remove(np.array(changes.removed))
        return replace(held, generation=changes.state.generation, covered=rows, mapped=mapped)

    def _built(self) -> _Held:
        """One from scratch, tuned to these vectors and the queries of the past."""
        rows = self._store.state().rows
        index = self._empty()
        self._teach(index)
        index.fit(self._store.vectors.rows(rows))
        self._tune_built(index)
        index.after_refit = _while_alive(self._tune_built)
        folder = self._folder
        return _Held(index, -1, rows, rows, 0, None, None if folder is None else stamp(folder))

    def _loaded(self, held: _Held | None) -> _Held | None:
        """The saved index; what is held already where there is none of use."""
        assert self._folder is not None
        for _ in range(_TRIES if self._folder.is_dir() else 0):
            found = self._found(self._folder)
            if found is not None:
                if held is not None:
                    found.index.teach(held.index.query_sums())
                return found
        # Not looked at again until it is replaced.
        return None if held is None else replace(held, stamp=stamp(self._folder))

    def _found(self, folder: Path) -> _Held | None:
        """What is saved, or None when it can't be read, is of other settings, or is ahead of the store."""
        saved_at = stamp(folder)
        rows = self._store.state().rows
        try:
            index = load_index(folder, self._store.vectors.rows(rows))
        except (CollectionError, InvalidInputError):
            return None
        wanted = self._empty()
        if (index.kind, index.settings) != (wanted.kind, wanted.settings):
            return None
        # The items may have been restored from a backup that is older than the index.
        if not np.isin(index.removed_rows(), np.array(self._store.changes(-1).removed, np.int64)).all():
            return None
        self._teach(index)
        self._take_tuning(index)
        index.after_refit = _while_alive(self._tune_built)
        covered = index.positions
        return _Held(index, -1, covered, covered, covered, index.stats().get("means"), saved_at)

    def _teach(self, index: Index) -> None:
        if self._log is not None:
            index.teach(self._log.means())

    def _tune_built(self, index: Index) -> None:
        logged = {} if self._log is None else self._log.by_modality()
        # In the background it may be closed meanwhile: then nobody searches any more.
        with contextlib.suppress(ClosedError):
            tune_after_build(self._store, index, logged)
        self._take_tuning(index)

    def _take_tuning(self, index: Index) -> None:
        """Settings that were asked for by hand, as long as there are the buckets they were found for."""
        if self._tuned is None:
            return
        tuned = dict(self._tuned)
        if tuned.pop("buckets", None) == index.stats().get("buckets"):
            index.tuned = index.settings.checked_tuning(tuned)


def _while_alive(method: Callable[[Index], None]) -> Callable[[Index], None]:
    """Call a method as long as its object is used: an index must not keep what keeps it, and files open."""
    weak = weakref.WeakMethod(method)

    def call(index: Index) -> None:
        alive = weak()
        if alive is not None:
            alive(index)

    return call
