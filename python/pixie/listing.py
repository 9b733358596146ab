"""Which items are listed, and in which order: page by page, or one after the other."""

from __future__ import annotations

import threading
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from pixie import catalog
from pixie.access_paths import access_for
from pixie.errors import InvalidInputError
from pixie.facets import find_facets
from pixie.filters.condition import Condition
from pixie.filters.names import Name
from pixie.filters.sql import condition
from pixie.filters.walk import conditions_of
from pixie.key_indexes import names_compared
from pixie.ordering import BY_ID

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from pixie.facets import Facets
    from pixie.filters import Filter
    from pixie.items import Item
    from pixie.ordering import Order
    from pixie.query_log import QueryLog
    from pixie.store import Store


Missing = Literal["hide", "include", "only"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items are meant.

    Attributes
    ----------
    where
        A filter, None for all.
    prefix
        What their ids begin with.
    order
        None for the order of their ids.
    missing
        What of those whose files are missing: ``hide`` leaves them out, unless the filter itself asks about
        ``missing``; ``include`` takes them like others, ``only`` no others.
    """

    where: Filter | None = None
    prefix: str | None = None
    order: Order | None = None
    missing: Missing = "hide"

    def __post_init__(self) -> None:
        if self.missing not in get_args(Missing):
            raise InvalidInputError(
                f"missing is {self.missing!r}", fix="give hide, include or only", item="missing"
            )

    def condition(self, connection: sqlite3.Connection, *, whole: bool = False) -> Condition:
        """What is true of these items, in the words that SQLite answers soonest.

        Parameters
        ----------
        connection
            Inside a transaction: which indexes there are, and what they hold.
        whole
            Whether more is asked of most of them than their numbers and ids.
        """
        found = Condition("1")
        if self.missing == "only":
            found &= Condition("missing IS NOT NULL")
        elif self.missing == "hide" and not self._asks():
            found &= Condition("missing IS NULL")
        if self.prefix:
            found &= catalog.beginning_with(self.prefix)
        if self.where is None:
            return found
        return found & condition(self.where, access_for(connection, self.where, whole=whole))

    def _asks(self) -> bool:
        asked = () if self.where is None else conditions_of(self.where)
        return any(getattr(each, "name", None) == Name.of("missing") for each in asked)


class Listing:
    """Lists items. Safe to call from any thread.

    Whoever asks for another page than the first will ask for the next ones: the numbers of all items are then
    kept, 8 bytes each, until something is committed or another list is asked for.

    Parameters
    ----------
    store
        The records.
    log
        Where the names that filters compare are noted: the writer makes indexes for them.
    """

    def __init__(self, store: Store, log: QueryLog) -> None:
        self._store = store
        self._log = log
        self._guard = threading.Lock()
        self._kept: tuple[Selection, int, array[int]] | None = None

    def page(self, selection: Selection, offset: int, limit: int | None) -> tuple[list[Item], int]:
        """A run of items, and how many there are in all.

        Raises
        ------
        InvalidInputError
            An offset or a limit is no whole number from 0 up.
        """
        check_page(offset, limit)
        self.note(selection.where)
        with self._store.reading() as connection:
            if offset:
                numbers = self._numbers(connection, selection)
                some = numbers[offset:] if limit is None else numbers[offset : offset + limit]
                items = catalog.items_by_number(connection, some)
                return [items[number] for number in some], len(numbers)
            items_found = list(_items(connection, selection, limit))
            if limit is None or len(items_found) < limit:
                return items_found, len(items_found)
            return items_found, count(connection, selection)

    def every(self, selection: Selection) -> Iterator[Item]:
        """All of them one after the other, as of one moment; the records are being read until it is done."""
        with self._store.reading() as connection:
            yield from _items(connection, selection, None)

    def ids(self, selection: Selection) -> list[str]:
        """The ids of all of them."""
        self.note(selection.where)
        with self._store.reading() as connection:
            return [identifier for (identifier,) in _rows(connection, "id", selection, None)]

    def facets(self, name: str, selection: Selection, offset: int, limit: int | None) -> Facets:
        """The values that items have under a name, and how many have each; see `find_facets`."""
        check_page(offset, limit)
        self.note(selection.where)
        with self._store.reading() as connection:
            of = selection.condition(connection, whole=True)
            return find_facets(connection, Name.of(name), of, offset, limit)

    def note(self, where: Filter | None) -> None:
        """Note the names that a filter compares."""
        if where is not None:
            self._log.note_names(names_compared(where))

    def _numbers(self, connection: sqlite3.Connection, selection: Selection) -> array[int]:
        generation = catalog.generation(connection)
        with self._guard:
            kept = self._kept
        if kept is not None and kept[:2] == (selection, generation):
            return kept[2]
        numbers = array("q", (number for (number,) in _rows(connection, "number", selection, None)))
        with self._guard:
            self._kept = selection, generation, numbers
        return numbers


def count(connection: sqlite3.Connection, selection: Selection) -> int:
    """How many items there are."""
    if selection.where is None and selection.missing == "hide":
        # Indexes answer both, where whether an item is missing would be looked up for each.
        every = Condition("1") if not selection.prefix else catalog.beginning_with(selection.prefix)
        return _count(connection, every) - _count(connection, every & Condition("missing IS NOT NULL"))
    Condition.register(connection)
    return _count(connection, selection.condition(connection))


def _count(connection: sqlite3.Connection, of: Condition) -> int:
    sql = f"SELECT count(*) FROM items WHERE {of.sql}"  # noqa: S608
    found: int = connection.execute(sql, of.values).fetchone()[0]
    return found


def numbered(connection: sqlite3.Connection, selection: Selection) -> Iterator[tuple[int, Item]]:
    """The number and the item of each."""
    return ((row[0], catalog.item_of(row)) for row in _rows(connection, catalog.ITEM, selection, None))


def _items(connection: sqlite3.Connection, selection: Selection, limit: int | None) -> Iterator[Item]:
    return (catalog.item_of(row) for row in _rows(connection, catalog.ITEM, selection, limit))


def _rows(
    connection: sqlite3.Connection, columns: str, selection: Selection, limit: int | None
) -> sqlite3.Cursor:
    whole = selection.order is not None or (limit is None and columns == catalog.ITEM)
    of = selection.condition(connection, whole=whole)
    order = BY_ID if selection.order is None else selection.order.clause()
    Condition.register(connection)
    return connection.execute(
        f"SELECT {columns} FROM items WHERE {of.sql} ORDER BY {order.sql} LIMIT ?",  # noqa: S608
        (*of.values, *order.values, -1 if limit is None else limit),
    )


def check_page(offset: object, limit: object) -> None:
    """Refuse an offset or a limit that is no whole number from 0 up; None is no limit."""
    for name, value in (("offset", offset), ("limit", limit)):
        if name == "limit" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InvalidInputError(f"{name} is {value!r}", fix="give a whole number from 0 up", item=name)
