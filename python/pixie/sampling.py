"""Queries and indexes to measure with: rows of the collection, logged queries, and every kind of index."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie import catalog
from pixie.index import KINDS, kind_named, make_index
from pixie.index.measuring import Queries
from pixie.items import MODALITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.store import Store

    Floats = npt.NDArray[np.float32]

SEED = 0
"""The same rows are drawn each time, so that what was measured before and after a change can be compared."""

_DRAWN_AT_ONCE = 4
"""Rows drawn for each that is wanted: enough where most rows are alive and of the modality."""


def sampled_queries(store: Store, count: int, logged: Mapping[Modality, Floats]) -> dict[str, Queries]:
    """Queries by modality, in random order: vectors of the collection, and queries that were asked before.

    Parameters
    ----------
    store
        Whose vectors; a vector of a picture is a query of modality ``image``, one of a text ``text``.
    count
        How many vectors of a modality are drawn at most, and how many of its logged queries are taken.
    logged
        Logged queries of each modality, unit rows, the newest first; equal ones are taken once.

    Returns
    -------
    dict
        Only modalities of which there are queries.
    """
    drawn = _drawn_rows(store, count)
    vectors = store.vectors.rows(store.state().rows)
    queries: dict[str, Queries] = {}
    for modality in MODALITIES:
        rows = drawn[modality]
        asked = _distinct(logged.get(modality, vectors[:0]), count)
        found = Queries.of(np.array(vectors[rows]), rows) + Queries.of(asked)
        if len(found):
            mixed = np.random.default_rng(SEED).permutation(len(found))
            queries[modality] = Queries(found.vectors[mixed], found.own[mixed])
    return queries


def built(store: Store, kind: str, settings: Mapping[str, int]) -> tuple[Index, float]:
    """An index of the collection's vectors, in memory alone, and how many seconds fitting it took."""
    index = make_index(kind, store.dimension, **settings)
    began = time.perf_counter()
    changes = store.changes(-1)
    index.fit(store.vectors.rows(changes.state.rows))
    seconds = time.perf_counter() - began
    index.remove(np.array(changes.removed, np.int64))
    return index, seconds


def settings_for(kind: str, own_kind: str, own_settings: Mapping[str, Any]) -> dict[str, int]:
    """Settings to build `kind` with: a collection's own, or those of them that this kind has as well.

    Settings of a search are not taken over, since each kind means its own by them.
    """
    made = kind_named(kind).settings_type
    own = {name: value for name, value in own_settings.items() if name not in {"kind", "tuned"}}
    if kind == own_kind:
        return own
    shared = set(made().as_dict()) - made.AT_SEARCH
    return {name: value for name, value in own.items() if name in shared}


def kinds_wanted(kinds: Iterable[str] | None) -> list[str]:
    """The kinds to measure, each once: all there are when None.

    Raises
    ------
    InvalidInputError
        There is no such kind; the message names those there are.
    """
    return [kind_named(name).kind for name in dict.fromkeys(KINDS if kinds is None else kinds)]


def _drawn_rows(store: Store, count: int) -> dict[Modality, npt.NDArray[np.int64]]:
    random = np.random.default_rng(SEED)
    drawn: dict[Modality, list[int]] = {modality: [] for modality in MODALITIES}
    with store.reading() as connection:
        rows = store.state().rows
        some = random.permutation(rows) if rows <= _DRAWN_AT_ONCE * count else None
        if some is None:
            some = np.unique(random.integers(0, rows, _DRAWN_AT_ONCE * count))
            random.shuffle(some)
        owners = catalog.owners(connection, some.tolist())
        for row in some.tolist():
            if row in owners:
                drawn[owners[row][1]].append(row)
        for modality, found in drawn.items():
            if len(found) < count < rows:
                # A modality that few rows are of: all of those are looked through.
                all_rows = np.fromiter(catalog.rows_of_modality(connection, modality, 0), np.int64)
                found[:] = random.permutation(all_rows)[:count].tolist()
    return {modality: np.array(found[:count], np.int64) for modality, found in drawn.items()}


def _distinct(vectors: Floats, count: int) -> Floats:
    _, firsts = np.unique(vectors, axis=0, return_index=True)
    return np.ascontiguousarray(vectors[np.sort(firsts)[:count]])
