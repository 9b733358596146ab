"""Layers of random-hyperplane hash tables: how they are drawn, and how they rank rows for a query.

A table cuts the space by `bits` hyperplanes through the mean of the rows, so a row's bucket is the sign
pattern of its projections (Charikar 2002). Two things make the layers far better than the textbook form on
CLIP vectors:

*Hyperplanes are differences of random pairs of rows*, made orthogonal within a table, instead of Gaussian
directions: they point where the rows spread (CLIP vectors spread in some tens of 768 directions).

*A bucket is ranked by the mean of its members*, ``q . mean(bucket)``, which is the mean score of the rows in
it, instead of by the distance of q to the hyperplanes: that is right for queries that lie elsewhere than the
rows, as texts do. Summed over the tables, the bucket scores of a row rank rows one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.index.growing import Growing

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows

MAX_BUCKETS = 1 << 16
"""Buckets of all tables together: their numbers are kept as uint16."""

_SAMPLE_ROWS = 16384
"""Rows the mean is taken over: its error is 1/128 of the rows' spread."""

_ENCODED_AT_ONCE = 8192
"""Rows projected by one product, 25 MB at 768 dimensions."""


@dataclass(frozen=True)
class HashTables:
    """Tables over the first rows of an index, and the codes of all of them. Immutable; searches share it.

    Attributes
    ----------
    centre
        float32 (dim,): mean of the rows.
    planes
        float32 (tables * bits, dim): unit normals, orthogonal within a table.
    means
        float32 (tables * buckets, dim): mean of the members of every bucket; `centre` for an empty one.
    order
        int32 (tables, listed): the positions of each table, bucket by bucket.
    starts
        int64 (tables * buckets + 1,): where each bucket's members start in `order`, flattened.
    codes
        uint16 (n, tables): the bucket of every row in every table, counted over all tables. Rows that came
        after the fit have codes too, but stand in no bucket's list.
    """

    centre: npt.NDArray[np.float32]
    planes: FloatMatrix
    means: FloatMatrix
    order: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    codes: Growing

    @property
    def listed(self) -> int:
        """How many rows the buckets list."""
        return int(self.order.shape[1])

    @property
    def tables(self) -> int:
        """How many tables there are."""
        return int(self.order.shape[0])

    @property
    def buckets(self) -> int:
        """How many buckets a table has."""
        return len(self.means) // self.tables

    def extended(self, rows: Rows, first: int) -> HashTables:
        """These tables with the codes of the rows from position `first` on."""
        codes = self.codes
        for _, vectors in rows.chunks(_ENCODED_AT_ONCE, first):
            codes = codes.appended(encode(vectors, self.centre, self.planes, self.tables))
        return replace(self, codes=codes)

    def candidates(
        self, scores: npt.NDArray[np.float32], usable: Mask | None, probes: int, limit: int
    ) -> tuple[Positions, int]:
        """The positions that deserve an exact score.

        First the members of the best buckets, as many as `probes` a table, counted over all tables together,
        and every row that no bucket lists; then, of those, the `limit` with the highest sum of bucket scores.
        When a filter leaves fewer than `limit` of them, all usable rows are ranked.

        Parameters
        ----------
        scores
            float32 (tables * buckets,): ``means @ q``.
        usable
            bool over positions, or None for all.
        probes
            Buckets to open, a table.
        limit
            Most positions to return.

        Returns
        -------
        tuple
            Positions, ascending, and how many were ranked to choose them.
        """
        count = self.codes.count
        found = self._members(scores, probes)
        if usable is not None:
            found &= usable
        positions = np.flatnonzero(found)
        if len(positions) < limit:
            positions = np.arange(count) if usable is None else np.flatnonzero(usable)
        ranked = len(positions)
        if ranked > limit:
            # A product with ones adds up short rows ten times as fast as sum(axis=1).
            sums = scores[self.codes.values[positions]] @ np.ones(self.tables, np.float32)
            # In ascending order the rerank reads memory forwards, which costs a quarter less.
            positions = np.sort(positions[np.argpartition(sums, ranked - limit)[ranked - limit :]])
        return positions, ranked

    def _members(self, scores: npt.NDArray[np.float32], probes: int) -> Mask:
        """Booleans over positions: who stands in one of the best buckets, or in no bucket's list."""
        sizes = np.diff(self.starts)
        wanted = min(probes * self.tables, len(scores))
        best = np.argpartition(np.where(sizes > 0, scores, -np.inf), len(scores) - wanted)[-wanted:]
        sizes = sizes[best]
        ends = np.cumsum(sizes)
        # Places in `order` of all members of all chosen buckets, without a loop over the buckets.
        places = np.arange(ends[-1]) + np.repeat(self.starts[best] - (ends - sizes), sizes)
        found = np.zeros(self.codes.count, np.bool_)
        found[self.order.ravel()[places]] = True
        found[self.listed :] = True
        return found

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The tables as named arrays."""
        return {
            "centre": self.centre,
            "planes": self.planes,
            "means": self.means,
            "order": self.order,
            "starts": self.starts,
            "codes": self.codes.values,
        }

    @classmethod
    def of(cls, arrays: dict[str, npt.NDArray[Any]], rows: Rows) -> HashTables:
        """The tables again from `arrays`; ValueError when they do not fit together or to `rows`."""
        parts: dict[str, Any] = {**arrays, "codes": Growing.holding(arrays["codes"])}
        tables = cls(**parts)
        count, buckets = tables.tables, tables.buckets
        shapes = {
            "centre": (rows.dim,),
            "planes": (count * (buckets.bit_length() - 1), rows.dim),
            "means": (count * buckets, rows.dim),
            "starts": (count * buckets + 1,),
            "codes": (len(rows), count),
        }
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise ValueError(f"{name} has the shape {arrays[name].shape} instead of {shape}")
        if tables.listed > len(rows) or tables.starts[-1] != tables.order.size:
            raise ValueError("the buckets list other rows than the index holds")
        return tables


def fit_tables(rows: Rows, tables: int, bits: int, seed: int) -> HashTables:
    """Tables over all of `rows`; `bits` is lowered to the dimension where that is smaller."""
    bits = min(bits, rows.dim)
    generator = np.random.default_rng(seed)
    count = len(rows)
    sample = rows.take(np.sort(generator.choice(count, min(count, _SAMPLE_ROWS), replace=False)))
    centre = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    planes = _planes(sample, tables, bits, generator)
    codes = np.empty((count, tables), np.uint16)
    for start, vectors in rows.chunks(_ENCODED_AT_ONCE):
        codes[start : start + len(vectors)] = encode(vectors, centre, planes, tables)
    order = np.empty((tables, count), np.int32)
    for table in range(tables):
        order[table] = np.argsort(codes[:, table], kind="stable")
    sizes = np.bincount(codes.ravel(), minlength=tables << bits)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    means = _means(rows, order.ravel(), starts, centre)
    return HashTables(centre, planes, means, order, starts, Growing.holding(codes))


def encode(
    vectors: FloatMatrix, centre: npt.NDArray[np.float32], planes: FloatMatrix, tables: int
) -> npt.NDArray[np.uint16]:
    """The bucket of each vector in each table, counted over all tables."""
    bits = len(planes) // tables
    signs = (vectors - centre) @ planes.T > 0
    weights = (1 << np.arange(bits)).astype(np.float32)
    # Sums of powers of two below 2^24 are exact in float32, and the product runs in BLAS.
    buckets = signs.reshape(len(vectors), tables, bits).astype(np.float32) @ weights
    numbered: npt.NDArray[np.uint16] = (buckets + np.arange(tables) * (1 << bits)).astype(np.uint16)
    return numbered


def _planes(sample: FloatMatrix, tables: int, bits: int, generator: np.random.Generator) -> FloatMatrix:
    pairs = generator.integers(0, len(sample), (2, tables * bits))
    normals: FloatMatrix = sample[pairs[0]] - sample[pairs[1]]
    # Equal rows have no difference; any direction serves in its place.
    same = np.linalg.norm(normals, axis=1) < 1e-6
    normals[same] = generator.standard_normal((int(same.sum()), sample.shape[1]))
    unit = np.empty_like(normals)
    for start in range(0, len(normals), bits):
        unit[start : start + bits] = np.linalg.qr(normals[start : start + bits].T)[0].T
    return unit


def _means(
    rows: Rows, order: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], centre: npt.NDArray[np.float32]
) -> FloatMatrix:
    means = np.empty((len(starts) - 1, rows.dim), np.float32)
    for bucket, (start, end) in enumerate(pairwise(starts.tolist())):
        # A loop over buckets reads each row once a table and is 8 times as fast as np.add.reduceat down
        # columns.
        means[bucket] = rows.take(order[start:end]).mean(axis=0) if end > start else centre
    return means
