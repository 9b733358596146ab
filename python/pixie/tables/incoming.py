"""A row of a table as an item that is to be taken in."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.items import check_id
from pixie.metadata import Value, checked_copy
from pixie.tables.values import json_value

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from pixie.items import Modality
    from pixie.tables.columns import Columns
    from pixie.tables.table import Row, Table

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(slots=True)
class Incoming:
    """An item as a table describes it.

    Attributes
    ----------
    row
        The number of its row, from 1.
    path
        Its picture's file, absolute.
    data
        The content of its picture instead.
    facts, added, missing
        What an export says besides; see `Item`.
    vectors
        Its vectors, float32 (d,), when the table brings them: then nothing is embedded.
    only_vectors
        Whether the table says nothing else: then an item keeps what it has.
    """

    row: int
    id: str
    path: str | None = None
    data: bytes | None = field(default=None, repr=False)
    text: str | None = None
    metadata: Mapping[str, Value] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    added: str | None = None
    missing: str | None = None
    vectors: Mapping[Modality, npt.NDArray[np.float32]] = field(default_factory=dict, repr=False)
    only_vectors: bool = False

    def said(self) -> str:
        """A hash of all that the row says of picture, text and metadata."""
        return _digest(self.path, self.data, self.text, self.metadata)


class RowError(InvalidInputError):
    """A row that can't be taken in, by its number. ``item`` is the id it has, or what stands for one."""

    row = 0


def read_row(row: Row, table: Table, columns: Columns) -> Incoming:
    """What a row of a table describes.

    A row without an id gets the name of its table and a hash of all that it says, so the same row has the
    same id wherever it stands.

    Raises
    ------
    RowError
        ``bad_row`` when it could not be read; ``bad_value`` when its id, text, picture or metadata is nothing
        that can be one; ``empty`` without picture and text; ``remote`` when its picture is an address.
    """
    identifier = place = f"{table.name} row {row.number}"
    try:
        if row.problem is not None:
            raise InvalidInputError(row.problem, code="bad_row")
        given = None if columns.id is None else given_id(row.cells.get(columns.id))
        identifier = given or place
        text = _text(None if columns.text is None else row.cells.get(columns.text))
        written, data = _picture(None if columns.image is None else row.cells.get(columns.image))
        if written is None and data is None and text is None:
            raise InvalidInputError("it has neither a picture nor a text", code="empty")
        metadata = checked_copy(
            {name: json_value(row.cells[name]) for name in columns.metadata if name in row.cells}, identifier
        )
        if given is None:
            identifier = f"{table.name}#{_digest(written, data, text, metadata)}"
        path = None if written is None else absolute_path(written, table.folder)
        return Incoming(row.number, identifier, path, data, text, metadata)
    except InvalidInputError as error:
        raise row_error(row.number, identifier, error) from error


def row_error(number: int, identifier: str, error: InvalidInputError) -> RowError:
    """What is wrong with a row, said of the row."""
    found = RowError(
        f"row {number}: {error.message}", fix=error.fix, item=identifier, code=error.code or "bad_value"
    )
    found.row = number
    return found


def absolute_path(written: str, folder: Path) -> str:
    """The absolute path of a picture that is written in a table, relative to the table.

    Raises
    ------
    InvalidInputError
        ``remote``: it is an address.
    """
    if _ADDRESS.match(written):
        raise InvalidInputError(
            f"the picture {written} is an address, and Pixie reads files only",
            fix="download it and give the path of the file",
            code="remote",
        )
    return os.path.normpath(os.path.join(folder, written))


def given_id(cell: object) -> str | None:
    """The id in a cell, None when the cell is empty."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        # pandas makes these of whole numbers when one of them is missing.
        if cell.is_integer() and abs(cell) < 1 << 53:
            return str(int(cell))
        if cell != cell:
            return None
    return check_id(cell)


def _text(cell: object) -> str | None:
    """The text in a cell, None when there is none; a number or a date is what is written for it."""
    value = json_value(cell)
    if value is None or isinstance(cell, (bytes, bytearray)):
        if value is None:
            return None
        raise InvalidInputError("its text is bytes", fix="name another column with --text")
    if isinstance(value, (bool, list, dict)) or not isinstance(value, (str, int, float)):
        raise InvalidInputError(
            f"its text is a {type(value).__name__}", fix="name a column of texts with --text"
        )
    words = str(value)
    return words if words.strip() else None


def _picture(cell: object) -> tuple[str | None, bytes | None]:
    """The path or the content of the picture in a cell; neither when it is empty."""
    if isinstance(cell, Mapping):
        # As Hugging Face's data sets keep pictures in Parquet; the path is only a name where there are bytes.
        content = cell.get("bytes")
        cell = cell.get("path") if content is None else content
    if cell is None or (isinstance(cell, float) and cell != cell):
        return None, None
    if isinstance(cell, (bytes, bytearray, memoryview)):
        return None, bytes(cell) or None
    if not isinstance(cell, str):
        raise InvalidInputError(
            f"its picture is a {type(cell).__name__}",
            fix="name a column of paths or of pictures' bytes with --image",
        )
    return cell or None, None


def _digest(path: str | None, data: bytes | None, text: str | None, metadata: Mapping[str, Value]) -> str:
    picture = path if data is None else hashlib.sha256(data).hexdigest()
    said = json.dumps([picture, text, metadata], sort_keys=True)
    return hashlib.sha256(said.encode("ascii")).hexdigest()[:16]
