"""What the layered kinds share: they differ in how rows come into buckets, and in nothing else."""

from __future__ import annotations

import threading
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pixie.index.base import Index, State
from pixie.index.exact import BLOCK_ROWS
from pixie.index.layers import ROWS_MEAN, Found, Layers, Work
from pixie.index.ranking import Best, best_rows, ranked
from pixie.index.settings import Settings
from pixie.index.trace import Layer

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows
    from pixie.index.trace import Trace

    Floats = npt.NDArray[np.float32]

EXACT_BELOW = 50_000
"""Rows below which all are scanned, which misses nothing and takes some milliseconds a query."""

LEARNT_FROM = 16
"""Queries of a modality whose mean is taken for that of all: with 16, a head alone ranks as it does with 500,
to 0.003 of recall."""

REFIT_SHARE = 0.25
"""Rows added since the layers were fitted, as a share of those fitted, that make them be fitted anew: every
query scores all unfitted rows exactly."""

SCAN_ROWS = 4000
"""Allowed rows that are scored exactly instead of looked for: a scan of so few takes less time than opening
the buckets they lie in."""

SCAN_SHARE = 0.02
"""The same as a share of all rows, since few allowed rows lie in many buckets."""

FILTER_POWER = -0.45
"""A filter that allows a share s of the rows has s**-0.45 times as many buckets opened: of the best k allowed
rows, as many lie in the buckets that are opened then as without a filter."""

_BATCH = 256
"""Queries that are searched at once: more would keep more scores of buckets than stay in cache."""

MOST_BUCKETS = 1 << 16


@dataclass(frozen=True)
class LayeredSettings(Settings):
    """Settings that the layered kinds share; each kind has its own defaults for the first two.

    Attributes
    ----------
    probes
        Buckets opened, 1 to 65,536. More raise recall and the number of rows to look at. None: a share of
        them that depends on the modality.
    candidates
        Rows kept by their codes, 1 to 2**20, of which the best by their bytes are scored exactly. None: by
        the modality.
    exact_below
        Number of rows below which all are scanned and no layers are kept, 1 to 2**31.
    seed
        Seed of what is drawn when the buckets are fitted, 0 to 2**31.
    """

    probes: int | None = None
    candidates: int | None = None
    exact_below: int = EXACT_BELOW
    seed: int = 0

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {
        "probes": (1, MOST_BUCKETS),
        "candidates": (1, 1 << 20),
        "exact_below": (1, 1 << 31),
        "seed": (0, 1 << 31),
    }
    AT_SEARCH: ClassVar[frozenset[str]] = frozenset({"probes", "candidates"})

    PROBE_SHARES: ClassVar[dict[str | None, float]]
    """Share of the buckets that are opened, by the modality a query is known to have."""

    CANDIDATES: ClassVar[dict[str | None, int]]
    """Rows kept by their codes, by the modality a query is known to have."""

    def probes_for(self, buckets: int, modality: str | None, allowed: float = 1.0) -> int:
        """Buckets to open of `buckets` for queries of `modality`, when a share of the rows is allowed."""
        wanted = self.probes or max(1.0, self.PROBE_SHARES[modality] * buckets)
        return min(buckets, round(float(wanted * allowed**FILTER_POWER)))

    def candidates_for(self, modality: str | None) -> int:
        """Rows to keep by their codes, for queries of `modality`."""
        return self.candidates or self.CANDIDATES[modality]


class Layered(Index):
    """Buckets choose the rows to look at, 4-bit codes some hundred of those, bytes some ten, floats the best.

    A hit's score is its exact cosine; only recall is approximate. `fit` reads every row twice. Rows added
    later are scored exactly by every query until they are a quarter of the fitted ones; the `add` that
    reaches that fits anew, while searches go on with what there was.

    Queries of a modality lie around a mean of their own. It is learnt from the first 16 of them that say so,
    and kept when the index is saved; queries that do not say so are taken for those of the nearest mean. A
    wrong mean costs recall at a given amount of work, and never changes a score.
    """

    settings: LayeredSettings
    _trains: ClassVar[bool] = True

    def __init__(self, dim: int, settings: LayeredSettings) -> None:
        super().__init__(dim, settings)
        self._learning = threading.Lock()
        self._seen: dict[str, tuple[int, npt.NDArray[np.float64]]] = {}

    @abstractmethod
    def _fit_router(self, heads: Floats, /) -> Floats:
        """What tells the bucket of a row like these, float32 and of two dimensions."""

    @staticmethod
    @abstractmethod
    def _route(heads: Floats, router: Floats, /) -> Positions:
        """The bucket of each row, int64 (n,), from 0, by its head."""

    def _fitted(self, rows: Rows, /) -> Layers | None:
        if rows.live < self.settings.exact_below:
            return None
        return Layers.fitted(rows, self._fit_router, self._route, self._query_means())

    def _extended(self, structure: Layers | None, rows: Rows, _first: int, /) -> Layers | None:
        if structure is None or len(rows) - structure.listed > REFIT_SHARE * structure.listed:
            return self._fitted(rows)
        return structure

    def _nearest(
        self,
        rows: Rows,
        structure: Layers | None,
        queries: FloatMatrix,
        k: int,
        modality: str | None,
        usable: Mask | None,
        settings: LayeredSettings,
        trace: Trace | None = None,
        /,
    ) -> tuple[Positions, Floats]:
        if modality is not None:
            structure = self._learn(modality, queries, structure, rows)
        allowed = rows.live if usable is None else int(np.count_nonzero(usable))
        if structure is None or allowed <= max(SCAN_ROWS, SCAN_SHARE * len(rows), 8 * k):
            return best_rows(rows, queries, k, usable, BLOCK_ROWS)
        share = allowed / len(rows) if usable is not None else 1.0
        numbers = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        looked_at: list[Positions] = []
        for start in range(0, len(queries), _BATCH):
            part = slice(start, start + _BATCH)
            found = self._found(rows, structure, queries[part], k, modality, usable, share, settings)
            looked_at.append(found.looked_at)
            numbers[part], scores[part] = self._merged(rows, structure, queries[part], k, usable, found)
        short = numbers[:, min(k, allowed) - 1] < 0
        if short.any():
            # The opened buckets held too few allowed rows.
            numbers[short], scores[short] = best_rows(rows, queries[short], k, usable, BLOCK_ROWS)
        if trace is not None:
            trace.search = "layers"
            means = np.concatenate(looked_at).mean(axis=0).tolist()
            names = ("buckets", "heads", "bytes", "vectors")
            trace.layers = [Layer(name, mean, None) for name, mean in zip(names, means, strict=True)]
        return numbers, scores

    def _found(
        self,
        rows: Rows,
        structure: Layers,
        queries: FloatMatrix,
        k: int,
        modality: str | None,
        usable: Mask | None,
        share: float,
        settings: LayeredSettings,
    ) -> Found:
        """What the layers find when `share` of the rows is usable."""
        slots = structure.slots(queries, modality)
        declared = modality if modality in structure.names else None
        work = Work(
            probes=settings.probes_for(structure.buckets, declared, share),
            candidates=max(settings.candidates_for(declared), 4 * k),
            reranked=2 * k,
        )
        return structure.search(rows, queries, slots, self._route, k, usable, work)

    def _merged(
        self, rows: Rows, structure: Layers, queries: FloatMatrix, k: int, usable: Mask | None, found: Found
    ) -> tuple[Positions, Floats]:
        """Row numbers and scores of what was found and of the rows that are not coded yet."""
        if structure.listed == len(rows):
            hit = found.positions >= 0
            return np.where(hit, rows.numbers[np.maximum(found.positions, 0)], -1), found.scores
        best = [Best(k) for _ in range(len(queries))]
        for start, part in rows.chunks(BLOCK_ROWS, structure.listed):
            products = queries @ part.T
            if usable is not None:
                products[:, ~usable[start : start + len(part)]] = -np.inf
            for query, kept in enumerate(best):
                kept.offer(start, products[query])
        chosen = [
            np.concatenate([positions[positions >= 0], kept.positions()])
            for positions, kept in zip(found.positions, best, strict=True)
        ]
        return ranked(rows, queries, chosen, k)

    def _learn(
        self, modality: str, queries: FloatMatrix, structure: Layers | None, rows: Rows
    ) -> Layers | None:
        """The structure, with the mean of `modality` as soon as enough of its queries were seen."""
        with self._learning:
            seen, total = self._seen.get(modality, (0, np.zeros(self.dim)))
            if seen < LEARNT_FROM:
                self._seen[modality] = (seen + len(queries), total + queries.sum(axis=0, dtype=np.float64))
        if structure is None or modality in structure.names:
            return structure
        known = self._query_means()
        if modality not in known:
            return structure
        # A search never waits for a writer, who may be fitting anew; a later query learns it then.
        if not self._writing.acquire(blocking=False):
            return structure
        try:
            newest = self._state
            if newest.structure is structure:
                structure = structure.with_mean(modality, known[modality], rows)
                self._state = State(newest.rows, structure)
        finally:
            self._writing.release()
        return structure

    def _query_means(self) -> dict[str, Floats]:
        with self._learning:
            seen_of = dict(self._seen)
        return {
            name: (total / seen).astype(np.float32)
            for name, (seen, total) in seen_of.items()
            if seen >= LEARNT_FROM
        }

    def _arrays(self, structure: Layers | None, /) -> dict[str, npt.NDArray[Any]]:
        return {} if structure is None else structure.arrays()

    def _restored(self, arrays: dict[str, npt.NDArray[Any]], rows: Rows, /) -> Layers | None:
        if not arrays:
            return None
        structure = Layers.of(arrays, rows)
        for name, mean in zip(structure.names, structure.means, strict=True):
            if name != ROWS_MEAN:
                self._seen[name] = (LEARNT_FROM, mean.astype(np.float64) * LEARNT_FROM)
        return structure

    def _facts(self, rows: Rows, structure: Layers | None, /) -> dict[str, Any]:
        if structure is None:
            return {"search": "exact scan", "because": f"fewer than {self.settings.exact_below} rows"}
        return {
            "search": "layers",
            "buckets": structure.buckets,
            "probes": self.settings.probes_for(structure.buckets, None),
            "candidates": self.settings.candidates_for(None),
            "means": list(structure.names),
            "unfitted_rows": len(rows) - structure.listed,
        }
