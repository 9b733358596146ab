"""Where imported items come from: a table with its columns sorted out, or what another program wrote."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.tables.incoming import RowError, given_id, read_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixie.tables.columns import Columns
    from pixie.tables.incoming import Incoming
    from pixie.tables.table import Table


class Source(ABC):
    """Items on their way in. For one thread at a time.

    Attributes
    ----------
    total
        How many rows there are; None when that is not known.
    """

    total: int | None

    def identifiers(self) -> Iterator[tuple[int, str]]:
        """The number and the id of each row whose id another row may have, in a reading before `items`."""
        return iter(())

    @abstractmethod
    def items(self) -> Iterator[Incoming | RowError]:
        """An item for each row, or what is wrong with the row; in bounded memory. Asked for once."""

    @abstractmethod
    def columns_json(self) -> dict[str, Any] | None:
        """Which column is taken for what; None where that goes without saying."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the files. Does nothing the second time."""


class TableSource(Source):
    """The rows of a table, by the columns that were named or guessed."""

    def __init__(self, table: Table, columns: Columns) -> None:
        self._table = table
        self._columns = columns
        self.total = table.total

    def items(self) -> Iterator[Incoming | RowError]:
        """An item for each row, or what is wrong with it."""
        found = self._columns
        for row in self._table.rows({name for name in (found.id, found.image, found.text) if name}):
            try:
                yield read_row(row, self._table, self._columns)
            except RowError as error:
                yield error

    def identifiers(self) -> Iterator[tuple[int, str]]:
        """The ids in the column of ids; those that rows are given say all that the row says."""
        column = self._columns.id
        return iter(()) if column is None else ids_in(self._table, column)

    def columns_json(self) -> dict[str, Any]:
        """The columns, null for those there are none of."""
        found = self._columns
        return {"id": found.id, "image": found.image, "text": found.text, "metadata": list(found.metadata)}

    def close(self) -> None:
        """Close the table."""
        self._table.close()


def ids_in(table: Table, column: str) -> Iterator[tuple[int, str]]:
    """The number and the id of each row that has one in a column, until the table turns out to be damaged."""
    if not table.is_read_again:
        return
    # What is wrong is said when the rows are taken.
    with contextlib.suppress(InvalidInputError):
        for number, cell in table.cells(column):
            with contextlib.suppress(InvalidInputError):
                identifier = given_id(cell)
                if identifier is not None:
                    yield number, identifier
