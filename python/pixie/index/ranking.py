"""The k best rows by exact cosine: blocked products to find them, float64 sums to score and order them.

A float32 matrix product rounds differently with the shape of the product, so the same row would score a few
1e-8 apart in two indexes, and equal rows would not tie. Products therefore only *find* rows: everything
within `ROUNDING` of the k-th best survives, is scored once more in float64, rounded to float32, and ordered
by score and then by row number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows

    Scores = npt.NDArray[np.float32]

ROUNDING = 1e-5
"""Twice what rounding can move a float32 product of unit vectors: under 2e-6 was seen at 1,024 dimensions."""

GATHER_BELOW = 0.3
"""Share of allowed rows below which they are gathered instead of scanning all rows: a gathered row costs
about 3.5 times a row read in order."""

SCORES_AT_ONCE = 1 << 22
"""Scores of one block (queries x rows): 16 MB, so that they stay in cache between product and selection."""

_RESCORED_ROWS = 2048

NO_COSINE = 1.01
"""Above what two vectors of norm 1, give or take the tolerance, can score."""


def best_rows(
    rows: Rows, queries: FloatMatrix, k: int, usable: Mask | None, block_rows: int
) -> tuple[Positions, Scores]:
    """The k best usable rows of each query, by scanning all of them.

    Parameters
    ----------
    rows
        The rows to search.
    queries
        float32 (q, dim).
    k
        How many rows to return for each query.
    usable
        bool over positions, or None for all.
    block_rows
        Rows scored by one product, at most.

    Returns
    -------
    tuple
        Row numbers, int64 (q, k), -1 where there are no more, and scores, float32 (q, k), -inf there.
    """
    return ranked(rows, queries, best_positions(rows, queries, k, usable, block_rows), k)


def best_positions(
    rows: Rows, queries: FloatMatrix, k: int, usable: Mask | None, block_rows: int, first: int = 0
) -> list[Positions]:
    """For each query every usable position, from `first` on, whose row may be among the k best of those."""
    best = [Best(k) for _ in range(len(queries))]
    size = max(256, min(block_rows, SCORES_AT_ONCE // max(1, len(queries))))
    for positions, vectors in _usable_blocks(rows, usable, size, first):
        # In this order a product with 2 to 16 queries takes half the time that it takes in the other.
        scores = np.ascontiguousarray((vectors @ queries.T).T)
        if usable is not None and isinstance(positions, int):
            scores[:, ~usable[positions : positions + len(vectors)]] = -np.inf
        for query, found in enumerate(best):
            found.offer(positions, scores[query])
    return [found.positions() for found in best]


def _usable_blocks(
    rows: Rows, usable: Mask | None, size: int, first: int
) -> Iterator[tuple[int | Positions, FloatMatrix]]:
    """Runs of rows with their first position, or the usable rows with their positions, from `first` on."""
    if usable is None or np.count_nonzero(usable[first:]) > GATHER_BELOW * (len(rows) - first):
        yield from rows.chunks(size, first)
        return
    positions = first + np.flatnonzero(usable[first:])
    for start in range(0, len(positions), size):
        part = positions[start : start + size]
        yield part, rows.take(part)


class Best:
    """What may still be among the k best of one query, as blocks of scores come in."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._floor = np.float32(-np.inf)
        self._positions: list[Positions] = []
        self._scores: list[Scores] = []
        self._held = 0

    def offer(self, positions: int | Positions, scores: Scores) -> None:
        """Take in the scores of a run that starts at a position, or of a vector of positions."""
        # False for NaN and -inf too: masked rows never enter, nor does one that was damaged on disk.
        above = np.flatnonzero((scores > self._floor) & (scores < NO_COSINE))
        if not above.size:
            return
        self._positions.append(above + positions if isinstance(positions, int) else positions[above])
        self._scores.append(scores[above])
        self._held += len(above)
        if self._held > self._k and (self._held >= 2 * self._k or np.isneginf(self._floor)):
            self._shrink()

    def positions(self) -> Positions:
        """Every position whose row may be among the k best, in no order."""
        self._shrink()
        return self._positions[0] if self._positions else np.empty(0, np.int64)

    def _shrink(self) -> None:
        if self._held <= self._k:
            self._positions = [np.concatenate(self._positions)] if self._positions else []
            self._scores = [np.concatenate(self._scores)] if self._scores else []
            return
        scores, positions = np.concatenate(self._scores), np.concatenate(self._positions)
        kth = np.partition(scores, len(scores) - self._k)[len(scores) - self._k]
        self._floor = np.float32(kth - ROUNDING)
        kept = scores > self._floor
        self._scores, self._positions = [scores[kept]], [positions[kept]]
        self._held = len(self._positions[0])


def ranked(rows: Rows, queries: FloatMatrix, candidates: list[Positions], k: int) -> tuple[Positions, Scores]:
    """Score candidate positions exactly: the k best of each query, best first, ties by lower row."""
    found = np.full((len(queries), k), -1, np.int64)
    scores = np.full((len(queries), k), -np.inf, np.float32)
    for query, positions in enumerate(candidates):
        cosines = _exact(rows, queries[query], positions)
        numbers = rows.numbers[positions]
        order = np.lexsort((numbers, -cosines))[:k]
        order = order[~np.isnan(cosines[order])]
        found[query, : len(order)] = numbers[order]
        scores[query, : len(order)] = cosines[order]
    return found, scores


def _exact(rows: Rows, query: npt.NDArray[np.float32], positions: Positions) -> Scores:
    exact = np.empty(len(positions), np.float32)
    wide = query.astype(np.float64)
    for start in range(0, len(positions), _RESCORED_ROWS):
        part = positions[start : start + _RESCORED_ROWS]
        exact[start : start + len(part)] = rows.take(part).astype(np.float64) @ wide
    # A stored unit row is a little longer or shorter than 1; a cosine is never beyond it.
    return np.clip(exact, -1.0, 1.0)
