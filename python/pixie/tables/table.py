"""A table: named columns and rows, whatever file they stand in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    number
        Its place, from 1, without a header.
    cells
        Its values by column, Python's own types; columns that the row lacks are left out.
    problem
        Why it could not be read; it has no cells then.
    """

    number: int
    cells: Mapping[str, object]
    problem: str | None = None


class Table(ABC):
    """A table that is open for reading. For one thread at a time.

    Attributes
    ----------
    name
        What the ids of rows that have none begin with.
    folder
        What the paths in it are relative to.
    columns
        The names of its columns, in their order.
    total
        How many rows there are; None when that is not known before they are read.
    """

    name: str
    folder: Path
    columns: tuple[str, ...]
    total: int | None

    @abstractmethod
    def rows(self, texts: Collection[str] = ()) -> Iterator[Row]:
        """All rows, in their order and in bounded memory. Ends an earlier reading.

        Where a file has texts only, as CSV has, the cells of the columns in `texts` stay what they are
        although they look like numbers.
        """

    def cells(self, column: str) -> Iterator[tuple[int, object]]:
        """The number and the cell of each row that has this column, in a reading of its own before `rows`."""
        return ((row.number, row.cells[column]) for row in self.rows({column}) if column in row.cells)

    @property
    def is_read_again(self) -> bool:
        """Whether a reading gives what the one before gave."""
        return True

    @abstractmethod
    def close(self) -> None:
        """Let go of the file. Does nothing the second time."""
