"""Rows that came after the buckets were filled: coded like the others, in the order they came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pixie.index.codes import LANES

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Delta:
    """The codes of some rows in blocks of 16, with room for more behind them.

    Growing gives a new view of the same memory and writes only to lanes that no earlier view counts, so
    searches of earlier views need no lock. Only the newest view may grow, which its owner sees to.

    Attributes
    ----------
    codes
        uint8 (blocks, groups * 64), as in `Layers.codes`.
    biases
        float32 (blocks, m, 16), for each of m means.
    heads
        float32 (blocks * 16, h), from which their buckets are told when they are merged.
    count
        How many rows there are.
    """

    codes: Bytes
    biases: Floats
    heads: Floats
    count: int

    @classmethod
    def empty(cls, width: int, means: int, rows: int = 0) -> Delta:
        """One with room for `rows` rows of `width` coordinates."""
        blocks = -(-rows // LANES)
        return cls(
            np.empty((blocks, width // 8 * 64), np.uint8),
            np.empty((blocks, means, LANES), np.float32),
            np.empty((blocks * LANES, width), np.float32),
            0,
        )

    @property
    def nbytes(self) -> int:
        """Bytes in memory, spare room included."""
        return self.codes.nbytes + self.biases.nbytes + self.heads.nbytes

    def extended(self, heads: Floats, packed: Bytes, biases: Floats) -> Delta:
        """These rows and more: heads (r, h), their packed codes (r, h / 2) and biases (m, r)."""
        total = self.count + len(heads)
        grown = self
        if total > len(self.heads):
            grown = Delta.empty(heads.shape[1], len(biases), max(total, 2 * len(self.heads), 4096))
            used = -(-self.count // LANES)
            grown.codes[:used] = self.codes[:used]
            grown.biases[:used] = self.biases[:used]
            grown.heads[: self.count] = self.heads[: self.count]
        lanes = np.arange(self.count, total)
        block, lane = lanes // LANES, lanes % LANES
        groups = heads.shape[1] // 8
        by_lane = grown.codes.reshape(-1, groups, LANES, 4)
        by_lane[block, :, lane, :] = packed.reshape(len(heads), groups, 4)
        grown.biases[block, :, lane] = biases.T
        grown.heads[self.count : total] = heads
        return Delta(grown.codes, grown.biases, grown.heads, total)

    def with_mean(self, biases: Floats) -> Delta:
        """The same rows with the biases (count,) of one more mean."""
        blocks, means, _ = self.biases.shape
        grown = np.empty((blocks, means + 1, LANES), np.float32)
        grown[:, :means] = self.biases
        lanes = np.arange(self.count)
        grown[lanes // LANES, means, lanes % LANES] = biases
        return Delta(self.codes, grown, self.heads, self.count)
