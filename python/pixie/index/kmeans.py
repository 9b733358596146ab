"""The kmeans index: k-means puts rows into buckets, layers of codes find the best rows in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from pixie.index.layered import MOST_BUCKETS, Layered, LayeredSettings
from pixie.index.routers import Centres, nearest_centres, with_halves

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.routers import Router

    Floats = npt.NDArray[np.float32]

BUCKETS_PER_ROOT = 2.3
"""Buckets, as a multiple of the square root of the rows."""

_DIMENSIONS = 64
"""Strongest components that rows are compared by: with all 768 the scan is no shorter."""

_ITERATIONS = 5
_ROWS_A_BUCKET = 100


@dataclass(frozen=True)
class KMeansSettings(LayeredSettings):
    """Settings of `kmeans`; see also `LayeredSettings`. The defaults aim at recall@10 of 0.95.

    Attributes
    ----------
    buckets
        How many, 1 to 65,536. More make fewer rows to look at, but every query is compared with the mean of
        every bucket, and fitting takes longer. None: 2.3 times the square root of the rows held.
    """

    buckets: int | None = None

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {**LayeredSettings.RANGES, "buckets": (1, MOST_BUCKETS)}


class KMeans(Layered):
    """Buckets by k-means over the rows' strongest principal components.

    It takes longer to fit than `lsh`, by a second or two a hundred thousand rows, and looks at a tenth of the
    rows for the same recall.
    """

    kind = "kmeans"
    settings_type = KMeansSettings
    settings: KMeansSettings

    def _fit_router(self, heads: Floats, /) -> Router:
        return clusters(heads, self.settings.buckets or clusters_for(len(heads)), self.settings.seed)


def clusters_for(rows: int) -> int:
    """How many clusters of these rows are searched fastest."""
    return min(MOST_BUCKETS, round(BUCKETS_PER_ROOT * float(np.sqrt(rows))))


def clusters(heads: Floats, number: int, seed: int) -> Centres:
    """Centres of `number` clusters, at most one a row, of rows with these heads; fitted to a sample."""
    number = max(1, min(number, len(heads)))
    strongest = np.ascontiguousarray(heads[:, :_DIMENSIONS])
    chance = np.random.default_rng(seed)
    drawn = chance.permutation(len(strongest))[: max(number * _ROWS_A_BUCKET, 1)]
    return Centres(with_halves(means_of_clusters(strongest[np.sort(drawn)], number, chance)))


def means_of_clusters(sample: Floats, number: int, chance: np.random.Generator) -> Floats:
    """Means of `number` clusters of the rows of `sample`, by Lloyd's iterations from rows drawn at random."""
    centres = sample[chance.choice(len(sample), number, replace=False)]
    for _ in range(_ITERATIONS):
        members = nearest_centres(sample, with_halves(centres))
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
