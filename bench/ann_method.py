"""What bench/ann asks of an index, and what the adapters of libraries share.

Where a library only estimates scores and has no rerank of its own, it gets one: exact float32 scores of as
many candidates as the setting says, by a compiled kernel.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from itertools import product
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Ids = npt.NDArray[np.int64]

Setting = dict[str, Any]
"""Arguments of a search. Of every number, more means more work and no lower recall."""

PIXIE, LSH, LIBRARIES_OF_LSH, GRAPHS, QUANTISED, LORANN, SCANS = (
    "Pixie",
    "faiss IndexLSH",
    "nearpy, annoy",
    "HNSW (hnswlib, faiss, usearch)",
    "best quantised",
    "lorann",
    "scans of float32",
)
"""Groups of methods; all but the first and the last are rows of the table of ratios."""


class Method(ABC):
    """An index as the benchmark sees it."""

    name: str
    """What tables and curves call it."""

    group: str
    """One of the groups above."""

    library: str
    """The module that must be installed."""

    def missing(self) -> str | None:
        """Why this method can't run here; None when it can."""
        return None if importlib.util.find_spec(self.library) else "not installed"

    @abstractmethod
    def build(self, vectors: Vectors, threads: int) -> None:
        """Index unit vectors; row numbers are their ids. `vectors` stays as it is and may be kept."""

    @abstractmethod
    def grid(self) -> list[Setting]:
        """Settings to try, each after those that ask for less."""

    @abstractmethod
    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        """Ids of the best k for each query, -1 where fewer were found; on the calling thread."""

    def bytes_per_vector(self) -> float | None:
        """Memory of the built index, its own copy of the vectors included; None when it does not tell."""
        return None


def geometric(first: int, last: int, per_octave: int = 2) -> list[int]:
    """Whole numbers from `first` to about `last`, each larger by the same factor."""
    steps = round(np.log2(last / first) * per_octave)
    return sorted({round(first * 2 ** (step / per_octave)) for step in range(steps + 1)})


def settings(**values: Sequence[int]) -> list[Setting]:
    """Every combination of `values`."""
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def lists_for(count: int) -> int:
    """Inverted lists for `count` vectors: a power of two near 2.3 times the root, 1,024 for 200,000."""
    return 1 << max(2, round(float(np.log2(2.3 * np.sqrt(count)))))


def training_sample(vectors: Vectors) -> Vectors:
    """The first vectors, 60 a list; they were drawn in no order."""
    return vectors[: 60 * lists_for(len(vectors))]


@numba.njit(fastmath=True)
def _dot(a: Any, b: Any) -> Any:
    total = np.float32(0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@numba.njit
def rerank(vectors: Any, queries: Any, candidates: Any, k: int) -> Any:
    """The k of each query's candidates with the highest product; -1 is no candidate."""
    best = np.full((len(queries), k), -1, np.int64)
    scores = np.empty(k, np.float32)
    for query in range(len(queries)):
        scores[:] = -np.inf
        for candidate in candidates[query]:
            if candidate < 0:
                continue
            score = _dot(vectors[candidate], queries[query])
            place = k
            while place > 0 and score > scores[place - 1]:
                place -= 1
            if place < k:
                scores[place + 1 :] = scores[place:-1].copy()
                best[query, place + 1 :] = best[query, place:-1].copy()
                scores[place], best[query, place] = score, candidate
    return best


def padded(found: list[Any], k: int) -> Ids:
    """Lists of ids as rows of k."""
    ids = np.full((len(found), k), -1, np.int64)
    for row, some in zip(ids, found, strict=True):
        row[: len(some)] = some[:k]
    return ids
