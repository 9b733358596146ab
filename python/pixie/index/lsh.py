"""The lsh index: layers of random-hyperplane tables choose candidates, an exact rerank scores them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pixie.errors import InvalidInputError
from pixie.index.base import Index
from pixie.index.exact import BLOCK_ROWS
from pixie.index.ranking import Best, best_rows, ranked
from pixie.index.settings import Settings
from pixie.index.tables import MAX_BUCKETS, HashTables, fit_tables

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows

# Measured with bench/index.py at 768 dimensions, processor time of one thread; see docs/index.md.

TABLES = 8
"""At 200,000 rows twice as many raise recall@10 by 0.01 and the time of a query by a half."""

EXACT_BELOW = 50_000
"""Rows below which all are scanned: a query through tables takes half the time of a scan of 50,000 rows and
two thirds of that of 20,000, and a scan misses nothing."""

ROWS_A_BUCKET = 80
"""Rows a bucket is meant to hold. Smaller ones rank better, but every query is compared with the mean of
each: at 80 rows and 8 tables that is a tenth of the work of a scan."""

PROBE_SHARE = 0.04
"""Share of a table's buckets that are opened; the tables together then put forward 22% of the rows to be
ranked. Half as many lose up to 0.015 of recall@10 and save a fifth of the time at most; twice as many gain
0.005."""

CANDIDATES_PER_ROOT = 20
"""Rows reranked, as a multiple of the square root of the rows held, since the share that a recall takes falls
as the rows grow: 9% of 50,000 and 4% of 200,000 give 0.96 to 0.99; half of that gives 0.91 to 0.97."""

REFIT_SHARE = 0.25
"""Rows added since the tables were fitted, as a share of those fitted, that make them be fitted anew: every
query ranks all unfitted rows, and a quarter keeps that to about what the opened buckets put forward."""

_RERANKED_AT_ONCE = 512
"""Rows of one product of the rerank: 1.5 MB at 768 dimensions, which stay in cache between gathering and
product."""


@dataclass(frozen=True)
class LshSettings(Settings):
    """Settings of `lsh`. The defaults choose by the number of rows held and aim at recall@10 of 0.9 and more.

    Attributes
    ----------
    tables
        Layers of hash tables, 1 to 64. Each costs 6 bytes a row, and time to fit and to query; each raises
        recall.
    bits
        Hyperplanes of a table, 1 to 16, with ``tables * 2**bits`` at most 65,536. More cut finer: better
        candidates, but every query is compared with the mean of every bucket. None: buckets of about 80 rows.
    probes
        Buckets opened, a table, 1 to 65,536. More raise recall and the number of rows to rank. None: 4% of
        them.
    candidates
        Rows reranked with an exact score, 1 to 2**31; the largest part of a query's time, and what recall
        depends on most. None: 20 times the square root of the rows held.
    exact_below
        Number of rows below which all are scanned and no tables are kept, 1 to 2**31.
    seed
        Seed of the random hyperplanes, 0 to 2**31.
    """

    tables: int = TABLES
    bits: int | None = None
    probes: int | None = None
    candidates: int | None = None
    exact_below: int = EXACT_BELOW
    seed: int = 0

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {
        "tables": (1, 64),
        "bits": (1, 16),
        "probes": (1, MAX_BUCKETS),
        "candidates": (1, 1 << 31),
        "exact_below": (1, 1 << 31),
        "seed": (0, 1 << 31),
    }
    AT_SEARCH: ClassVar[frozenset[str]] = frozenset({"probes", "candidates"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bits is not None and self.tables << self.bits > MAX_BUCKETS:
            raise InvalidInputError(
                f"tables = {self.tables} with bits = {self.bits} makes {self.tables << self.bits} buckets",
                fix=f"at most {MAX_BUCKETS}: fewer tables or fewer bits",
                item="bits",
            )

    def bits_for(self, count: int) -> int:
        """Hyperplanes of a table over `count` rows."""
        if self.bits is not None:
            return self.bits
        most = (MAX_BUCKETS // self.tables).bit_length() - 1
        return int(np.clip(round(np.log2(max(count, 1) / ROWS_A_BUCKET)), 1, most))

    def probes_for(self, buckets: int) -> int:
        """Buckets to open in a table that has `buckets`."""
        return self.probes or max(1, round(PROBE_SHARE * buckets))

    def candidates_for(self, count: int) -> int:
        """Rows to rerank of `count`."""
        return self.candidates or round(CANDIDATES_PER_ROOT * float(np.sqrt(count)))


class Lsh(Index):
    """Hash tables choose some thousand candidates for each query; those are scored exactly.

    A hit's score is therefore its exact cosine, and only recall is approximate. `fit` reads every row once a
    table. Rows added later are candidates of every query until they are a quarter of the fitted ones; the
    `add` that reaches that fits the tables anew, while searches go on with the old ones.

    Random hyperplanes, even drawn from the rows, look at many rows: each query ranks about 22% of them and
    reads 20 * sqrt(n) whole. For eight queries and more in one call, `exact` on the same rows is faster.
    """

    kind = "lsh"
    settings_type = LshSettings
    settings: LshSettings
    _trains = True

    def _fitted(self, rows: Rows, /) -> HashTables | None:
        if rows.live < self.settings.exact_below:
            return None
        return fit_tables(rows, self.settings.tables, self.settings.bits_for(len(rows)), self.settings.seed)

    def _extended(self, structure: HashTables | None, rows: Rows, first: int, /) -> HashTables | None:
        if structure is None or len(rows) - structure.listed > REFIT_SHARE * structure.listed:
            return self._fitted(rows)
        return structure.extended(rows, first)

    def _nearest(
        self,
        rows: Rows,
        structure: HashTables | None,
        queries: FloatMatrix,
        k: int,
        usable: Mask | None,
        settings: LshSettings,
        /,
    ) -> tuple[Positions, npt.NDArray[np.float32]]:
        count = rows.live if usable is None else int(np.count_nonzero(usable))
        limit = max(k, settings.candidates_for(rows.live))
        # A filter that leaves no more rows than would be reranked anyway: score them all.
        if structure is None or count <= limit:
            return best_rows(rows, queries, k, usable, BLOCK_ROWS)
        probes = settings.probes_for(structure.buckets)
        bucket_scores = queries @ structure.means.T
        chosen = []
        for query, scores in zip(queries, bucket_scores, strict=True):
            positions, _ = structure.candidates(scores, usable, probes, limit)
            best = Best(k)
            for start in range(0, len(positions), _RERANKED_AT_ONCE):
                part = positions[start : start + _RERANKED_AT_ONCE]
                best.offer(part, rows.take(part) @ query)
            chosen.append(best.positions())
        return ranked(rows, queries, chosen, k)

    def _arrays(self, structure: HashTables | None, /) -> dict[str, npt.NDArray[Any]]:
        return {} if structure is None else structure.arrays()

    def _restored(self, arrays: dict[str, npt.NDArray[Any]], rows: Rows, /) -> HashTables | None:
        return HashTables.of(arrays, rows) if arrays else None

    def _facts(self, rows: Rows, structure: HashTables | None, /) -> dict[str, Any]:
        if structure is None:
            return {"search": "exact scan", "because": f"fewer than {self.settings.exact_below} rows"}
        return {
            "search": "hash tables",
            "tables": structure.tables,
            "buckets": structure.buckets,
            "probes": self.settings.probes_for(structure.buckets),
            "candidates": self.settings.candidates_for(rows.live),
            "unfitted_rows": len(rows) - structure.listed,
        }
