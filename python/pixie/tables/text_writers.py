"""Exports to one file: NDJSON and CSV, and what all of them have in common."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from pixie.items import FACTS, MODALITIES
from pixie.tables.exported import ITEM_COLUMNS, VECTOR_COLUMNS
from pixie.tables.writer import Output, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from pixie.items import Item
    from pixie.manifest import Model
    from pixie.tables.export import ExportedItem


class FileWriter(Writer):
    """Writes a row for each item to one file.

    Parameters
    ----------
    path
        The file, or ``-``.
    model
        The model of the vectors; None for no vectors.
    metadata
        Whether more than ids and vectors is written.
    """

    def __init__(self, path: str, model: Model | None, metadata: bool) -> None:
        self._model = model
        self._metadata = metadata
        self._output = Output(path)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._abandon()
            return
        try:
            self._finish()
        except BaseException:
            self._abandon()
            raise

    def _finish(self) -> None:
        self._output.finish()

    def _abandon(self) -> None:
        self._output.abandon()

    def _row(self, exported: ExportedItem) -> dict[str, Any]:
        row: dict[str, Any] = item_row(exported.item) if self._metadata else {"id": exported.item.id}
        if self._model is not None:
            row["model"] = self._model.fingerprint
            for modality in MODALITIES:
                vector = exported.vectors.get(modality)
                # A double holds every float32, and its shortest form reads back as that double.
                row[f"{modality}_vector"] = None if vector is None else vector.tolist()
        return row

    @staticmethod
    def _cell(value: object) -> object:
        """A value as a cell of one type."""
        return json.dumps(value, allow_nan=False) if isinstance(value, (dict, list)) else value


class NdjsonWriter(FileWriter):
    """A JSON object a line, ASCII."""

    def write(self, items: Sequence[ExportedItem]) -> None:
        """Write a line for each item."""
        lines = "".join(json.dumps(self._row(each), allow_nan=False) + "\n" for each in items)
        self._output.write(lines.encode("ascii"))


class CsvWriter(FileWriter):
    """Comma-separated values (RFC 4180, UTF-8) with a header; metadata and vectors are JSON."""

    def __init__(self, path: str, model: Model | None, metadata: bool) -> None:
        super().__init__(path, model, metadata)
        self._columns = (*(ITEM_COLUMNS if metadata else ("id",)), *(VECTOR_COLUMNS if model else ()))
        try:
            self._write([self._columns])
        except BaseException:
            self._output.abandon()
            raise

    def write(self, items: Sequence[ExportedItem]) -> None:
        """Write a line for each item."""
        self._write([[self._cell(value) for value in self._row(each).values()] for each in items])

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        # Names of files that are not UTF-8 and halves of surrogate pairs stay what they are.
        self._output.write(text.getvalue().encode("utf-8", "surrogatepass"))


def item_row(item: Item) -> dict[str, Any]:
    """An item by `ITEM_COLUMNS`."""
    return {
        "id": item.id,
        "path": item.path,
        "text": item.text,
        "metadata": dict(item.metadata),
        **{name: getattr(item, name) for name in FACTS},
        "missing": item.missing,
        "added": item.added,
    }
