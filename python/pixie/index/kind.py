"""What a kind of index does its own way: a structure over rows, made, extended, searched and saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows
    from pixie.index.settings import Settings
    from pixie.index.trace import Trace


class Kind(ABC):
    """What `Index`, which holds the rows and the structure over them, asks of its kinds.

    A structure is never changed: searches run on one while the next is made.
    """

    kind: ClassVar[str]
    """Name of the kind, as `make_index` takes it."""

    settings_type: ClassVar[type[Settings]]
    """Class of the kind's settings."""

    _trains: ClassVar[bool] = False
    """Whether `fit` reads every vector."""

    @abstractmethod
    def _fitted(self, rows: Rows, /) -> Any:
        """The structure over `rows`, from scratch."""

    @abstractmethod
    def _extended(self, structure: Any, rows: Rows, /) -> Any:
        """The structure over `rows`, which go on where its own end; `structure` itself must not change."""

    @abstractmethod
    def _nearest(
        self,
        rows: Rows,
        structure: Any,
        queries: FloatMatrix,
        k: int,
        modality: str | None,
        usable: Mask | None,
        settings: Any,
        trace: Trace | None = None,
        /,
    ) -> tuple[Positions, npt.NDArray[np.float32]]:
        """Search one state; `usable` is over positions, None for all. Fills `trace` in where it is given."""

    def _to_save(self, _rows: Rows, structure: Any, /) -> Any:
        """The structure in the form that is saved."""
        return structure

    @abstractmethod
    def _bytes(self, structure: Any, /) -> int:
        """Bytes of `structure` in memory."""

    @abstractmethod
    def _arrays(self, structure: Any, /) -> dict[str, Any]:
        """The arrays of `structure`, to be saved; a list stands for one array in parts."""

    @abstractmethod
    def _restored(self, arrays: dict[str, npt.NDArray[Any]], rows: Rows, /) -> Any:
        """The structure again from `_arrays`; raises ValueError when they do not belong together."""

    @abstractmethod
    def _facts(self, rows: Rows, structure: Any, /) -> dict[str, Any]:
        """What `stats` says about this kind alone."""
