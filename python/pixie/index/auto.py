"""The auto index: layers whose buckets are made as fits the number of rows and how they come in."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.index.clusters import clusters, clusters_for
from pixie.index.layered import Layered, LayeredSettings
from pixie.index.lsh import bits_for, hyperplanes
from pixie.index.routers import Centres, Hyperplanes, OneBucket, TwoLevelCentres

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from pixie.index.layers import Layers
    from pixie.index.routers import Router
    from pixie.index.rows import Rows

    Floats = npt.NDArray[np.float32]

QUIET_SECONDS = 10.0
"""Time without a new row after which no more are taken to be coming."""

_SETTLED = "no rows are coming in, and buckets by k-means are searched in half the time"
_BECAUSE = {
    OneBucket.name: "there are fewer rows than flat_below",
    Hyperplanes.name: "rows are coming in, and hyperplanes are fitted in half the time",
    Centres.name: _SETTLED,
    TwoLevelCentres.name: _SETTLED,
}


@dataclass(frozen=True)
class AutoSettings(LayeredSettings):
    """Settings of `auto`; see `LayeredSettings`."""


class Auto(Layered):
    """No buckets for few rows, those of `lsh` while rows come in, and those of `kmeans` once they have come.

    `fit` takes all rows to have come. Rows that are added make it `lsh` when they double what there is; it is
    fitted as `kmeans` in the background when none came for some seconds, and before it is saved.
    """

    kind = "auto"
    settings_type = AutoSettings
    settings: AutoSettings

    def __init__(self, dim: int, settings: AutoSettings) -> None:
        super().__init__(dim, settings)
        self._last_came = float("-inf")

    def save(self, folder: str | Path, *, vectors: bool = True) -> None:
        """See `Index.save`; what rows came in are fitted as `kmeans` first."""
        structure = self._state.structure
        if structure is not None and isinstance(structure.router, Hyperplanes):
            self._last_came = float("-inf")
            self._upkeep.start()
            self._upkeep.wait()
        super().save(folder, vectors=vectors)

    def _fit_router(self, heads: Floats, threads: int, /) -> Router:
        return clusters(heads, clusters_for(len(heads)), self.settings.seed, threads)

    def _fit_router_quickly(self, heads: Floats, _threads: int, /) -> Router:
        return hyperplanes(heads, bits_for(len(heads)), self.settings.seed)

    def _extended(self, structure: Layers | None, rows: Rows, /) -> Layers | None:
        self._last_came = time.monotonic()
        return super()._extended(structure, rows)

    def _due(self, structure: Layers, rows: Rows) -> str | None:
        return "fit" if self._is_quiet(structure) else super()._due(structure, rows)

    def _is_quiet(self, structure: Layers) -> bool:
        quick = isinstance(structure.router, Hyperplanes)
        return quick and time.monotonic() - self._last_came > QUIET_SECONDS

    def _facts(self, rows: Rows, structure: Layers | None, /) -> dict[str, Any]:
        facts = super()._facts(rows, structure)
        return facts if structure is None else {**facts, "because": _BECAUSE[structure.router.name]}
