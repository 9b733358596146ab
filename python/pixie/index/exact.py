"""The exact index: every allowed row is scored, or known to score too low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from pixie.index.base import Index, State
from pixie.index.prefilter import Bytes
from pixie.index.ranking import best_positions, best_rows, ranked
from pixie.index.settings import Settings
from pixie.index.trace import Layer
from pixie.index.upkeep import Upkeep

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.device_scan import DeviceRows
    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows
    from pixie.index.trace import Trace

BLOCK_ROWS = 16384
"""Rows of one product: 50 MB at 768 dimensions. On one thread, 1,024 to 65,536 differ by less than the
noise."""

FEW_QUERIES = 8
"""Queries of a call, up to which bytes are read instead of floats: for more of them a product of matrices,
which reads a row once for all, takes less time."""

BYTES_FROM = 16_384
"""Rows from which bytes are made by themselves: of fewer, a scan takes a millisecond."""

BYTES_AFTER = 32
"""Calls of few queries after which they are: by then they have taken as much longer as making them takes."""

GATHER_BELOW = 0.1
"""Share of allowed rows below which these are gathered instead of reading the bytes of all."""

GPU_FROM = 200_000
"""Rows from which they are taken to a GPU by themselves."""

GPU_AGAIN_SHARE = 0.1
"""Rows that a GPU may lack, as a share of those it has, before all are taken to it again."""


@dataclass(frozen=True)
class ExactSettings(Settings):
    """Settings of `exact`. None changes a hit or its score.

    Attributes
    ----------
    block_rows
        Rows scored by one product, 256 to 1,048,576. More cost memory, 4 bytes a row and query, and gain
        nothing past a few thousand.
    prefilter
        1 to keep the rows in bytes too, which takes a quarter of their memory again and answers a few queries
        in a third of the time; 0 not to. None: once there have been many calls of few queries.
    gpu
        1 to keep the rows on a GPU, where torch finds one; 0 not to. None: where there are many, and torch is
        loaded and has a GPU.
    """

    block_rows: int = BLOCK_ROWS
    prefilter: int | None = None
    gpu: int | None = None

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {
        "block_rows": (256, 1 << 20),
        "prefilter": (0, 1),
        "gpu": (0, 1),
    }


class Copies(NamedTuple):
    """Other forms of the first positions of the rows, each None while there is none."""

    bytes_of_rows: Bytes | None = None
    on_gpu: DeviceRows | None = None


class Exact(Index):
    """Finds the k best allowed rows; recall is 1 by definition.

    Work and memory traffic grow with the number of rows: one query reads 3 KB a row at 768 dimensions, or 0.8
    KB of bytes once those are made, while a batch reads each row once for all its queries. There is nothing
    to train, so `fit` on a memory map costs nothing, and at first the system's page cache is the only copy.
    Rows in bytes or on a GPU come to it in the background, when they pay, and are not saved.
    """

    kind = "exact"
    settings_type = ExactSettings
    settings: ExactSettings

    def __init__(self, dim: int, settings: ExactSettings) -> None:
        super().__init__(dim, settings)
        self._state = State(self._state.rows, Copies())
        self._calls = 0
        self._gpu_failed = False
        self._upkeep = Upkeep(self._do_what_is_due)

    def settle(self, timeout: float | None = None) -> bool:
        """See `Index.settle`: copies of the rows are made in the background."""
        return self._upkeep.wait(timeout)

    def _fitted(self, rows: Rows, /) -> Copies:
        self._calls, self._gpu_failed = 0, False
        return Copies(
            Bytes.of(rows) if self.settings.prefilter and len(rows) else None,
            self._taken_to_gpu(rows) if self.settings.gpu else None,
        )

    def _extended(self, structure: Copies, rows: Rows, /) -> Copies:
        if structure.bytes_of_rows is not None:
            structure = structure._replace(bytes_of_rows=structure.bytes_of_rows.extended(rows))
        elif self.settings.prefilter:
            structure = structure._replace(bytes_of_rows=Bytes.of(rows))
        return structure

    def _nearest(
        self,
        rows: Rows,
        structure: Copies,
        queries: FloatMatrix,
        k: int,
        _modality: str | None,
        usable: Mask | None,
        settings: ExactSettings,
        trace: Trace | None = None,
        /,
    ) -> tuple[Positions, npt.NDArray[np.float32]]:
        self._note(queries, rows, structure)
        few = rows.allowed(usable) < GATHER_BELOW * len(rows)
        coded, on_gpu = structure
        found, listed, form = None, 0, ""
        if on_gpu is not None and not few and not self._gpu_failed:
            found, listed, form = on_gpu.candidates(queries, k, usable), on_gpu.listed, "gpu"
            self._gpu_failed = self._gpu_failed or found is None
        if found is None and coded is not None and len(queries) <= FEW_QUERIES and not few:
            found, listed, form = coded.candidates(rows, queries, k, usable), coded.listed, "bytes"
        if found is None:
            return best_rows(rows, queries, k, usable, settings.block_rows)
        if listed < len(rows):
            later = best_positions(rows, queries, k, usable, settings.block_rows, listed)
            found = [np.concatenate(both) for both in zip(found, later, strict=True)]
        if trace is not None:
            trace.search = "exact scan"
            looked_at = sum(map(len, found)) / len(queries) + len(rows) - listed
            trace.layers = [Layer(form, listed, None), Layer("vectors", looked_at, None)]
        return ranked(rows, queries, found, k)

    def _note(self, queries: FloatMatrix, rows: Rows, structure: Copies) -> None:
        """Count a call, and see to it that copies are made which are due."""
        if 0 < len(queries) <= FEW_QUERIES:
            # Two threads may count one call: nothing depends on the very number.
            self._calls += 1
        if self._due(rows, structure) is not None:
            self._upkeep.start()

    def _due(self, rows: Rows, structure: Copies) -> str | None:
        """What is to be made: ``bytes``, ``gpu`` or nothing."""
        wanted = self.settings.prefilter is None and len(rows) >= BYTES_FROM
        if wanted and structure.bytes_of_rows is None and self._calls >= BYTES_AFTER:
            return "bytes"
        on_gpu = structure.on_gpu
        if self.settings.gpu == 0 or self._gpu_failed or not len(rows):
            return None
        if on_gpu is not None:
            return "gpu" if len(rows) - on_gpu.listed > GPU_AGAIN_SHARE * on_gpu.listed else None
        if self.settings.gpu or len(rows) >= GPU_FROM:
            from pixie.index import device_scan

            return "gpu" if device_scan.has_gpu(load=bool(self.settings.gpu)) else None
        return None

    def _do_what_is_due(self) -> bool:
        """Make a copy that is due and put it beside the present rows, unless these are gone."""
        rows, structure = self._state
        due = self._due(rows, structure)
        if due is None:
            return False
        made: Bytes | DeviceRows | None = Bytes.of(rows) if due == "bytes" else self._taken_to_gpu(rows)
        with self._writing:
            newest = self._state
            if newest.structure is structure:
                copies = (
                    structure._replace(bytes_of_rows=made)
                    if isinstance(made, Bytes)
                    else structure._replace(on_gpu=made)
                )
                self._state = State(newest.rows, copies)
        return True

    def _taken_to_gpu(self, rows: Rows) -> DeviceRows | None:
        from pixie.index import device_scan

        made = device_scan.DeviceRows.of(rows) if device_scan.has_gpu(load=True) else None
        self._gpu_failed = made is None
        return made

    def _bytes(self, structure: Copies, /) -> int:
        coded = structure.bytes_of_rows
        return 0 if coded is None else coded.nbytes

    def _arrays(self, _structure: Copies, /) -> dict[str, npt.NDArray[Any]]:
        return {}

    def _restored(self, arrays: dict[str, npt.NDArray[Any]], rows: Rows, /) -> Copies:
        if arrays:
            raise ValueError(f"an exact index has no arrays {sorted(arrays)}")
        return self._fitted(rows)

    def _facts(self, _rows: Rows, structure: Copies, /) -> dict[str, Any]:
        coded, on_gpu = structure
        return {
            "search": "exact scan",
            "rows_in_bytes": 0 if coded is None else coded.listed,
            "rows_on_gpu": 0 if on_gpu is None else on_gpu.listed,
        }
