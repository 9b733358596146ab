"""Exporting a collection: its items, their vectors, or both, as one moment of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pixie import catalog
from pixie.errors import InvalidInputError
from pixie.filters import Filter
from pixie.listing import Selection, numbered
from pixie.steps import Step
from pixie.tables.options import EXPORT_FORMATS, format_by_name
from pixie.tables.text_file import STANDARD_INPUT as STANDARD_OUTPUT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    import numpy as np
    import numpy.typing as npt

    from pixie.holdings import Holdings
    from pixie.items import Item, Modality
    from pixie.steps import Steps
    from pixie.store import Store
    from pixie.tables.writer import Writer

_ITEMS_A_STEP = 1000


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is exported, and how.

    Attributes
    ----------
    format
        One of `EXPORT_FORMATS`; by the file's name unless given, ``ndjson`` for standard output.
    vectors
        Whether vectors are exported. Always true for ``npy``.
    metadata
        Whether all else that is known of the items is exported, besides their ids.
    where
        Which items, as a filter or a text in its language; all unless given, the missing ones included.
    """

    format: str | None = None
    vectors: bool = False
    metadata: bool = True
    where: str | Filter | None = None


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported: how many items and how many vectors of each modality, where to, in which format."""

    format: str
    path: str
    items: int
    vectors: Mapping[Modality, int]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return {
            "format": self.format,
            "path": self.path,
            "items": self.items,
            "vectors": dict(self.vectors),
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class ExportedItem:
    """An item with the vectors it owns, float32 (d,), as far as they are exported."""

    item: Item
    vectors: Mapping[Modality, npt.NDArray[np.float32]]


def export(holdings: Holdings, path: str, options: ExportOptions) -> Steps[ExportReport]:
    """Write a table of a collection's items, a step for every thousand; see `Collection.export`.

    What is read belongs to one moment, however long writing takes. A file appears when it is complete.
    """
    started = time.perf_counter()
    kind = _checked_format(path, options)
    with_vectors = options.vectors or kind == "npy"
    if not (with_vectors or options.metadata):
        raise InvalidInputError(
            "an export without metadata and without vectors would hold ids alone",
            fix="ask for one of the two",
            item="metadata",
        )
    where = None if options.where is None else Filter.of(options.where)
    selected = Selection(where, missing="include")
    store = holdings.store
    with store.reading() as connection:
        counts = catalog.counts(connection, selected.condition(connection, whole=True))
        total: int = counts["items"]
        vectors: dict[Modality, int] = counts["vectors"]
        items = _exported(store, connection, selected, with_vectors)
        with _writer(kind, path, holdings, with_vectors, options.metadata, vectors) as writer:
            steps = -(-total // _ITEMS_A_STEP)
            done = 0
            for step in range(steps):
                last = min(total, done + _ITEMS_A_STEP)
                yield Step(f"items {done + 1:,} to {last:,} of {total:,}", step, steps)
                writer.write(list(islice(items, _ITEMS_A_STEP)))
                done = last
    return ExportReport(
        format=kind,
        path=path,
        items=total,
        vectors=vectors if with_vectors else dict.fromkeys(vectors, 0),
        seconds=time.perf_counter() - started,
    )


def _exported(
    store: Store, connection: sqlite3.Connection, selected: Selection, with_vectors: bool
) -> Iterator[ExportedItem]:
    """The selected items in the order of their ids."""
    items = numbered(connection, selected)
    (rows,) = connection.execute("SELECT rows FROM state").fetchone()
    while some := list(islice(items, _ITEMS_A_STEP)):
        if not with_vectors:
            yield from (ExportedItem(item, {}) for _, item in some)
            continue
        stored = store.vectors.rows(rows)
        owned = catalog.rows_by_item(connection, [number for number, _ in some])
        for number, item in some:
            vectors: dict[Modality, npt.NDArray[np.float32]] = {}
            for modality, row in owned[number]:
                if modality in vectors:
                    raise InvalidInputError(
                        f"item {item.id!r} owns several vectors of its {modality}; a table holds one",
                        fix="export without vectors",
                        item=item.id,
                    )
                vectors[modality] = stored[row]
            yield ExportedItem(item, vectors)


def _checked_format(path: str, options: ExportOptions) -> str:
    if options.format is not None:
        kind = options.format
    else:
        kind = "ndjson" if path == STANDARD_OUTPUT else format_by_name(path, EXPORT_FORMATS, "the export")
    if kind not in EXPORT_FORMATS:
        raise InvalidInputError(
            f"there is no format {kind!r} to export to",
            fix=f"give one of {', '.join(EXPORT_FORMATS)}",
            item="format",
        )
    if kind == "npy" and path == STANDARD_OUTPUT:
        raise InvalidInputError(
            "npy is a folder of files, which can't go to standard output", fix="name a folder", item="format"
        )
    return kind


def _writer(
    kind: str,
    path: str,
    holdings: Holdings,
    vectors: bool,
    metadata: bool,
    counts: Mapping[Modality, int],
) -> Writer:
    model = holdings.model if vectors else None
    if kind == "npy":
        assert model is not None
        from pixie.tables.npy_folder import NpyWriter

        return NpyWriter(path, model, metadata, counts)
    if kind == "parquet":
        from pixie.tables.parquet_table import ParquetWriter

        return ParquetWriter(path, model, metadata)
    from pixie.tables.text_writers import CsvWriter, NdjsonWriter

    return (CsvWriter if kind == "csv" else NdjsonWriter)(path, model, metadata)
