"""What the kinds on faiss share: it finds rows by codes of its own, and Pixie scores them."""

from __future__ import annotations

import time
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from pixie.index import faiss_library
from pixie.index.base import Index, State
from pixie.index.exact import BLOCK_ROWS
from pixie.index.ranking import best_positions, best_rows, ranked
from pixie.index.settings import Settings
from pixie.index.trace import Layer
from pixie.index.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows
    from pixie.index.trace import Trace

EXACT_BELOW = 10_000
"""Rows below which all are scanned, which misses nothing and takes about as long as a text in a graph."""

EXTEND_ROWS, EXTEND_SHARE = 1000, 0.005
"""Rows added since the last copy, and their share of those in it, past which they are put into a new one:
until then every query scores them exactly. A graph of 200 rows is copied in the time that one more takes to
be linked, and 1,000 rows are scored in less time than a graph is searched."""

SAMPLE_ROWS = 100_000
"""Rows that codes are fitted to, at most."""


@dataclass(frozen=True)
class FaissSettings(Settings):
    """Settings that the kinds on faiss share.

    Attributes
    ----------
    exact_below
        Number of rows below which all are scanned and nothing is built, 1 to 2**31.
    """

    exact_below: int = EXACT_BELOW

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {"exact_below": (1, 1 << 31)}


class Built(NamedTuple):
    """What is built over the first positions of some rows; searched by many threads, and never changed.

    ``native`` is the index of faiss, ``listed`` how many positions it covers, ``kept`` what else the kind
    needs to search it or to go on from it.
    """

    native: Any
    listed: int
    kept: Any


class Asked(NamedTuple):
    """What is asked of such an index: the `k` best for each query of the `allowed` rows that are `usable`."""

    queries: FloatMatrix
    k: int
    modality: str | None
    usable: Mask | None
    allowed: int


class FaissIndex(Index):
    """Finds rows by an index of faiss, whose scores count for nothing: hits are scored as by every kind.

    faiss can't add to what another thread searches. So rows that are added are scored exactly by every query,
    until there are enough of them for a thread in the background to put them into a copy; searches and
    writers do not wait for it. A search runs on the calling thread; building takes all cores.
    """

    settings: FaissSettings
    _trains: ClassVar[bool] = True

    def __init__(self, dim: int, settings: FaissSettings) -> None:
        super().__init__(dim, settings)
        self._upkeep = Upkeep(self._do_what_is_due)

    LEAST_ROWS: ClassVar[int] = 1
    """Rows below which there is nothing to fit, whatever `exact_below` says."""

    SEARCH: ClassVar[str]
    """What `stats` and `explain` call such a search."""

    @abstractmethod
    def _build(self, rows: Rows, /) -> Built:
        """All of `rows`, from scratch."""

    @abstractmethod
    def _grown(self, built: Built, rows: Rows, /) -> Built:
        """All of `rows`, from a copy of `built` or from scratch; `built` itself stays as it is."""

    @abstractmethod
    def _find(
        self, built: Built, asked: Asked, settings: Any, trace: Trace | None, /
    ) -> Sequence[Positions | None]:
        """Positions for each query that may be among the k best; all of them usable.

        None for a query for which scoring all usable rows takes less time.
        """

    def _fitted(self, rows: Rows, /) -> Built | None:
        if rows.live < self._smallest:
            return None
        return self._build(rows)

    @property
    def _smallest(self) -> int:
        return max(self.settings.exact_below, self.LEAST_ROWS)

    def settle(self, timeout: float | None = None) -> bool:
        """See `Index.settle`: rows that were added are put in in the background."""
        return self._upkeep.wait(timeout)

    def _extended(self, structure: Built | None, rows: Rows, /) -> Built | None:
        if structure is None:
            return self._fitted(rows)
        if _due(structure, rows):
            self._upkeep.start()
        return structure

    def _do_what_is_due(self) -> bool:
        """Build over all rows beside the present structure, and put that in its place unless it is gone."""
        rows, structure = self._state
        if structure is None or not _due(structure, rows):
            return False
        with faiss_library.in_background():
            made = self._grown(structure, rows)
        with self._writing:
            newest = self._state
            if newest.structure is structure:
                self._state = State(newest.rows, made)
        return True

    def _nearest(
        self,
        rows: Rows,
        structure: Built | None,
        queries: FloatMatrix,
        k: int,
        modality: str | None,
        usable: Mask | None,
        settings: Any,
        trace: Trace | None = None,
        /,
    ) -> tuple[Positions, npt.NDArray[np.float32]]:
        allowed = rows.live if usable is None else int(np.count_nonzero(usable))
        if structure is None or allowed <= 8 * k:
            return best_rows(rows, queries, k, usable, BLOCK_ROWS)
        come_by = self._find(structure, Asked(queries, k, modality, usable, allowed), settings, trace)
        began = time.perf_counter()
        short = np.array([some is None for some in come_by])
        if short.all():
            return best_rows(rows, queries, k, usable, BLOCK_ROWS)
        found = [np.empty(0, np.int64) if some is None else some for some in come_by]
        if structure.listed < len(rows):
            later = best_positions(rows, queries, k, usable, BLOCK_ROWS, structure.listed)
            found = [np.concatenate(both) for both in zip(found, later, strict=True)]
        numbers, scores = ranked(rows, queries, found, k)
        if trace is not None:
            trace.search = self.SEARCH
            looked_at = sum(map(len, found)) / len(queries)
            seconds = (time.perf_counter() - began) / len(queries)
            trace.layers.append(Layer("vectors", looked_at + len(rows) - structure.listed, seconds))
        # A filter may have left too few of the rows that were come by.
        short |= numbers[:, min(k, allowed) - 1] < 0
        if short.any():
            numbers[short], scores[short] = best_rows(rows, queries[short], k, usable, BLOCK_ROWS)
        return numbers, scores

    def _facts(self, rows: Rows, structure: Built | None, /) -> dict[str, Any]:
        if structure is None:
            return {"search": "exact scan", "because": f"fewer than {self._smallest} rows"}
        return {"search": self.SEARCH, "unfitted_rows": len(rows) - structure.listed}


def _due(built: Built, rows: Rows) -> bool:
    return len(rows) - built.listed > max(EXTEND_ROWS, EXTEND_SHARE * built.listed)


def sample_of(rows: Rows) -> FloatMatrix:
    """Rows to fit codes to, spread evenly: those that were added together are often alike."""
    step = max(1, -(-len(rows) // SAMPLE_ROWS))
    return rows.take(np.arange(0, len(rows), step, dtype=np.int64))
