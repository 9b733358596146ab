"""Parquet: reading tables, and exporting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pixie.errors import InvalidInputError
from pixie.items import FACTS, MODALITIES
from pixie.tables.exported import ITEM_COLUMNS
from pixie.tables.table import Row, Table
from pixie.tables.text_file import open_binary, table_path
from pixie.tables.text_writers import FileWriter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pixie.manifest import Model
    from pixie.tables.export import ExportedItem

_ROWS_AT_ONCE = 256

_BUFFER = 1 << 20
"""Bytes read of a column at once; without it, a whole row group's column is."""

_TYPES = {int: pa.int64(), float: pa.float64(), str: pa.string()}


class ParquetTable(Table):
    """A Parquet file, whose types become Python's own.

    Raises
    ------
    InvalidInputError
        It can't be read, is no Parquet file, or is cut short.
    """

    def __init__(self, path: str) -> None:
        self.name, self.folder = table_path(path)
        self._file = open_binary(path)
        try:
            # What is read ahead stays in memory until the file is closed: all of it in the end.
            self._parquet = pq.ParquetFile(self._file, buffer_size=_BUFFER, pre_buffer=False)
            self.total = self._parquet.metadata.num_rows
            self.columns = tuple(self._parquet.schema_arrow.names)
        except (pa.ArrowException, OSError) as error:
            self.close()
            raise InvalidInputError(
                f"the table {self.name} is no whole Parquet file: {_first_line(error)}",
                fix="write or download it again",
                item=path,
            ) from error

    def rows(self, texts: Collection[str] = ()) -> Iterator[Row]:  # noqa: ARG002
        """All rows.

        Raises
        ------
        InvalidInputError
            The file is damaged there.
        """
        return self._rows(None)

    def cells(self, column: str) -> Iterator[tuple[int, object]]:
        """The values of a column, without the others'."""
        return ((row.number, row.cells[column]) for row in self._rows([column]))

    def _rows(self, wanted: list[str] | None) -> Iterator[Row]:
        number = 0
        names = self.columns if wanted is None else wanted
        try:
            for batch in self._parquet.iter_batches(_ROWS_AT_ONCE, columns=wanted, use_threads=False):
                columns = [_values(column) for column in batch.columns]
                for cells in zip(*columns, strict=True) if columns else ():
                    number += 1
                    yield Row(number, dict(zip(names, cells, strict=True)))
        except (pa.ArrowException, OSError) as error:
            raise InvalidInputError(
                f"the table {self.name} is damaged after row {number}: {_first_line(error)}",
                fix="write or download it again; the rows before are taken",
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ParquetWriter(FileWriter):
    """Writes a Parquet file: metadata as JSON, vectors as lists of d float32 numbers."""

    def __init__(self, path: str, model: Model | None, metadata: bool) -> None:
        super().__init__(path, model, metadata)
        fields: list[tuple[str, pa.DataType]] = [
            (name, _TYPES[FACTS.get(name, str)]) for name in (ITEM_COLUMNS if metadata else ("id",))
        ]
        if model is not None:
            vector = pa.list_(pa.float32(), model.dimension)
            fields += [("model", pa.string()), *((f"{modality}_vector", vector) for modality in MODALITIES)]
        self._schema = pa.schema(fields)
        try:
            self._parquet = pq.ParquetWriter(
                self._output.file,
                self._schema,
                compression="zstd",
                use_dictionary=["model"] if model else False,
            )
        except BaseException:
            self._output.abandon()
            raise

    def write(self, items: Sequence[ExportedItem]) -> None:
        """Write some items as a row group."""
        rows = [self._row(each) for each in items]
        columns = [self._column(name, rows) for name in self._schema.names]
        with self._output.errors():
            self._parquet.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def _finish(self) -> None:
        with self._output.errors():
            self._parquet.close()
        super()._finish()

    def _abandon(self) -> None:
        super()._abandon()
        # Or its end would be written to what is closed.
        self._parquet.is_open = False

    def _column(self, name: str, rows: Sequence[dict[str, Any]]) -> pa.Array:
        values = [row[name] if name.endswith("_vector") else self._cell(row[name]) for row in rows]
        try:
            return pa.array(values, self._schema.field(name).type)
        except UnicodeEncodeError as error:
            wrong = next(row["id"] for row, value in zip(rows, values, strict=True) if not _is_utf8(value))
            raise InvalidInputError(
                f"the {name} of item {wrong!r} is not UTF-8, which is all that Parquet holds",
                fix="export as ndjson, csv or npy",
                item=wrong,
            ) from error


def _values(column: pa.Array) -> list[object]:
    """The cells of a column; one that Python has no type for is what Arrow writes for it."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        # Python's clock ends at microseconds.
        return [None if text is None else text.replace(" ", "T", 1) for text in _as_texts(column)]
    if pa.types.is_fixed_size_list(kind) and pa.types.is_float32(kind.value_type):
        if column.null_count == 0:
            return list(column.flatten().to_numpy(zero_copy_only=False).reshape(-1, kind.list_size))
        present = iter(
            column.drop_null().flatten().to_numpy(zero_copy_only=False).reshape(-1, kind.list_size)
        )
        return [next(present) if valid else None for valid in column.is_valid().to_pylist()]
    try:
        cells: list[object] = column.to_pylist()
        return cells
    except (ValueError, OverflowError):
        return [_value(cell) for cell in column]


def _as_texts(column: pa.Array) -> list[str | None]:
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return texts


def _value(cell: pa.Scalar) -> object:
    try:
        return cell.as_py()
    except (ValueError, OverflowError):
        return str(cell)


def _is_utf8(value: object) -> bool:
    try:
        return not isinstance(value, str) or bool(value.encode() is not None)
    except UnicodeEncodeError:
        return False


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
