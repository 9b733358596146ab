"""Walking a graph of faiss to the rows nearest a query, also among those that a filter allows.

A walk keeps a list of the nearest rows it came by, and what is on it decides how good a search is. A filter
leaves a share of them, which is that of all rows where these were drawn at random, and anything down to none
where they are alike and the query lies elsewhere. So the allowed rows on the list are counted, and a query
that has too few walks again with a longer list, for as long as that takes less time than scoring the rows
that are allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.index import faiss_library

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions

ENOUGH_OF_LIST = 0.2
"""Allowed rows on a list, as a share of its length without a filter, that are enough for the same recall."""

ENOUGH_OF_WANTED = 1.4
"""The same as a multiple of k."""

SPARE = 1.5
"""How many times as many allowed rows a list is made long enough for: some queries have fewer than others."""

LONGER = 2.0
"""How many times as long a list is made for a filter at least, unless almost all are allowed: the best k
allowed rows are further away than the best k, where a walk misses more."""

LONGEST_STEP = 8.0
"""How many times as long a list is made at once."""

KEPT = 5.0
"""Rows that are scored for one query, gathered first, in the time that a walk takes for one on its list."""

PRODUCT = 1 / 32
"""Time to score a row for one more query of a batch, as a share of gathering it and scoring it for one."""

_NODES_AT_ONCE = 1 << 20


class Walk:
    """Searches of one graph.

    Parameters
    ----------
    native
        The index of faiss.
    count
        How many nodes it has.
    wanted
        How many of them a search returns for each query.

    Attributes
    ----------
    kept
        Rows on the lists of all queries, walks that were repeated counted too.
    searched
        How many walks that were.
    """

    def __init__(self, native: Any, count: int, wanted: int) -> None:
        self._native = native
        self._count = count
        self._wanted = wanted
        self.kept = 0
        self.searched = 0

    def all(self, queries: FloatMatrix, ef: int) -> list[Positions]:
        """The nearest nodes to each query, as many as are wanted."""
        return [some[some >= 0] for some in self._nodes(queries, ef, self._wanted)]

    def among(
        self, queries: FloatMatrix, ef: int, k: int, usable: Mask, allowed: int
    ) -> list[Positions | None]:
        """The nearest usable nodes; None for queries that had better be compared with all allowed rows.

        Parameters
        ----------
        queries
            float32 (q, dim).
        ef
            How long the list would be without a filter.
        k
            How many rows are to be found in the end.
        usable
            bool over the nodes.
        allowed
            How many rows may be found.
        """
        found: list[Positions | None] = [None] * len(queries)
        enough = max(ENOUGH_OF_LIST * ef, ENOUGH_OF_WANTED * k)
        thinned = self._count / max(1, int(np.count_nonzero(usable)))
        length = max(ef * min(LONGER, thinned), SPARE * enough * thinned)
        waiting = np.arange(len(queries))
        while len(waiting) and self.pays(length, len(waiting), allowed):
            whole = min(int(length), self._count)
            step = max(1, _NODES_AT_ONCE // whole)
            held: list[int] = []
            for start in range(0, len(waiting), step):
                some = waiting[start : start + step]
                for query, nodes in zip(some, self._nodes(queries[some], whole, whole), strict=True):
                    hits = nodes[(nodes >= 0) & usable[nodes]]
                    held.append(len(hits))
                    if len(hits) >= enough or whole == self._count:
                        found[query] = hits[: self._wanted]
            few = np.array([found[query] is None for query in waiting])
            if few.any():
                more = SPARE * enough / max(1.0, float(np.median(np.array(held)[few])))
                length *= min(LONGEST_STEP, max(2.0, more))
            waiting = waiting[few]
        return found

    def pays(self, length: float, queries: int, allowed: int) -> bool:
        """Whether a walk takes less time than scoring all that are allowed."""
        return KEPT * length * queries < allowed * (1 + PRODUCT * queries)

    def _nodes(self, queries: FloatMatrix, ef: int, count: int) -> npt.NDArray[np.int64]:
        how = faiss_library.faiss().SearchParametersHNSW(efSearch=ef)
        _, nodes = self._native.search(queries, count, params=how)
        self.kept += ef * len(queries)
        self.searched += len(queries)
        found: npt.NDArray[np.int64] = nodes
        return found
