"""SQLite's indexes for what filters ask about: which there are to be, and how they are made."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pixie import catalog
from pixie.filters.names import Name
from pixie.filters.sql import path_of, type_of, value_of
from pixie.filters.tree import And, Filter, In, Near, Not, Or, Test

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

WORTH = 20_000
"""Items from which on an index is made: reading the metadata of fewer takes 10 ms."""

MOST = 8
"""Indexes of a collection; each takes an item's share of the time of every commit."""

PREFIX = "filter_"
"""What the names of such indexes begin with."""

_HAVE_ONE = frozenset({"id", "sha256"})

_RANGES = frozenset({"eq", "lt", "lte", "gt", "gte"})


def names_compared(given: Filter) -> frozenset[str]:
    """Names of which an index could tell the items that a filter matches; ids have one anyway."""
    if isinstance(given, (And, Or)):
        return frozenset().union(*map(names_compared, given.parts))
    if isinstance(given, Near):
        return frozenset({"latitude"})
    compared = isinstance(given, In) or (isinstance(given, Test) and given.operator in _RANGES)
    if isinstance(given, Not) or not compared:
        return frozenset()
    assert isinstance(given, (In, Test))
    name = given.name
    if name.kind in ("vectors", "place") or (name.fact and name.keys[0] in _HAVE_ONE):
        return frozenset()
    return frozenset() if not name.fact and path_of(name) is None else frozenset({str(name)})


def statement(name: Name) -> str:
    """What makes the index for a name.

    Of a key it is over the type and the value, as conditions ask for them.
    """
    mark = hashlib.sha256(str(name).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    columns = value_of(name).sql if name.fact else f"{type_of(name).sql}, {value_of(name).sql}"
    return f"CREATE INDEX IF NOT EXISTS {PREFIX}{mark} ON items ({columns})"


def missing_indexes(connection: sqlite3.Connection, names: Iterable[str]) -> list[str]:
    """Statements for the indexes that are worth it and not there yet, of names that come most used first."""
    there = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'index'")}
    made = sum(f"INDEX {PREFIX}" in sql for sql in there if sql)
    wanted = [
        sql for name in names if (sql := statement(Name.of(name))).replace(" IF NOT EXISTS", "") not in there
    ]
    if not wanted or made >= MOST or catalog.count(connection) < WORTH:
        return []
    return wanted[: MOST - made]
