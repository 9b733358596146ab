"""An array that grows at its end while earlier views of it stay as they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

_MIN_ROOM = 1024


@dataclass(frozen=True)
class Growing:
    """The first `count` entries of an array, with room behind them for the next ones.

    Growing returns a new view over the same memory and writes only behind the end of every view there is, so
    readers of older views need no lock. Only the newest view may grow, which its owner sees to with a lock.

    Attributes
    ----------
    room
        The array with its spare room.
    count
        How many of its entries count.
    """

    room: Array
    count: int

    @classmethod
    def holding(cls, values: Array) -> Growing:
        """All of `values`, referred to and never written to: there is no room behind them."""
        return cls(values, len(values))

    @classmethod
    def empty(cls, rows: int, like: Array) -> Growing:
        """Room for `rows` entries shaped like those of `like`."""
        return cls(np.empty((max(rows, _MIN_ROOM), *like.shape[1:]), like.dtype), 0)

    @property
    def values(self) -> Array:
        """The entries that count; a view, not to be written to."""
        return self.room[: self.count]

    @property
    def spare(self) -> int:
        """How many entries fit in behind."""
        return len(self.room) - self.count

    def filled(self, values: Array) -> Growing:
        """These entries and then `values`, which must fit into the spare room."""
        total = self.count + len(values)
        self.room[self.count : total] = values
        return Growing(self.room, total)

    def appended(self, values: Array) -> Growing:
        """These entries and then `values`, moved to a larger room when need be (amortised constant time)."""
        if len(values) <= self.spare:
            return self.filled(values)
        total = self.count + len(values)
        return Growing.empty(total + total // 2, self.room).filled(self.values).filled(values)
