"""The exact index: every allowed row is scored, by a blocked float32 matrix product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pixie.index.base import Index
from pixie.index.ranking import best_rows
from pixie.index.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows
    from pixie.index.trace import Trace

BLOCK_ROWS = 16384
"""Rows of one product: 50 MB at 768 dimensions. On one thread, 1,024 to 65,536 differ by less than the
noise."""


@dataclass(frozen=True)
class ExactSettings(Settings):
    """Settings of `exact`.

    Attributes
    ----------
    block_rows
        Rows scored by one product, 256 to 1,048,576. More cost memory, 4 bytes a row and query, and gain
        nothing past a few thousand.
    """

    block_rows: int = BLOCK_ROWS

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {"block_rows": (256, 1 << 20)}


class Exact(Index):
    """Scores every allowed row; recall is 1 by definition.

    Work and memory traffic grow with the number of rows: one query reads 3 KB a row at 768 dimensions, while
    a batch reads each row once for all its queries. There is nothing to train, so `fit` on a memory map costs
    nothing and the system's page cache is the only copy.
    """

    kind = "exact"
    settings_type = ExactSettings

    def _fitted(self, _rows: Rows, /) -> None:
        """Nothing to train: the rows are the index."""

    def _extended(self, _structure: None, _rows: Rows, _first: int, /) -> None:
        """Nothing to keep up with."""

    def _nearest(
        self,
        rows: Rows,
        _structure: None,
        queries: FloatMatrix,
        k: int,
        _modality: str | None,
        usable: Mask | None,
        settings: ExactSettings,
        _trace: Trace | None = None,
        /,
    ) -> tuple[Positions, npt.NDArray[np.float32]]:
        return best_rows(rows, queries, k, usable, settings.block_rows)

    def _bytes(self, _structure: None, /) -> int:
        return 0

    def _arrays(self, _structure: None, /) -> dict[str, Any]:
        return {}

    def _restored(self, arrays: dict[str, npt.NDArray[Any]], _rows: Rows, /) -> None:
        if arrays:
            raise ValueError(f"an exact index has no arrays {sorted(arrays)}")

    def _facts(self, _rows: Rows, _structure: None, /) -> dict[str, Any]:
        return {"search": "exact scan"}
