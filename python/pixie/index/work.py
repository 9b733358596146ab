"""What a search of layers is told, and what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pixie.index.rows import Positions


class Work(NamedTuple):
    """How far a search looks.

    ``probes`` buckets are opened; where ``wider`` is above 1, as many as hold the allowed rows of
    ``probes * wider`` average buckets or, where these are alike, of more, and ``probes`` at least.
    ``candidates`` rows are kept by the codes, and ``reranked`` at most by the bytes.
    """

    probes: int
    wider: float
    candidates: int
    reranked: int


class Found(NamedTuple):
    """What a search found.

    ``rows`` int64 (q, k), row numbers, -1 where there are no more, and ``scores`` float32 (q, k), -inf there.
    ``looked_at`` int64 (q, 4): buckets opened, rows scored by their codes, by their bytes, and exactly.
    ``cycles`` int64 (4,): the processor's cycles spent on each of these; 0 where it can't say.
    """

    rows: Positions
    scores: npt.NDArray[np.float32]
    looked_at: Positions
    cycles: Positions
