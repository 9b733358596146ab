"""Clusters of rows by k-means, in two levels where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixie.index.layered import MOST_BUCKETS
from pixie.index.routers import Centres, TwoLevelCentres, nearest_centres, with_halves

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

BUCKETS_PER_ROOT = 2.3
"""Clusters, as a multiple of the square root of the rows."""

ONE_LEVEL = 4096
"""Clusters that are fitted in one level at most, as many as three million rows have: all rows are compared
with all centres then, while two levels look at twice the root of these."""

_DIMENSIONS = 64
"""Strongest components that rows are compared by: with all 768 the scan is no shorter."""

_ITERATIONS = 5
_ROWS_A_CLUSTER = 100


def clusters_for(rows: int) -> int:
    """How many clusters of these rows are searched fastest."""
    return min(MOST_BUCKETS, round(BUCKETS_PER_ROOT * float(np.sqrt(rows))))


def clusters(heads: Floats, number: int, seed: int, threads: int = 1) -> Centres | TwoLevelCentres:
    """Centres of `number` clusters, at most one a row, of rows with these heads; fitted to a sample."""
    number = max(1, min(number, len(heads)))
    chance = np.random.default_rng(seed)
    drawn = chance.permutation(len(heads))[: max(number * _ROWS_A_CLUSTER, 1)]
    sample = heads[np.sort(drawn), :_DIMENSIONS]
    if number > ONE_LEVEL:
        return _two_levels(sample, number, chance, threads)
    return Centres(with_halves(means_of_clusters(sample, number, chance, threads)))


def _two_levels(sample: Floats, number: int, chance: np.random.Generator, threads: int) -> TwoLevelCentres:
    """About `number` centres, of which every coarse cluster has as many as it has rows of the sample."""
    coarse = with_halves(means_of_clusters(sample, round(float(np.sqrt(number))), chance, threads))
    nearest = nearest_centres(sample, coarse, threads)
    levels, parents = [coarse], [np.full(len(coarse), -1.0, np.float32)]
    for parent in range(len(coarse)):
        members = sample[nearest == parent]
        if not len(members):
            # Rows that come later may be nearest to a cluster that has none of the sample.
            fine = coarse[parent : parent + 1]
        else:
            share = max(1, round(number * len(members) / len(sample)))
            fine = with_halves(means_of_clusters(members, min(share, len(members)), chance, threads))
        levels.append(fine)
        parents.append(np.full(len(fine), parent, np.float32))
    return TwoLevelCentres(np.hstack([np.vstack(levels), np.concatenate(parents)[:, None]]))


def means_of_clusters(sample: Floats, number: int, chance: np.random.Generator, threads: int = 1) -> Floats:
    """Means of `number` clusters of the rows of `sample`, by Lloyd's iterations from rows drawn at random."""
    centres = sample[chance.choice(len(sample), number, replace=False)]
    for _ in range(_ITERATIONS):
        members = nearest_centres(sample, with_halves(centres), threads)
        sizes = np.bincount(members, minlength=number)
        order = np.argsort(members, kind="stable")
        filled = np.flatnonzero(sizes)
        firsts = (np.cumsum(sizes) - sizes)[filled]
        sums = np.add.reduceat(sample[order], firsts, axis=0)
        centres = centres.copy()
        centres[filled] = sums / sizes[filled, None]
        # A cluster that lost its rows starts again at one.
        empty = np.flatnonzero(sizes == 0)
        centres[empty] = sample[chance.choice(len(sample), len(empty))]
    return centres
