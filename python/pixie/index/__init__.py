"""Search for the vectors nearest a query: one small abstract class, one file a kind.

>>> index = make_index("lsh", 768)
>>> index.fit(vectors)
>>> rows, scores = index.search(queries, 10)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.index.auto import AutoSettings
from pixie.index.base import Index
from pixie.index.exact import ExactSettings
from pixie.index.hnsw import HnswSettings
from pixie.index.kinds import KINDS, kind_named
from pixie.index.kmeans import KMeansSettings
from pixie.index.lsh import LshSettings
from pixie.index.pq import PqSettings
from pixie.index.recall import recall_at_k
from pixie.index.saved import load
from pixie.index.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

__all__ = [
    "KINDS",
    "AutoSettings",
    "ExactSettings",
    "HnswSettings",
    "Index",
    "KMeansSettings",
    "LshSettings",
    "PqSettings",
    "Settings",
    "kind_named",
    "load_index",
    "make_index",
    "recall_at_k",
]


def make_index(kind: str, dim: int, **settings: int) -> Index:
    """An empty index.

    Parameters
    ----------
    kind
        A name of `KINDS`: ``auto``, ``exact``, ``lsh``, ``kmeans``, ``hnsw`` or ``pq``.
        The last two need faiss.
    dim
        Length of every vector, 1 to 65,536.
    **settings
        Fields of the kind's settings class, in place of its defaults.

    Raises
    ------
    InvalidInputError
        For a kind, a dimension or a setting that there is not, or a value out of its range.

    Examples
    --------
    >>> make_index("lsh", 768, candidates=5000)
    """
    made = kind_named(kind)
    return made(dim, made.settings_type.of(settings))


def load_index(folder: str | Path, vectors: npt.NDArray[np.float32] | None = None) -> Index:
    """Open an index of any kind that `Index.save` wrote; see `Index.load`.

    Examples
    --------
    >>> load_index("photos/index", np.memmap("photos/vectors.f32", "<f4", "r").reshape(-1, 768))
    """
    return load(folder, vectors, kind=None)
