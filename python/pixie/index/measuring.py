"""What settings of a search give on some queries: the share of the true neighbours found, and the time."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pixie.index.exact import BLOCK_ROWS
from pixie.index.ranking import best_rows
from pixie.index.recall import recalls

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.index.rows import FloatMatrix, Positions

SCAN = "exact scan"
"""How an index searches that looks at every row, in the words of `Explanation.search`."""

ALONE = 32
"""Queries that are timed one by one."""


@dataclass(frozen=True)
class Queries:
    """Queries to measure with.

    Attributes
    ----------
    vectors
        Unit rows, float32 (q, dim).
    own
        int64 (q,): the row of the index that a query is a copy of, which is no neighbour of itself; -1 for
        none.
    """

    vectors: FloatMatrix
    own: Positions

    @classmethod
    def of(cls, vectors: FloatMatrix, own: Positions | None = None) -> Queries:
        """Queries that are no rows of the index, unless `own` says which."""
        return cls(vectors, np.full(len(vectors), -1, np.int64) if own is None else own)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.vectors)

    def __add__(self, others: Queries) -> Queries:
        """These and then those."""
        return Queries(np.concatenate([self.vectors, others.vectors]), np.concatenate([self.own, others.own]))

    def part(self, which: slice) -> Queries:
        """Some of them."""
        return Queries(self.vectors[which], self.own[which])


@dataclass(frozen=True)
class Sample:
    """Queries of one modality with the k rows that are truly nearest to each, int64 (q, k)."""

    modality: str
    queries: Queries
    k: int
    true: Positions

    @classmethod
    def of(cls, index: Index, modality: str, queries: Queries, k: int) -> Sample:
        """Find what is true by scanning all rows of `index`, whatever its kind."""
        rows = index._state.rows
        found, _ = best_rows(rows, queries.vectors, k + 1, rows.usable(None), BLOCK_ROWS)
        return cls(modality, queries, k, _others(found, queries.own, k))

    def part(self, which: slice) -> Sample:
        """Some of the queries."""
        return Sample(self.modality, self.queries.part(which), self.k, self.true[which])

    def found(self, index: Index, settings: Mapping[str, int]) -> Positions:
        """The k rows that a search with these settings finds for each query, its own row left out."""
        rows, _ = index.search(self.queries.vectors, self.k + 1, self.modality, **settings)
        return _others(rows, self.queries.own, self.k)

    def recalls(self, index: Index, settings: Mapping[str, int]) -> npt.NDArray[np.float64]:
        """Of each query with a neighbour to find the share of those that are found."""
        return recalls(self.found(index, settings), self.true)

    def way(self, index: Index) -> str:
        """How `index` answers these queries: `SCAN` when it looks at every row, whatever the settings."""
        return index.explain(self.queries.vectors[:1], self.k, self.modality)[2].search


def mean_recall(shares: npt.NDArray[np.float64]) -> float:
    """The mean of the queries' recalls; 1 when none had a neighbour to find."""
    return float(shares.mean()) if shares.size else 1.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Queries a second when all are asked at once, and the median milliseconds of one asked alone."""

    queries_per_second: float
    milliseconds: float

    def best(self, other: Speed | None) -> Speed:
        """The better of each, since what else a machine does only ever makes a search slower."""
        if other is None:
            return self
        return Speed(
            max(self.queries_per_second, other.queries_per_second),
            min(self.milliseconds, other.milliseconds),
        )


def batch_seconds(index: Index, sample: Sample, settings: Mapping[str, int]) -> float:
    """Wall time of one search for all queries."""
    began = time.perf_counter()
    index.search(sample.queries.vectors, sample.k, sample.modality, **settings)
    return time.perf_counter() - began


def speed(index: Index, sample: Sample, settings: Mapping[str, int]) -> Speed:
    """Time these settings once: all queries together, then up to `ALONE` of them one by one."""
    together = batch_seconds(index, sample, settings)
    alone = []
    for query in sample.queries.vectors[:ALONE, None]:
        began = time.perf_counter()
        index.search(query, sample.k, sample.modality, **settings)
        alone.append(time.perf_counter() - began)
    return Speed(len(sample.queries) / together, statistics.median(alone) * 1e3)


def _others(found: Positions, own: Positions, k: int) -> Positions:
    itself = (found == own[:, None]) & (own[:, None] >= 0)
    kept = np.argsort(itself, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(found, kept, axis=1)
