"""A matrix in blocks: it grows at its end without a move of what is there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.index.growing import Growing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Matrix = npt.NDArray[Any]
    Positions = npt.NDArray[np.int64]
    Places = npt.NDArray[np.int64] | npt.NDArray[np.int32]


@dataclass(frozen=True)
class Blocks:
    """An immutable matrix whose rows lie in several arrays.

    Attributes
    ----------
    parts
        Matrices of one dtype and width; row p of the whole is a row of the part that covers p.
    empty
        A matrix without rows, of that dtype and width.
    """

    parts: tuple[Growing, ...]
    empty: Matrix

    @classmethod
    def of(cls, matrix: Matrix) -> Blocks:
        """All of `matrix`, referred to and not copied."""
        return cls((Growing.holding(matrix),) if len(matrix) else (), matrix[:0])

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self.starts[-1])

    @cached_property
    def starts(self) -> Positions:
        """int64, one more than there are parts: the row each part starts at, and the number of rows."""
        return np.cumsum([0, *(part.count for part in self.parts)], dtype=np.int64)

    @cached_property
    def addresses(self) -> npt.NDArray[np.uintp]:
        """Where each part is in memory, for compiled code; valid as long as these blocks are held."""
        return np.array([part.room.ctypes.data for part in self.parts], np.uintp)

    def extended(self, rows: Matrix) -> Blocks:
        """These rows and then `rows`, which are copied. Only the newest view may be extended."""
        parts = list(self.parts)
        fitting = min(parts[-1].spare, len(rows)) if parts else 0
        if fitting:
            parts[-1] = parts[-1].filled(rows[:fitting])
        if fitting < len(rows):
            # Parts grow with the whole, so that a million single adds leave tens of parts, not thousands.
            room = max(len(self) // 8, len(rows) - fitting)
            parts.append(Growing.empty(room, self.empty).filled(rows[fitting:]))
        return Blocks(tuple(parts), self.empty)

    def chunks(self, size: int, first: int = 0) -> Iterator[tuple[int, Matrix]]:
        """Runs of at most `size` rows in order, each with the row it starts at, from `first` on."""
        for start, part in zip(self.starts.tolist(), self.parts, strict=False):
            for offset in range(max(0, first - start), part.count, size):
                yield start + offset, np.asarray(part.values[offset : offset + size])

    def take(self, positions: Places) -> Matrix:
        """The rows at `positions`, copied."""
        if len(self.parts) == 1:
            return np.asarray(self.parts[0].values)[positions]
        out = np.empty((len(positions), *self.empty.shape[1:]), self.empty.dtype)
        part_of = np.searchsorted(self.starts, positions, side="right") - 1
        for number in np.unique(part_of).tolist():
            at = np.flatnonzero(part_of == number)
            out[at] = np.asarray(self.parts[number].values)[positions[at] - self.starts[number]]
        return out
