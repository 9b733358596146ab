"""CSV and TSV."""

from __future__ import annotations

import csv
import math
from typing import IO, TYPE_CHECKING, cast

from pixie.errors import InvalidInputError
from pixie.tables.table import Row, Table
from pixie.tables.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

DELIMITERS = {"csv": ",", "tsv": "\t"}

_LONGEST_CELL = 1 << 28
"""Characters; a quote that nothing closes would otherwise take the rest of the file into memory."""

_INT64 = 1 << 63


class DelimitedTable(Table):
    """A file of comma- or tab-separated values with a header, quoted as RFC 4180 says.

    A cell is a text, an empty one None. A column is numbers when every one of its cells is written as the
    number itself is: all as ``7`` or ``0.5``, or all with the same number of decimals; so ``007`` stays a
    text, and with it its column. Blank lines are passed over.

    Parameters
    ----------
    path, encoding
        See `TextFile`.
    delimiter
        What is between two cells.

    Raises
    ------
    InvalidInputError
        The file is empty, or has no usable header, and what `TextFile` raises.
    """

    def __init__(self, path: str, encoding: str | None, delimiter: str) -> None:
        # The limit is the process's own; it is raised and never lowered.
        csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
        self._delimiter = delimiter
        self._file = TextFile(path, encoding)
        self.name, self.folder = self._file.name, self._file.folder
        try:
            self.total = self._survey()
        except BaseException:
            self.close()
            raise

    def rows(self, texts: Collection[str] = ()) -> Iterator[Row]:
        """All rows; one with too many or too few cells has a problem."""
        with self._file.text() as text:
            for row in self._records(text):
                if row.problem is None:
                    cells = {
                        column: (cell or None) if column in texts else self._types[column].value(cell)
                        for column, cell in cast("Mapping[str, str]", row.cells).items()
                    }
                    yield Row(row.number, cells)
                else:
                    yield row

    def cells(self, column: str) -> Iterator[tuple[int, object]]:
        """The texts in a column."""
        with self._file.text() as text:
            for row in self._records(text):
                if row.problem is None:
                    yield row.number, row.cells[column]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _survey(self) -> int:
        """Read the header and all cells, to know the columns and their types; how many rows there are."""
        total = 0
        with self._file.text() as text:
            for row in self._records(text):
                total = row.number
                for column, cell in row.cells.items():
                    self._types[column].see(cast("str", cell))
        return total

    def _records(self, text: IO[str]) -> Iterator[Row]:
        reader = csv.reader(text, delimiter=self._delimiter, strict=True)
        number = 0
        try:
            header = next(reader, None)
            if not header:
                raise InvalidInputError(
                    f"the table {self.name} has no header", fix="give it a first line that names its columns"
                )
            if not hasattr(self, "_types"):
                self.columns = tuple(header)
                _check_header(self.name, header)
                self._types = {column: _ColumnType() for column in header}
            for cells in reader:
                if not cells:
                    continue
                number += 1
                if len(cells) == len(header):
                    yield Row(number, dict(zip(header, cells, strict=True)))
                else:
                    yield Row(
                        number,
                        {},
                        f"it has {len(cells)} cells and the header {len(header)} (line {reader.line_num})",
                    )
        except csv.Error as error:
            raise InvalidInputError(
                f"the table {self.name} is damaged at line {reader.line_num}: {error}",
                fix="check the quotes of that line and of the row before it",
            ) from error


class _ColumnType:
    """What the cells of a column are, found by seeing all of them."""

    def __init__(self) -> None:
        self._plain = True
        self._decimals: int | None = None
        self._fixed = True

    def see(self, cell: str) -> None:
        if not cell or not (self._plain or self._fixed):
            return
        self._plain = self._plain and _plain_number(cell) is not None
        if self._fixed:
            decimals = len(cell.rpartition(".")[2]) if "." in cell else 0
            self._decimals = decimals if self._decimals is None else self._decimals
            self._fixed = decimals == self._decimals and _has_decimals(cell, decimals)

    def value(self, cell: str) -> str | int | float | None:
        if not cell:
            return None
        if self._plain:
            return _plain_number(cell)
        return float(cell) if self._fixed else cell


def _plain_number(cell: str) -> int | float | None:
    """The number whose own way of being written the cell is, None when there is none."""
    # Longer ones, such as digits of a code, would be numbers that SQLite and Java's long can't hold.
    if len(cell) > 24 or not cell.isascii():
        return None
    try:
        whole = int(cell)
        return whole if str(whole) == cell and -_INT64 <= whole < _INT64 else None
    except ValueError:
        pass
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if repr(number) == cell and math.isfinite(number) else None


def _has_decimals(cell: str, decimals: int) -> bool:
    """Whether the cell is a number written with so many decimals, and no other is written so."""
    # A double tells all numbers of 15 digits apart.
    if not 0 < decimals <= 15 or len(cell) > 17 or not cell.isascii():
        return False
    try:
        return f"{float(cell):.{decimals}f}" == cell
    except ValueError:
        return False


def _check_header(name: str, header: list[str]) -> None:
    for column in header:
        if header.count(column) > 1:
            raise InvalidInputError(
                f"two columns of the table {name} are called {column!r}", fix="give each a name of its own"
            )
