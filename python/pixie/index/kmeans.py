"""The kmeans index: k-means puts rows into buckets, layers of codes find the best rows in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pixie.index.clusters import clusters, clusters_for
from pixie.index.layered import MOST_BUCKETS, Layered, LayeredSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pixie.index.routers import Router

    Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class KMeansSettings(LayeredSettings):
    """Settings of `kmeans`; see also `LayeredSettings`. The defaults aim at recall@10 of 0.95.

    Attributes
    ----------
    buckets
        How many, 1 to 65,536. More make fewer rows to look at, but every query is compared with the mean of
        every bucket, and fitting takes longer. None: 2.3 times the square root of the rows held. Past 4,096
        they are fitted in two levels.
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

    def _fit_router(self, heads: Floats, threads: int, /) -> Router:
        number = self.settings.buckets or clusters_for(len(heads))
        return clusters(heads, number, self.settings.seed, threads)
