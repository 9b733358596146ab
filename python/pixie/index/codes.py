"""Codes of rows: 4 bits for each of the strongest principal components, and a byte for every dimension.

With m the mean of the rows and mu that of the queries of one modality, a row x scores

    q . x  =  q . m  +  mu . (x - m)  +  (q - mu) . (x - m)

The second term is known exactly, one float a row; only the third, which is small because q - mu is, is
estimated from the code. So a text finds pictures as well as a picture does, although texts lie around another
mean. It holds for any mu: a wrong one costs work, not correctness.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix

    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.uint8]

HEAD_DIMENSIONS = 128
"""Principal components that are kept: 64 bytes a row, one cache line."""

STEP = 0.335
"""Width of a code's step in standard deviations: the best of 16 even steps for a normal distribution (Max,
"Quantizing for minimum distortion", 1960)."""

LANES = 16
"""Rows of a block, which are scored together: one 32-bit lane each."""

_SAMPLE = 20_000
_GROUP = 8


@dataclass(frozen=True)
class Codec:
    """How rows of a collection are coded; fitted to a sample of them.

    Attributes
    ----------
    mean
        float32 (dim,), of the rows.
    directions
        float32 (dim, h), the principal components, strongest first; h is a multiple of 8, and the last
        columns are 0 where there are fewer components.
    steps
        float32 (h,), width of a code's step along each.
    """

    mean: Floats
    directions: Floats
    steps: Floats

    @classmethod
    def fitted(cls, sample: FloatMatrix) -> Codec:
        """A codec for rows like those of `sample`, of which 20,000 are enough."""
        dim = sample.shape[1]
        sample = sample[:: max(1, len(sample) // _SAMPLE)]
        mean = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
        centred = sample - mean
        variances, vectors = np.linalg.eigh(centred.T @ centred / np.float32(max(1, len(sample) - 1)))
        kept = min(HEAD_DIMENSIONS, dim)
        width = -(-kept // _GROUP) * _GROUP
        directions = np.zeros((dim, width), np.float32)
        directions[:, :kept] = vectors[:, ::-1][:, :kept]
        deviations = np.zeros(width, np.float32)
        deviations[:kept] = np.sqrt(np.maximum(variances[::-1][:kept], 0))
        # Along a direction in which nothing varies every code is right.
        steps = np.where(deviations > 0, STEP * deviations, 1).astype(np.float32)
        return cls(mean, np.ascontiguousarray(directions), steps)

    @cached_property
    def _origin(self) -> Floats:
        origin: Floats = self.mean @ self.directions
        return origin

    @cached_property
    def directions_in_bytes(self) -> Columns:
        """The directions as queries are multiplied with them."""
        return Columns.of(self.directions)

    def heads(self, rows: FloatMatrix, out: Floats | None = None) -> Floats:
        """Coordinates of rows along the directions, float32 (n, h), written to `out` if given."""
        heads: Floats = np.matmul(rows, self.directions, out=out)
        heads -= self._origin
        return heads

    def packed(self, heads: Floats) -> Bytes:
        """4-bit codes of heads, uint8 (n, h / 2), in the order of `coded_products.head_scores`."""
        codes = np.clip(np.floor(heads / self.steps) + 8, 0, 15).astype(np.uint8)
        groups = codes.reshape(len(codes), -1, 2, _GROUP // 2)
        packed: Bytes = (groups[:, :, 0] | (groups[:, :, 1] << 4)).reshape(len(codes), -1)
        return packed


class Columns(NamedTuple):
    """A matrix whose columns are multiplied with a query's bytes by `coded_products.column_dots`, 16 at once.

    ``numbers`` uint8, 64 bytes for each 16 columns and 4 rows, in 0 to 127; ``scales`` float32 (rows,):
    ``scales[i] * (number - 64)`` is nearly the entry in row i.
    """

    numbers: Bytes
    scales: Floats

    @classmethod
    def of(cls, matrix: Floats) -> Columns:
        """A float32 matrix, rows filled up to a multiple of 4 and columns to one of 16."""
        rows, columns = (-(-side // of) * of for side, of in zip(matrix.shape, (4, LANES), strict=True))
        wide = np.zeros((rows, columns), np.float32)
        wide[: matrix.shape[0], : matrix.shape[1]] = matrix
        largest = np.abs(wide).max(axis=1)
        scales = np.where(largest > 0, largest / 63, 1).astype(np.float32)
        numbers = (np.rint(wide / scales[:, None]) + 64).astype(np.uint8)
        blocks = numbers.reshape(rows // 4, 4, columns // LANES, LANES).transpose(2, 0, 3, 1)
        return cls(np.ascontiguousarray(blocks).reshape(-1), scales)
