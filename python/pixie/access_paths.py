"""Which indexes answer a filter, by how many items they would bring.

An index tells what it holds, an item's value, ``missing`` and ``id``, in a tenth of the time that it takes to
look the item up for anything else. What one condition or one of several asks is therefore read from indexes
whatever its share of the items is, and everything else from an index only where that brings few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.filters.access import FREE, Access, range_of
from pixie.filters.names import Name
from pixie.filters.sql import condition
from pixie.filters.tree import And, In, Near, Or, Test
from pixie.filters.walk import conditions_of
from pixie.key_indexes import index_name, name_compared, there

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from pixie.filters.tree import Filter

    Brought = tuple[int, frozenset[Filter]]

SHARE = 0.2
"""Share of the items above which all are read in order instead of looked up by an index: looking one up took
1.3 to 1.7 µs of a million, reading one in order 0.2 µs for its facts and 0.4 to 0.8 µs for its metadata."""


def access_for(connection: sqlite3.Connection, given: Filter, *, whole: bool) -> Access:
    """Which indexes are to be used for a filter.

    Parameters
    ----------
    connection
        Inside a transaction.
    given
        The filter.
    whole
        Whether more is asked of most items than their numbers and ids.
    """
    made = there(connection)
    asked = {name for each in conditions_of(given) if (name := _name(each)) is not None}
    names = frozenset(name for name in asked if index_name(name) in made)
    if not names:
        return FREE
    if not whole and (used := _held(given, names)) is not None:
        return Access(used)
    (last,) = connection.execute("SELECT max(number) FROM items").fetchone()
    found = _brought(connection, given, names, int(SHARE * (last or 0)))
    return Access(found[1] if found else frozenset(), names)


def _name(given: Filter) -> Name | None:
    return Name.of("latitude") if isinstance(given, Near) else getattr(given, "name", None)


def _held(given: Filter, names: frozenset[Name]) -> frozenset[Filter] | None:
    """The conditions of a filter that indexes answer without looking an item up; None if they do not."""
    if isinstance(given, Or):
        parts = [_held(part, names) for part in given.parts]
        return None if any(part is None for part in parts) else frozenset().union(*filter(None, parts))
    if isinstance(given, And):
        first, *others = _ranges(given, names)
        return None if others or len(first) == 1 else frozenset(first)
    return frozenset((given,)) if isinstance(given, (Test, In)) and name_compared(given) in names else None


def _ranges(given: And, names: frozenset[Name]) -> Iterator[tuple[Filter, ...]]:
    """The parts of a filter, each for itself, or together where one range of an index answers them."""
    ranges: dict[tuple[Name, type], list[Filter]] = {}
    for part in given.parts:
        of = range_of(part)
        if of is not None and name_compared(part) in names:
            ranges.setdefault(of, []).append(part)
        else:
            yield (part,)
    yield from map(tuple, ranges.values())


def _brought(
    connection: sqlite3.Connection, given: Filter, names: frozenset[Name], most: int
) -> Brought | None:
    """How many items indexes bring for a filter, and by which conditions; None for more than `most`."""
    if isinstance(given, And):
        best: Brought | None = None
        for parts in _ranges(given, names):
            found = (
                _counted(connection, And(parts), frozenset(parts), most)
                if len(parts) > 1
                else _brought(connection, parts[0], names, most)
            )
            if found is not None:
                # The next one is of use only if it brings fewer.
                best, most = found, found[0] - 1
        return best
    if isinstance(given, Or):
        total: Brought = (0, frozenset())
        for part in given.parts:
            found = _brought(connection, part, names, most - total[0])
            if found is None:
                return None
            total = total[0] + found[0], total[1] | found[1]
        return total
    if name_compared(given) not in names:
        return None
    return _counted(connection, given, frozenset((given,)), most)


def _counted(
    connection: sqlite3.Connection, given: Filter, parts: frozenset[Filter], most: int
) -> Brought | None:
    of = condition(given, Access(parts))
    of.register(connection)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM items WHERE {of.sql} LIMIT ?)"  # noqa: S608
    (count,) = connection.execute(sql, (*of.values, max(0, most) + 1)).fetchone()
    return (count, parts) if count <= most else None
