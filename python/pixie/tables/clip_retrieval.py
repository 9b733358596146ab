"""Folders that clip-retrieval writes: vectors in NumPy arrays, all else in Parquet beside them."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.errors import InvalidInputError
from pixie.tables.columns import Columns
from pixie.tables.foreign_vectors import check_model, unit_vector
from pixie.tables.incoming import RowError, read_row, row_error
from pixie.tables.kinds import CLIP_RETRIEVAL_ARRAYS
from pixie.tables.parquet_table import ParquetTable
from pixie.tables.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from pixie.items import Modality
    from pixie.manifest import Model
    from pixie.tables.incoming import Incoming
    from pixie.tables.options import TableOptions

    _Part = tuple[ParquetTable, Columns, dict[Modality, npt.NDArray[Any]]]


class ClipRetrievalSource(Source):
    """The pictures and captions of such a folder with their vectors, which are scaled to length 1.

    A picture whose file is there keeps its path; of others the path stays in the metadata. A caption without
    a vector is metadata, too.

    Parameters
    ----------
    folder
        The folder, with ``metadata/metadata_*.parquet`` and ``img_emb/img_emb_*.npy`` or
        ``text_emb/text_emb_*.npy`` or both.
    model
        The model of the collection they go to.
    options
        ``model_of`` says which model the vectors are of; columns may be named.

    Raises
    ------
    InvalidInputError
        A file is missing, damaged, or does not match the others; nobody says which model it is.
    CollectionError
        ``wrong_model``.
    """

    def __init__(self, folder: str, model: Model, options: TableOptions) -> None:
        self._folder = Path(folder).absolute()
        self._dimension = model.dimension
        self._options = options
        check_model(options.model_of, model, f"the folder {self._folder}")
        parts = sorted((self._folder / "metadata").glob("metadata_*.parquet"), key=_part_number)
        self._parts: list[_Part] = []
        try:
            for part in parts:
                self._parts.append(self._opened(part))
        except BaseException:
            self.close()
            raise
        if not self._parts:
            raise InvalidInputError(f"there are no metadata_*.parquet in {self._folder / 'metadata'}")
        self.total = sum(table.total or 0 for table, _, _ in self._parts)

    def items(self) -> Iterator[Incoming | RowError]:
        """An item for each row of each part."""
        return chain.from_iterable(self._items_of(*part) for part in self._parts)

    def columns_json(self) -> None:
        """None: what is what goes without saying."""

    def close(self) -> None:
        """Close the files."""
        for table, _, _ in self._parts:
            table.close()

    def _opened(self, part: Path) -> _Part:
        table = ParquetTable(str(part))
        try:
            table.name, table.folder = self._folder.name, self._folder
            asked = self._options
            columns = Columns.of(table.columns, asked.id, asked.image, asked.text, asked.metadata)
            arrays: dict[Modality, npt.NDArray[Any]] = {}
            for modality, name in CLIP_RETRIEVAL_ARRAYS.items():
                file = self._folder / name / f"{name}_{part.stem.partition('_')[2]}.npy"
                if file.exists():
                    arrays[modality] = _array(file, table.total or 0, self._dimension)
            if not arrays:
                raise InvalidInputError(f"there are no vectors for {part}")
        except BaseException:
            table.close()
            raise
        return table, columns, arrays

    def _items_of(
        self, table: ParquetTable, columns: Columns, arrays: dict[Modality, npt.NDArray[Any]]
    ) -> Iterator[Incoming | RowError]:
        for row in table.rows():
            try:
                found = read_row(row, table, columns)
                vectors = {kind: array[row.number - 1] for kind, array in arrays.items()}
                yield _with_vectors(found, vectors, columns, row.cells, self._dimension)
            except RowError as error:
                yield error


def _with_vectors(
    found: Incoming,
    vectors: dict[Modality, npt.NDArray[Any]],
    columns: Columns,
    cells: Any,
    dimension: int,
) -> Incoming:
    metadata = dict(found.metadata)
    path, text = found.path, found.text
    if path is not None and not ("image" in vectors and os.path.isfile(path)):
        assert columns.image is not None
        metadata[columns.image] = cells[columns.image]
        path = None
    if text is not None and "text" not in vectors:
        assert columns.text is not None
        metadata[columns.text] = text
        text = None
    if text is None:
        vectors.pop("text", None)
    try:
        units = {kind: unit_vector(vector, dimension) for kind, vector in vectors.items()}
        if not units:
            raise InvalidInputError("it has neither a picture's vector nor a text", code="empty")
    except InvalidInputError as error:
        raise row_error(found.row, found.id, error) from error
    return replace(found, path=path, text=text, metadata=metadata, vectors=units)


def _array(file: Path, rows: int, dimension: int) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(f"the array {file} can't be read: {reason}", item=str(file)) from error
    if array.shape != (rows, dimension) or not np.issubdtype(array.dtype, np.floating):
        raise InvalidInputError(
            f"the array {file} is {array.dtype} {array.shape}, not numbers ({rows}, {dimension})",
            fix="check that it belongs to the metadata, and to the collection's model",
            item=str(file),
        )
    return array


def _part_number(part: Path) -> tuple[int, str]:
    number = part.stem.partition("_")[2]
    return (int(number) if number.isdecimal() else -1, number)
