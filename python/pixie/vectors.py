"""vectors.f32: unit float32 rows in one flat file, row i at byte i * 4 * dimension."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

from pixie.disk import disk_error, disk_errors
from pixie.errors import CollectionError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

FILE_NAME = "vectors.f32"


class VectorFile:
    """The vectors of a collection on disk.

    It knows nothing of commits: the store says how many rows count. Rows are written once and never change,
    so a mapping that was handed out stays valid while the file grows. Reading is safe from any thread;
    `append` and `cut` are for the one writer.

    Parameters
    ----------
    path
        The file, which exists.
    dimension
        Numbers in a row, 1 or more.
    """

    def __init__(self, path: Path, dimension: int) -> None:
        self._path = path
        self._dimension = dimension
        self._row_bytes = 4 * dimension
        self._mapped: npt.NDArray[np.float32] | None = None
        self._mapping = threading.Lock()

    def check(self, rows: int) -> None:
        """Raise ``damaged`` unless the file holds `rows` rows."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            size = 0
        if size < rows * self._row_bytes:
            missing = rows - size // self._row_bytes
            raise CollectionError(
                f"{self._path} is damaged: {missing} of its {rows} rows are missing",
                fix="restore the file from a backup, or index into a new collection",
                code="damaged",
            )

    def cut(self, rows: int) -> None:
        """Cut off what stands after row `rows`: the tail of a write that no commit followed."""
        with disk_errors(self._path):
            if self._path.stat().st_size > rows * self._row_bytes:
                os.truncate(self._path, rows * self._row_bytes)

    def append(self, vectors: npt.NDArray[np.float32], row: int) -> None:
        """Write `vectors`, float32 (n, dimension), as rows `row` and following, and sync them to the disk.

        Raises
        ------
        CollectionError
            ``disk_full`` among others; the file is then as long as before.
        """
        start = row * self._row_bytes
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as error:
            raise disk_error(error, self._path) from error
        try:
            # The format is little-endian whatever the machine is.
            left = vectors.astype("<f4", order="C", copy=False).data.cast("B")
            while left:
                written = os.pwrite(descriptor, left, start)
                left, start = left[written:], start + written
            os.fsync(descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, row * self._row_bytes)
            raise disk_error(error, self._path) from error
        finally:
            os.close(descriptor)

    def rows(self, count: int) -> npt.NDArray[np.float32]:
        """The first `count` rows, float32 (count, dimension), read-only and mapped from the file, not copied.

        Raises
        ------
        CollectionError
            ``damaged`` when the file is shorter: a mapping past its end would end the process.
        """
        import numpy as np  # here, because listing and removing items need no numpy

        if count == 0:
            return np.empty((0, self._dimension), np.float32)
        with self._mapping:
            if self._mapped is None or len(self._mapped) < count:
                self.check(count)
                with disk_errors(self._path):
                    self._mapped = np.memmap(self._path, "<f4", "r", shape=(count, self._dimension))
            return self._mapped[:count]

    def size(self) -> int:
        """Bytes the file takes."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0
