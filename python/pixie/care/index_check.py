"""Whether the index that is saved is whole and belongs to the vectors, and whether every vector is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixie import catalog
from pixie.errors import CollectionError, InvalidInputError
from pixie.index import arrays, load_index
from pixie.index.consistency import misfits

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from pixie.care.findings import Findings
    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.store import Store

    Rows = npt.NDArray[np.int64]

_TRIES = 3
"""Times that a saved index is read: its writer may replace it meanwhile."""

_K = 10
_ALL = 1 << 16
"""Setting of a search that leaves nothing out, where the kind has one."""

_SLACK = 1e-5
"""How far apart the scores of equal vectors may lie, which sum in another order."""


def check_saved(folder: Path, store: Store, findings: Findings) -> None:
    """Every byte of the index that is saved, if one is, by its CRC32, and what it says of the vectors."""
    for last in (False,) * (_TRIES - 1) + (True,):
        before = arrays.stamp(folder)
        if before is None:
            return
        found = _Found()
        _check_once(folder, store, found)
        if not found.remarks or last or arrays.stamp(folder) == before:
            for message, row in found.remarks:
                findings.add("index_damaged", message, "run: pixie repair, or: pixie reindex", row=row)
            return


class _Found:
    def __init__(self) -> None:
        self.remarks: list[tuple[str, int | None]] = []


def _check_once(folder: Path, store: Store, found: _Found) -> None:
    try:
        arrays.verify(folder)
        index = load_index(folder, store.vectors.rows(store.state().rows))
    except (CollectionError, InvalidInputError) as error:
        found.remarks.append((error.message, None))
        return
    dead = np.array(store.changes(-1).removed, np.int64)
    for row in np.setdiff1d(index.removed_rows(), dead):
        found.remarks.append((f"row {row} is removed in the index, and not in the collection", int(row)))
    found.remarks += [(f"row {row} {why}", row) for row, why in misfits(index)]


def missed_rows(index: Index, store: Store, rows: Rows, modality: Modality) -> Rows:
    """Those of some rows of a modality that a search by their own vectors does not find.

    A row is found when it is among the first hits, or a hit scores as high as it would. One that the index
    misses as it searches is looked for again by as wide a search as it can make: an approximate index may
    miss, a sound one then finds. Rows that were removed meanwhile are not missed.
    """
    vectors = store.vectors.rows(int(rows.max()) + 1)[rows]
    missed = _missed(index, vectors, rows, modality, {})
    if missed.any():
        free = {name: index.settings.RANGES[name] for name in index.settings.AT_SEARCH}
        widest = {name: min(high, _ALL) for name, (_, high) in free.items()}
        at = np.flatnonzero(missed)
        missed[at] = _missed(index, vectors[at], rows[at], modality, widest)
    if missed.any():
        with store.reading() as connection:
            owned = catalog.owners(connection, rows[missed].tolist())
        missed[missed] = [int(row) in owned for row in rows[missed]]
    return rows[missed]


def _missed(
    index: Index, vectors: npt.NDArray[np.float32], rows: Rows, modality: Modality, settings: dict[str, int]
) -> npt.NDArray[np.bool_]:
    found, scores = index.search(vectors, _K, modality, **settings)
    own = np.einsum("ij,ij->i", vectors, vectors)
    itself = (found == rows[:, None]).any(axis=1)
    missed: npt.NDArray[np.bool_] = ~(itself | (scores[:, 0] >= own - _SLACK))
    return missed
