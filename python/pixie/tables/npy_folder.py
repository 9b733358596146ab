"""A folder of NumPy arrays with the items beside them: exporting and reading it back."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie.disk import sync_folder
from pixie.errors import InvalidInputError
from pixie.items import MODALITIES
from pixie.tables.table import Row, Table
from pixie.tables.text_writers import item_row
from pixie.tables.writer import Writer, output_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import IO

    import numpy as np
    import numpy.typing as npt

    from pixie.items import Modality
    from pixie.manifest import Model
    from pixie.tables.export import ExportedItem

ITEMS_FILE = "items.ndjson"


def vectors_file(modality: Modality) -> str:
    """The name of the array of a modality: float32 (n, d)."""
    return f"{modality}_vectors.npy"


class NpyWriter(Writer):
    """Writes a folder that appears when it is complete.

    ``image_vectors.npy`` and ``text_vectors.npy`` hold the vectors; each line of ``items.ndjson`` is an item
    with the numbers of its rows in them, ``image_row`` and ``text_row``.

    Parameters
    ----------
    path
        The folder, which is not there yet.
    model
        The model of the vectors.
    metadata
        Whether more than ids is written of the items.
    counts
        How many vectors of each modality will come.

    Raises
    ------
    InvalidInputError
        There is something at `path`, or it can't be written.
    """

    def __init__(self, path: str, model: Model, metadata: bool, counts: Mapping[Modality, int]) -> None:
        import numpy as np

        self._path = Path(path).absolute()
        self._model = model
        self._metadata = metadata
        self._rows = dict.fromkeys(MODALITIES, 0)
        if os.path.lexists(self._path):
            raise InvalidInputError(
                f"there is {self._path} already", fix="name a folder that is not there yet", item=path
            )
        self._temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        self._files = contextlib.ExitStack()
        with output_errors(path), self._abandoning():
            self._temporary.mkdir()
            self._items = self._open(ITEMS_FILE)
            self._arrays = {modality: self._open(vectors_file(modality)) for modality in MODALITIES}
            for modality, array in self._arrays.items():
                shape = (counts.get(modality, 0), model.dimension)
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(array, header)

    def write(self, items: Sequence[ExportedItem]) -> None:
        """Write some items with their vectors."""
        with output_errors(str(self._path)):
            for each in items:
                row: dict[str, Any] = item_row(each.item) if self._metadata else {"id": each.item.id}
                row["model"] = self._model.fingerprint
                for modality, array in self._arrays.items():
                    vector = each.vectors.get(modality)
                    row[f"{modality}_row"] = None if vector is None else self._rows[modality]
                    if vector is not None:
                        array.write(vector.astype("<f4", copy=False).tobytes())
                        self._rows[modality] += 1
                self._items.write(json.dumps(row, allow_nan=False).encode("ascii") + b"\n")

    def __enter__(self) -> NpyWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with output_errors(str(self._path)), self._abandoning():
            if error is not None:
                self._files.close()
                shutil.rmtree(self._temporary, ignore_errors=True)
                return
            for file in (self._items, *self._arrays.values()):
                file.flush()
                os.fsync(file.fileno())
            self._files.close()
            sync_folder(self._temporary)
            self._temporary.rename(self._path)
            sync_folder(self._path.parent)

    def _open(self, name: str) -> IO[bytes]:
        return self._files.enter_context((self._temporary / name).open("wb"))

    @contextlib.contextmanager
    def _abandoning(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError):
                self._files.close()
            shutil.rmtree(self._temporary, ignore_errors=True)
            raise


class NpyTable(Table):
    """A folder that `NpyWriter` wrote, as the table that it is of.

    Raises
    ------
    InvalidInputError
        A file is missing or no such array.
    """

    def __init__(self, path: str) -> None:
        from pixie.tables.json_table import NdjsonTable

        folder = Path(path).absolute()
        self._arrays = {modality: _array(folder / vectors_file(modality)) for modality in MODALITIES}
        self._items = NdjsonTable(str(folder / ITEMS_FILE), None)
        self.name, self.folder = folder.name, folder
        self.total = self._items.total
        self.columns = tuple(
            name.replace("_row", "_vector") if name in _ROW_COLUMNS else name for name in self._items.columns
        )

    def rows(self, texts: Collection[str] = ()) -> Iterator[Row]:
        """All items, with their vectors."""
        for row in self._items.rows(texts):
            yield row if row.problem else self._row(row)

    def cells(self, column: str) -> Iterator[tuple[int, object]]:
        """What the items have in a column that is not of vectors."""
        return self._items.cells(column)

    def close(self) -> None:
        """Close the files."""
        self._items.close()

    def _row(self, row: Row) -> Row:
        cells: dict[str, Any] = dict(row.cells)
        for modality, array in self._arrays.items():
            place = cells.pop(f"{modality}_row", None)
            if place is None:
                continue
            if type(place) is not int or not 0 <= place < len(array):
                return Row(row.number, {}, f"its {modality}_row is {place!r}, of {len(array)} rows")
            cells[f"{modality}_vector"] = array[place]
        return Row(row.number, cells)


_ROW_COLUMNS = tuple(f"{modality}_row" for modality in MODALITIES)


def _array(path: Path) -> npt.NDArray[np.float32]:
    import numpy as np

    try:
        array: npt.NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(
            f"the array {path} can't be read: {reason}", fix="export again", item=str(path)
        ) from error
    if array.ndim != 2 or array.dtype != np.float32:
        raise InvalidInputError(
            f"the array {path} is {array.dtype} {array.shape}, not float32 (n, d)", item=str(path)
        )
    return array
