"""How a table is to be read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.tables.text_file import STANDARD_INPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = {
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "json": (".json",),
    "ndjson": (".ndjson", ".jsonl"),
    "parquet": (".parquet", ".pq"),
}
"""The formats of tables, and what the names of such files end with."""

EXPORT_FORMATS = {
    "ndjson": FORMATS["ndjson"],
    "csv": FORMATS["csv"],
    "parquet": FORMATS["parquet"],
    "npy": (".npy",),
}
"""The formats of exports, and what their names end with."""


def format_by_name(path: str, formats: Mapping[str, tuple[str, ...]], what: str) -> str:
    """The format that a file's name says.

    Raises
    ------
    InvalidInputError
        It says none; `what` is what the message calls the file.
    """
    suffix = Path(path).suffix.lower()
    for name, suffixes in formats.items():
        if suffix in suffixes:
            return name
    raise InvalidInputError(
        f"the name of {what}, {path}, does not say its format",
        fix=f"give it with --format: {', '.join(formats)}",
        item="format",
    )


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a table is to be read; None leaves it to what can be seen.

    Attributes
    ----------
    format
        One of `FORMATS`; by the file's name unless given.
    id, image, text
        Columns; by their names unless given, see `pixie.tables.columns.GUESSES`.
    metadata
        Columns to keep as metadata; all others unless given.
    encoding
        Of a text file, by Python's name for it; UTF-8 unless given.
    sql
        A query: the file is then a SQLite database.
    table
        One of several collections of llm's in a database.
    model_of
        Which model the vectors are of that another program made, where its files do not say it.
    retry_failed
        Whether rows that failed before are tried again although neither they nor their pictures have changed.
    """

    format: str | None = None
    id: str | None = None
    image: str | None = None
    text: str | None = None
    metadata: tuple[str, ...] | None = None
    encoding: str | None = None
    sql: str | None = None
    table: str | None = None
    model_of: str | None = None
    retry_failed: bool = False

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> TableOptions:
        """The options a JSON object names; keys that are left out are None."""
        metadata = found.get("metadata")
        names = ("format", "id", "image", "text", "encoding", "sql", "table", "model_of")
        return cls(
            **{name: found.get(name) for name in names},
            metadata=None if metadata is None else tuple(metadata),
            retry_failed=bool(found.get("retry_failed")),
        )

    def source_of(self, path: str) -> str:
        """What the failures of a table's rows are remembered under: its path, and which part of it it is."""
        place = path if path == STANDARD_INPUT else os.path.abspath(path)
        part = self.sql or self.table
        return place if part is None else f"{place}: {part}"
