"""The vectors an index holds: blocks of float32 rows, their row numbers, and which of them are alive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pixie.errors import InvalidInputError
from pixie.index.blocks import Blocks
from pixie.index.growing import Growing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    FloatMatrix = npt.NDArray[np.float32]
    Positions = npt.NDArray[np.int64]
    Places = npt.NDArray[np.int64] | npt.NDArray[np.int32]
    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """An immutable view of the rows at one moment; searches run on it while a writer makes the next one.

    Attributes
    ----------
    vectors
        float32 (n, dim); its row p is at position p.
    column
        int64 (n,): the row number at each position.
    flags
        bool (n,): False where the row was removed.
    live
        How many rows are alive.
    ascending
        True when the numbers ascend, so that a row is found by binary search without sorting first.
    """

    vectors: Blocks
    column: Growing
    flags: Growing
    live: int
    ascending: bool

    @classmethod
    def of(cls, vectors: FloatMatrix, numbers: Positions | None = None, alive: Mask | None = None) -> Rows:
        """Rows over `vectors`, referred to and not copied; numbered from 0 and all alive unless told."""
        count = len(vectors)
        numbers = np.arange(count, dtype=np.int64) if numbers is None else numbers
        alive = np.ones(count, np.bool_) if alive is None else alive
        return cls(
            vectors=Blocks.of(vectors),
            column=Growing.holding(numbers),
            flags=Growing.holding(alive),
            live=int(np.count_nonzero(alive)),
            ascending=_ascend(numbers),
        )

    def __len__(self) -> int:
        """How many positions there are, those of removed rows included."""
        return self.column.count

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.vectors.empty.shape[1])

    @property
    def numbers(self) -> Positions:
        """The row number at each position, int64 (n,)."""
        return self.column.values

    @cached_property
    def alive(self) -> Mask:
        """Booleans (n,): False where the row was removed."""
        return self.flags.values

    def extended(self, vectors: FloatMatrix, numbers: Positions) -> Rows:
        """These rows and then `vectors`, which are copied. Only the newest view may be extended."""
        known = self.live_positions(numbers) >= 0
        if known.any():
            row = int(numbers[np.argmax(known)])
            raise InvalidInputError(
                f"row {row} is already in the index",
                fix="remove it first, or give it a new number",
                item=str(row),
            )
        last = self.numbers[-1:]
        return Rows(
            vectors=self.vectors.extended(vectors),
            column=self.column.appended(numbers),
            flags=self.flags.appended(np.ones(len(vectors), np.bool_)),
            live=self.live + len(vectors),
            ascending=self.ascending and _ascend(np.concatenate([last, numbers])),
        )

    def without(self, numbers: Positions) -> Rows:
        """These rows less those of `numbers`; numbers that are not alive here are passed over."""
        positions = self.live_positions(np.unique(numbers))
        positions = positions[positions >= 0]
        # A copy, not a flip in place: a running search must see one state from its first layer to its last.
        alive = self.alive.copy()
        alive[positions] = False
        live = self.live - len(positions)
        flags = Growing.holding(alive)
        return replace(self, flags=flags, live=live)

    def resting_on(self, matrix: FloatMatrix) -> Rows:
        """The same rows, their vectors those of `matrix`, referred to and not copied."""
        return replace(self, vectors=Blocks.of(matrix))

    def live_positions(self, numbers: Positions) -> Positions:
        """Position of each of `numbers`, or -1 where no such row is alive."""
        if not len(self.numbers) or not len(numbers):
            return np.full(len(numbers), -1, np.int64)
        order = None if self.ascending else np.argsort(self.numbers, kind="stable")
        # A number that was removed and given again stands at two positions; only the later one can be alive.
        found = np.searchsorted(self.numbers, numbers, side="right", sorter=order) - 1
        positions = np.maximum(found, 0) if order is None else order[np.maximum(found, 0)]
        hit = (found >= 0) & (self.numbers[positions] == numbers) & self.alive[positions]
        return np.where(hit, positions, -1)

    def usable(self, allow: Mask | None) -> Mask | None:
        """Booleans (n,) of the positions a search may return, or None when that is all of them."""
        if allow is None:
            return None if self.live == len(self) else self.alive
        if self.ascending and len(self) and self.numbers[-1] == len(self) - 1:
            permitted = np.zeros(len(self), np.bool_)
            permitted[: len(allow)] = allow[: len(self)]
        elif len(allow):
            permitted = allow[np.minimum(self.numbers, len(allow) - 1)] & (self.numbers < len(allow))
        else:
            permitted = np.zeros(len(self), np.bool_)
        return permitted & self.alive

    def allowed(self, usable: Mask | None) -> int:
        """How many positions are True in what `usable` gave."""
        return self.live if usable is None or usable is self.alive else int(np.count_nonzero(usable))

    def chunks(self, size: int, first: int = 0) -> Iterator[tuple[int, FloatMatrix]]:
        """Runs of at most `size` rows in order, each with the position it starts at, from `first` on."""
        return self.vectors.chunks(size, first)

    def take(self, positions: Places) -> FloatMatrix:
        """The vectors at `positions`, copied."""
        return self.vectors.take(positions)


def _ascend(numbers: Positions) -> bool:
    return bool(np.all(numbers[1:] > numbers[:-1]))
