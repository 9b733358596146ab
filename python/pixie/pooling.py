"""Several vectors of one picture made one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

# Below this the frames' vectors cancel out, and what is left of their sum is rounding.
_LEAST_LENGTH = 1e-3


def pooled(vectors: npt.NDArray[np.float32], counts: Sequence[int]) -> npt.NDArray[np.float32]:
    """The mean of each group of unit vectors, scaled to length 1.

    Parameters
    ----------
    vectors
        float32 (m, d), unit rows.
    counts
        How many rows, one after the other, each group has: 1 or more, m in all.

    Returns
    -------
    ndarray
        float32 (len(counts), d), unit rows. A row that is alone stays as it is, bit for bit; a group whose
        vectors cancel out has its first.
    """
    if len(counts) == len(vectors):
        return vectors
    starts = np.cumsum([0, *counts[:-1]])
    result: npt.NDArray[np.float32] = vectors[starts]
    for row, (start, count) in enumerate(zip(starts, counts, strict=True)):
        if count > 1:
            mean = vectors[start : start + count].mean(axis=0, dtype=np.float64)
            length = np.linalg.norm(mean)
            if length > _LEAST_LENGTH:
                result[row] = mean / length
    return result
