"""Opening a table by its name and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError
from pixie.tables.columns import Columns
from pixie.tables.exported import ExportedSource, is_export
from pixie.tables.kinds import is_clip_retrieval, is_database
from pixie.tables.options import FORMATS, format_by_name
from pixie.tables.source import TableSource

if TYPE_CHECKING:
    from pixie.holdings import Holdings
    from pixie.tables.options import TableOptions
    from pixie.tables.source import Source
    from pixie.tables.table import Table


def open_source(holdings: Holdings, path: str, options: TableOptions) -> Source:
    """The items that a table describes, for a collection.

    Raises
    ------
    InvalidInputError
        The table can't be read, its format is unknown, or a column is not there.
    """
    if options.format is None and options.sql is None:
        if is_clip_retrieval(path):
            from pixie.tables.clip_retrieval import ClipRetrievalSource

            return ClipRetrievalSource(path, holdings.model, options)
        if is_database(path):
            from pixie.tables.llm_collection import LlmSource

            return LlmSource(path, holdings.model, options)
    table = open_table(path, options)
    try:
        named = (options.id, options.image, options.text, options.metadata)
        if is_export(table.columns) and named == (None, None, None, None):
            return ExportedSource(table, holdings.model)
        if table.total == 0 and not table.columns:
            return TableSource(table, Columns(None, None, None, ()))
        columns = Columns.of(table.columns, options.id, options.image, options.text, options.metadata)
    except BaseException:
        table.close()
        raise
    return TableSource(table, columns)


def open_table(path: str, options: TableOptions) -> Table:
    """The table in a file, on standard input (``-``), or that a query gives.

    Raises
    ------
    InvalidInputError
        It can't be read, or its format is unknown.
    """
    if options.sql is not None:
        from pixie.tables.sql_table import SqlTable

        return SqlTable(path, options.sql)
    if options.format is None and Path(path).is_dir():
        from pixie.tables.npy_folder import NpyTable

        return NpyTable(path)
    found = options.format or format_by_name(path, FORMATS, "the table")
    if found in ("csv", "tsv"):
        from pixie.tables.delimited import DELIMITERS, DelimitedTable

        return DelimitedTable(path, options.encoding, DELIMITERS[found])
    if found in ("json", "ndjson"):
        from pixie.tables.json_table import JsonTable, NdjsonTable

        return (JsonTable if found == "json" else NdjsonTable)(path, options.encoding)
    if found == "parquet":
        from pixie.tables.parquet_table import ParquetTable

        return ParquetTable(path)
    raise InvalidInputError(
        f"there is no format {found!r}", fix=f"give one of {', '.join(FORMATS)}", item="format"
    )
