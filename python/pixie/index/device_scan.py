"""Rows kept on a GPU, which finds those that may be among the best; torch is spoken to here alone.

The products of a GPU round as they please, and as its settings for float32 say, so they only find rows, like
those of a processor: all that may be among the k best come back to be scored by their floats.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.index.ranking import NO_COSINE, ROUNDING

if TYPE_CHECKING:
    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows

LESS_THAN_FLOAT = 2e-2
"""Twice what a product of unit vectors can move by where torch may round their coordinates to bfloat16, which
moves each by 2**-9 of itself at most."""

DEVICE = "cuda"
"""Where rows are kept, as torch names it."""

_CHUNK = 65_536
_SCORES_AT_ONCE = 1 << 27
_LOG = logging.getLogger("pixie")


def has_gpu(*, load: bool) -> bool:
    """Whether torch has a GPU; it is loaded to find that out only when `load` is set."""
    if not load and "torch" not in sys.modules:
        return False
    try:
        import torch
    except (ImportError, OSError):
        return False
    return bool(torch.cuda.is_available())


@dataclass(frozen=True)
class DeviceRows:
    """The first positions of some rows, float32 on a device of torch; searched by any number of threads.

    Attributes
    ----------
    matrix
        torch.Tensor (n, dim).
    """

    matrix: Any

    @classmethod
    def of(cls, rows: Rows) -> DeviceRows | None:
        """All of `rows`; None where the device has no room for them."""
        import torch

        try:
            matrix = torch.empty((len(rows), rows.dim), dtype=torch.float32, device=DEVICE)
            for start, part in rows.chunks(_CHUNK):
                # A copy: torch does not take memory that may not be written to.
                matrix[start : start + len(part)] = torch.from_numpy(np.array(part)).to(DEVICE)
        except RuntimeError as error:
            _LOG.warning("the rows are searched on the processor: %s", error)
            return None
        return cls(matrix)

    @property
    def listed(self) -> int:
        """How many positions are held."""
        return len(self.matrix)

    def candidates(self, queries: FloatMatrix, k: int, usable: Mask | None) -> list[Positions] | None:
        """For each query every usable position held here that may be among the k best of those.

        None where the device fails, for want of memory or otherwise.
        """
        import torch

        try:
            with torch.inference_mode():
                return self._candidates(queries, k, usable)
        except RuntimeError as error:
            _LOG.warning("the rows are searched on the processor: %s", error)
            return None

    def _candidates(self, queries: FloatMatrix, k: int, usable: Mask | None) -> list[Positions]:
        import torch

        count, device = len(self.matrix), self.matrix.device
        unusable = None if usable is None else torch.from_numpy(~usable[:count]).to(device)
        margin = ROUNDING if torch.get_float32_matmul_precision() == "highest" else LESS_THAN_FLOAT
        found: list[Positions] = []
        at_once = max(1, _SCORES_AT_ONCE // max(1, count))
        for start in range(0, len(queries), at_once):
            asked = torch.from_numpy(np.array(queries[start : start + at_once])).to(device)
            scores = asked @ self.matrix.T
            # Rows that were damaged on disk, NaN among them, which is below nothing, and rows not usable.
            missing = ~((scores < NO_COSINE) & (scores > -torch.inf))
            if unusable is not None:
                missing |= unusable
            scores.masked_fill_(missing, -torch.inf)
            least = scores.topk(min(k, count), dim=1).values[:, -1:] - margin
            chosen = (scores >= least) & ~missing
            by_query, positions = (part.cpu().numpy() for part in chosen.nonzero(as_tuple=True))
            found += np.split(positions, np.searchsorted(by_query, np.arange(1, len(asked))))
        return found
