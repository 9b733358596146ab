"""What the layered kinds share: they differ in how rows come into buckets, and in nothing else."""

from __future__ import annotations

import time
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pixie.cpu import core_limit, one_blas_thread
from pixie.index.base import Index, State
from pixie.index.exact import BLOCK_ROWS
from pixie.index.layers import ROWS_MEAN, Layers
from pixie.index.query_means import LEARNT_FROM, QueryMeans
from pixie.index.ranking import best_rows
from pixie.index.routers import Centres, Hyperplanes, OneBucket, TwoLevelCentres
from pixie.index.saved_layers import arrays_of, layers_of
from pixie.index.settings import Settings
from pixie.index.trace import Layer
from pixie.index.upkeep import Upkeep
from pixie.index.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from pixie.index.routers import Router
    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows
    from pixie.index.trace import Trace
    from pixie.index.work import Found

    Floats = npt.NDArray[np.float32]

EXACT_BELOW = 2_000
"""Rows below which all are scanned, which misses nothing."""

FLAT_BELOW = 50_000
"""Rows below which all lie in one bucket: the heads of so many are scanned in a quarter of a millisecond, and
that misses one neighbour in a thousand, while buckets of so few miss several in a hundred."""

MERGE_ROWS, MERGE_SHARE = 2_000, 0.02
"""Rows outside the buckets that make them be put into buckets: as many as this, and as this share of those in
buckets. Every query scans the heads of all rows outside."""

REFIT_SHARE = 1.0
"""Rows that came since codec and buckets were fitted, as a share of those fitted to, that make them be fitted
anew. Until then rows only join buckets: the root of the rows tells how many buckets are best."""

REFIT_AT_ONCE = 20_000
"""Rows below which the `add` that makes it due fits anew itself, in tenths of a second: what is fitted to few
rows may say little about those that come."""

SCAN_ROWS = 2500
"""Allowed rows that are scored exactly instead of looked for: a scan of so few takes about the time of
opening the buckets they lie in, and misses none."""

SCAN_SHARE = 0.005
"""The same as a share of all rows, since few allowed rows lie in many buckets."""

FILTER_POWER = -0.55
"""A filter that allows a share s of the rows at random has s**-0.55 times as many buckets opened: of the best
k allowed rows, as many lie in the buckets that are opened then as without a filter."""

FILTERED_BELOW = 0.9
"""Share of allowed rows from which on that is too few more to count allowed rows for, such as when some rows
were removed."""

PROBE_SHARES: dict[str, dict[str | None, float]] = {
    OneBucket.name: {"image": 1.0, "text": 1.0, None: 1.0},
    Hyperplanes.name: {"image": 0.25, "text": 0.2, None: 0.25},
    Centres.name: {"image": 0.016, "text": 0.08, None: 0.08},
    TwoLevelCentres.name: {"image": 0.016, "text": 0.08, None: 0.08},
}
"""Share of the buckets that are opened where nothing was tuned, by how these are made and by the modality a
query is known to have: for a recall@10 of 0.95."""

FEWEST_PROBES = 24
"""Buckets that are opened at least, where nothing was tuned: of few buckets that share would be too small."""

CANDIDATES: dict[str | None, int] = {"image": 60, "text": 120, None: 160}
"""Rows kept by their codes, by the modality a query is known to have."""

FLAT_CANDIDATES = 4
"""Times as many rows are kept by their codes where all lie in one bucket: the time that choosing buckets
would take buys nearly all that is missed."""

MOST_BUCKETS = 1 << 16


@dataclass(frozen=True)
class LayeredSettings(Settings):
    """Settings that the layered kinds share.

    Attributes
    ----------
    probes
        Buckets opened, 1 to 65,536. More raise recall and the number of rows to look at. None: a share of
        them that depends on the modality.
    candidates
        Rows kept by their codes, 1 to 2**20, of which the best by their bytes are scored exactly. None: by
        the modality.
    exact_below
        Number of rows below which all are scanned exactly and no layers are kept, 1 to 2**31.
    flat_below
        Number of rows below which all lie in one bucket, 1 to 2**31.
    seed
        Seed of what is drawn when the buckets are fitted, 0 to 2**31.
    """

    probes: int | None = None
    candidates: int | None = None
    exact_below: int = EXACT_BELOW
    flat_below: int = FLAT_BELOW
    seed: int = 0

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {
        "probes": (1, MOST_BUCKETS),
        "candidates": (1, 1 << 20),
        "exact_below": (1, 1 << 31),
        "flat_below": (1, 1 << 31),
        "seed": (0, 1 << 31),
    }
    AT_SEARCH: ClassVar[frozenset[str]] = frozenset({"probes", "candidates"})
    TRIED: ClassVar[dict[str, tuple[int, ...]]] = {"candidates": (40, 60, 120, 240, 480)}

    def probes_for(self, router: Router, buckets: int, modality: str | None) -> int:
        """Buckets to open of `buckets` for queries of `modality`."""
        wanted = self.probes or max(FEWEST_PROBES, PROBE_SHARES[router.name][modality] * buckets)
        return min(buckets, round(wanted))

    def candidates_for(self, modality: str | None, buckets: int) -> int:
        """Rows to keep by their codes, for queries of `modality`; more where codes are all there is."""
        return self.candidates or CANDIDATES[modality] * (FLAT_CANDIDATES if buckets == 1 else 1)


class Layered(Index):
    """Buckets choose the rows to look at, 4-bit codes some hundred of those, bytes some ten, floats the best.

    A hit's score is its exact cosine; only recall is approximate. `fit` reads every row twice. Rows added
    later are coded at once and scanned by every query, until a thread in the background puts them into
    buckets; when there are twice as many rows as were fitted, it fits anew. Searches and writers wait for
    neither.

    Queries of a modality lie around a mean of their own. It is learnt from the first 16 of them that say so,
    and kept when the index is saved; queries that do not say so are taken for those of the nearest mean. A
    wrong mean costs recall at a given amount of work, and never changes a score.
    """

    settings: LayeredSettings
    _trains: ClassVar[bool] = True

    def __init__(self, dim: int, settings: LayeredSettings) -> None:
        super().__init__(dim, settings)
        self.query_means = QueryMeans()
        self._upkeep = Upkeep(self._do_what_is_due)
        self._untuned = False

    @abstractmethod
    def _fit_router(self, heads: Floats, threads: int, /) -> Router:
        """What tells the bucket of a row like these, by its head; on so many threads."""

    def _fit_router_quickly(self, heads: Floats, threads: int, /) -> Router:
        """The same while rows come in, when it will not be kept for long."""
        return self._fit_router(heads, threads)

    def settle(self, timeout: float | None = None) -> bool:
        """See `Index.settle`: rows are merged, layers fitted anew and means learnt in the background."""
        return self._upkeep.wait(timeout)

    def teach(self, sums: Mapping[str, tuple[int, npt.NDArray[np.float64]]]) -> None:
        """See `Index.teach`: the means of modalities."""
        self.query_means.take(sums)

    def query_sums(self) -> dict[str, tuple[int, npt.NDArray[np.float64]]]:
        """See `Index.query_sums`."""
        return self.query_means.sums()

    def learn(self) -> None:
        """See `Index.learn`: the means of modalities of which enough queries were seen."""
        with self._writing:
            rows, structure = self._state
            if structure is not None:
                self._state = State(rows, self._taught(rows, structure))

    def _taught(self, rows: Rows, structure: Layers) -> Layers:
        for name, mean in self.query_means.known().items():
            if name not in structure.names:
                structure = structure.with_mean(name, mean, rows)
        return structure

    def _fitted(self, rows: Rows, /) -> Layers | None:
        return self._fitted_by(rows, self._fit_router, core_limit())

    def _fitted_by(
        self, rows: Rows, fit_router: Callable[[Floats, int], Router], threads: int = 1
    ) -> Layers | None:
        if rows.live < self.settings.exact_below:
            return None
        flat = len(rows) < self.settings.flat_below
        with one_blas_thread():
            return Layers.fitted(rows, _one_bucket if flat else fit_router, self.query_means.known(), threads)

    def _extended(self, structure: Layers | None, rows: Rows, /) -> Layers | None:
        if structure is None:
            return self._fitted_by(rows, self._fit_router_quickly)
        grown = structure.extended(rows)
        due = self._due(grown, rows)
        if due == "refit" and len(rows) < REFIT_AT_ONCE:
            # Settings for the new buckets are found in the background.
            self.tuned, self._untuned = {}, True
            self._upkeep.start()
            return self._fitted_by(rows, self._fit_router_quickly)
        if due is not None:
            self._upkeep.start()
        return grown

    def _due(self, structure: Layers, rows: Rows) -> str | None:
        """What is to be done: ``fit``, ``refit`` for the time being, ``merge``, ``learn`` or nothing."""
        if len(rows) - structure.fitted_rows > REFIT_SHARE * structure.fitted_rows:
            return "refit"
        if structure.delta.count > max(MERGE_ROWS, MERGE_SHARE * structure.listed):
            return "merge"
        if not set(self.query_means.known()) <= set(structure.names):
            return "learn"
        return None

    def _is_quiet(self, _structure: Layers) -> bool:
        """Whether rows came in when the buckets were made, and come no more."""
        return False

    def _do_what_is_due(self) -> bool:
        """Make a better structure beside the present one and put it in its place, unless that is gone."""
        with self._writing:
            # Not while `add` is about to put what it fitted in place.
            rows, structure = self._state
            untuned, self._untuned = self._untuned, False
        if untuned:
            self._say_refitted()
            return True
        due = None if structure is None else self._due(structure, rows)
        if due is None:
            return False
        if due in {"fit", "refit"}:
            made = self._fitted_by(rows, self._fit_router if due == "fit" else self._fit_router_quickly)
        elif due == "merge":
            made = structure.merged(rows.alive)
        else:
            made = self._taught(rows, structure)
        with self._writing:
            newest = self._state
            if not _same_base(newest.structure, structure):
                return True
            fitted = made is None or made.codec is not structure.codec
            if made is not None and len(newest.rows) > len(rows):
                grown = newest.rows
                made = made.extended(grown) if fitted else made.followed(newest.structure, grown)
            if fitted:
                # Numbers of buckets to open that were right for those there were.
                self.tuned = {}
            self._state = State(newest.rows, made)
        if fitted:
            self._say_refitted()
        return True

    def _say_refitted(self) -> None:
        if self.after_refit is not None:
            self.after_refit(self)

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
        known = modality is not None and self.query_means.see(modality, queries)
        allowed = rows.allowed(usable)
        if structure is None or allowed <= max(SCAN_ROWS, SCAN_SHARE * len(rows), 8 * k):
            return best_rows(rows, queries, k, usable, BLOCK_ROWS)
        if (known and modality not in structure.names) or self._is_quiet(structure):
            self._upkeep.start()
        share = allowed / len(rows)
        began = time.perf_counter()
        found = structure.search(
            rows,
            queries,
            structure.slots(queries, modality),
            k,
            usable,
            Work(
                probes=settings.probes_for(structure.router, structure.buckets, modality),
                wider=share**FILTER_POWER if share < FILTERED_BELOW else 1.0,
                candidates=max(settings.candidates_for(modality, structure.buckets), 2 * k),
                reranked=4 * k,
            ),
        )
        if trace is not None:
            trace.search = "layers"
            trace.layers = _layers(found, time.perf_counter() - began)
            trace.facts = {"buckets": structure.buckets, "buckets_by": structure.router.name}
        short = found.rows[:, min(k, allowed) - 1] < 0
        if short.any():
            # The opened buckets held too few allowed rows.
            found.rows[short], found.scores[short] = best_rows(rows, queries[short], k, usable, BLOCK_ROWS)
        return found.rows, found.scores

    def _to_save(self, rows: Rows, structure: Layers | None, /) -> Layers | None:
        return structure.merged(rows.alive) if structure is not None and structure.delta.count else structure

    def _arrays(self, structure: Layers | None, /) -> dict[str, Any]:
        return {} if structure is None else arrays_of(structure)

    def _restored(self, arrays: dict[str, npt.NDArray[Any]], rows: Rows, /) -> Layers | None:
        if not arrays:
            return None
        structure = layers_of(arrays, rows)
        self.query_means.take(
            {
                name: (LEARNT_FROM, mean.astype(np.float64) * LEARNT_FROM)
                for name, mean in zip(structure.names, structure.means, strict=True)
                if name != ROWS_MEAN
            }
        )
        return structure

    def _bytes(self, structure: Layers | None, /) -> int:
        return 0 if structure is None else structure.nbytes

    def _facts(self, _rows: Rows, structure: Layers | None, /) -> dict[str, Any]:
        if structure is None:
            return {"search": "exact scan", "because": f"fewer than {self.settings.exact_below} rows"}
        return {
            "search": "layers",
            "buckets": structure.buckets,
            "buckets_by": structure.router.name,
            "probes": self.settings.probes_for(structure.router, structure.buckets, None),
            "candidates": self.settings.candidates_for(None, structure.buckets),
            "means": list(structure.names),
            "rows_outside_buckets": structure.delta.count,
            "fitted_rows": structure.fitted_rows,
        }


def _same_base(newest: Layers | None, earlier: Layers) -> bool:
    """Whether one has what the other has, but for rows that came since."""
    return newest is not None and newest.codes is earlier.codes and newest.names == earlier.names


def _one_bucket(_heads: Floats, _threads: int) -> Router:
    return OneBucket.fitted()


def _layers(found: Found, seconds: float) -> list[Layer]:
    """What each layer of a search looked at, and its share of the time; means over the queries."""
    total = int(found.cycles.sum())
    names = ("buckets", "heads", "bytes", "vectors")
    return [
        Layer(name, looked_at, seconds * cycles / total / len(found.rows) if total else None)
        for name, looked_at, cycles in zip(
            names, found.looked_at.mean(axis=0).tolist(), found.cycles.tolist(), strict=True
        )
    ]
