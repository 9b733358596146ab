"""SQLite's indexes for what filters ask about: which there are to be, and how they are made."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pixie import catalog
from pixie.filters.access import RANGES
from pixie.filters.columns import path_of, type_of, value_of
from pixie.filters.names import Name
from pixie.filters.tree import And, In, Near, Or, Test

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from pixie.filters.tree import Filter

WORTH = 20_000
"""Items from which on an index is made: reading the metadata of fewer takes 10 ms."""

MOST = 8
"""Indexes of a collection; each takes an item's share of the time of every commit."""

ANALYSED = 1000
"""Entries of an index that are looked at to tell how many items have the same value, as SQLite advises."""

PREFIX = "where_"
"""What the names of such indexes begin with."""

_FORMER = "filter_"
"""The same of indexes of another form, which are replaced."""

_HAVE_ONE = frozenset({"id", "sha256"})


def names_compared(given: Filter) -> frozenset[str]:
    """Names of which an index could tell the items that a filter matches."""
    if isinstance(given, (And, Or)):
        return frozenset().union(*map(names_compared, given.parts))
    name = name_compared(given)
    return frozenset() if name is None else frozenset({str(name)})


def name_compared(given: Filter) -> Name | None:
    """The name of which an index could tell the items that a condition is true of; ids have one anyway."""
    if isinstance(given, Near):
        return Name.of("latitude")
    if not (isinstance(given, In) or (isinstance(given, Test) and given.operator in RANGES)):
        return None
    name = given.name
    if name.fact:
        return None if name.kind in ("vectors", "place") or name.keys[0] in _HAVE_ONE else name
    return None if path_of(name) is None else name


def index_name(name: Name) -> str:
    """What the index for a name is called."""
    return PREFIX + hashlib.sha256(str(name).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def there(connection: sqlite3.Connection) -> frozenset[str]:
    """What the indexes are called that there are."""
    made = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'items'")
    return frozenset(name for (name,) in made if name.startswith(PREFIX))


def statement(name: Name) -> str:
    """What makes the index for a name.

    Of a key it is over the type and the value, as conditions ask for them. Behind these stands what lists ask
    besides, so that items are counted, put in order and numbered without being looked up.
    """
    columns = value_of(name).sql if name.fact else f"{type_of(name).sql}, {value_of(name).sql}"
    return f"CREATE INDEX {index_name(name)} ON items ({columns}, missing, id)"


def changes(connection: sqlite3.Connection, names: Iterable[str]) -> list[str]:
    """Statements that drop indexes of another form, and make those that are worth it and not there yet.

    The names come most used first.
    """
    former = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND substr(name, 1, ?) = ?",
        (len(_FORMER), _FORMER),
    )
    dropped = [f"DROP INDEX {name}" for (name,) in former]
    made = there(connection)
    wanted = [name for each in names if index_name(name := Name.of(each)) not in made]
    if not wanted or len(made) >= MOST or catalog.count(connection) < WORTH:
        return dropped
    return dropped + [statement(name) for name in wanted[: MOST - len(made)]]
