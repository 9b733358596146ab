"""Which rows are equal, so that a graph holds each vector once.

Equal rows are each other's nearest neighbours: more of them than a node has edges make an island in a graph
that no search comes to, however long it looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows

_CHUNK = 2048


@dataclass(frozen=True)
class Distinct:
    """The different vectors among the first positions of some rows, numbered in the order they came.

    Attributes
    ----------
    keys
        uint64 (n,), equal for equal rows, and for hardly any others.
    nodes
        int32 (n,), the number of the vector at each position.
    count
        How many vectors there are.
    """

    keys: npt.NDArray[np.uint64]
    nodes: npt.NDArray[np.int32]
    count: int

    @classmethod
    def none(cls) -> Distinct:
        """No vector."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.int32), 0)

    def extended(self, rows: Rows) -> tuple[Distinct, Positions]:
        """These and all later positions of `rows`; and where the vectors stand that are new."""
        first = len(self.nodes)
        fresh = [_keys(part) for _, part in rows.chunks(_CHUNK, first)]
        keys = np.concatenate([self.keys, *fresh])
        added = np.arange(first, len(rows))
        order = np.argsort(keys, kind="stable")
        # The lowest position of each key: it is never one that was taken for equal to another.
        lowest = order[np.searchsorted(keys[order], keys[first:])]
        again = np.flatnonzero(lowest < added)
        for start in range(0, len(again), _CHUNK):
            part = again[start : start + _CHUNK]
            equal = (rows.take(added[part]) == rows.take(lowest[part])).all(axis=1)
            lowest[part[~equal]] = added[part[~equal]]
        new = lowest == added
        nodes = np.concatenate([self.nodes, np.empty(len(added), np.int32)])
        nodes[first:][new] = self.count + np.arange(np.count_nonzero(new))
        nodes[first:][~new] = nodes[lowest[~new]]
        return Distinct(keys, nodes, self.count + int(np.count_nonzero(new))), added[new]

    @cached_property
    def _members(self) -> tuple[Positions, Positions]:
        order = np.argsort(self.nodes, kind="stable")
        ends = np.cumsum(np.bincount(self.nodes, minlength=self.count))
        return order, np.concatenate([[0], ends])

    def usable(self, usable: Mask) -> Mask:
        """Whether any position of each vector is usable, bool (count,)."""
        usable = usable[: len(self.nodes)]
        if self.count == len(self.nodes):
            return usable
        found = np.zeros(self.count, np.bool_)
        found[self.nodes[usable]] = True
        return found

    def positions(self, nodes: Positions, usable: Mask | None) -> Positions:
        """The usable positions at which some vectors stand."""
        if self.count == len(self.nodes):
            return nodes
        order, starts = self._members
        found = np.concatenate([nodes[:0], *(order[starts[node] : starts[node + 1]] for node in nodes)])
        return found if usable is None else found[usable[found]]


def _keys(rows: FloatMatrix) -> npt.NDArray[np.uint64]:
    """A number for each row by its bits: sums in whole numbers, which do not depend on how many rows come."""
    factors = np.random.default_rng(0).integers(0, 1 << 63, rows.shape[1], np.uint64) * 2 + 1
    bits = np.ascontiguousarray(rows).view(np.uint32)
    keys: npt.NDArray[np.uint64] = (bits * factors).sum(axis=1, dtype=np.uint64)
    return keys
