"""Facets: the values that items have under a name, and how many have each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.filters.columns import entries_of, type_of, value_of
from pixie.filters.condition import Condition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from pixie.filters.names import Name


@dataclass(frozen=True, slots=True)
class Facet:
    """A value, and how many items have it."""

    value: str | int | float | bool
    count: int

    def to_json(self) -> dict[str, Any]:
        """The facet's JSON object."""
        return {"value": self.value, "count": self.count}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Facet:
        """The facet a JSON object describes."""
        return cls(found["value"], found["count"])


@dataclass(frozen=True, slots=True)
class Facets:
    """The values under a name, the most frequent first and equal ones in their order.

    ``total`` is how many values there are, those past the limit too; ``without`` how many items have none.
    """

    facets: tuple[Facet, ...]
    total: int
    without: int

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "facets": [each.to_json() for each in self.facets],
            "total": self.total,
            "without": self.without,
        }


def find_facets(
    connection: sqlite3.Connection, name: Name, of: Condition, offset: int, limit: int | None
) -> Facets:
    """Count the values under a name among some items.

    An entry of a list counts for itself, once an item; objects and lists in lists do not count. Dates are
    counted by months.

    Raises
    ------
    InvalidInputError
        The name is of something that has no values to count.
    """
    if name.kind == "place":
        raise InvalidInputError(
            f"{name} is a place, and each picture's is its own", fix="count another name", item="name"
        )
    Condition.register(connection)
    pairs = _pairs(name, of)
    counted = f"SELECT value, type, count(DISTINCT number) AS count FROM ({pairs.sql}) GROUP BY value, type"  # noqa: S608
    total = connection.execute(f"SELECT count(*) FROM ({counted})", pairs.values).fetchone()[0]  # noqa: S608
    rows = connection.execute(
        f"{counted} ORDER BY count DESC, value LIMIT ? OFFSET ?",
        (*pairs.values, -1 if limit is None else limit, offset),
    )
    facets = tuple(Facet(_value(value, kind), count) for value, kind, count in rows)
    items = connection.execute(f"SELECT count(*) FROM items WHERE {of.sql}", of.values).fetchone()[0]  # noqa: S608
    having = connection.execute(
        f"SELECT count(DISTINCT number) FROM ({pairs.sql})",  # noqa: S608
        pairs.values,
    ).fetchone()[0]
    return Facets(facets, total, items - having)


def _pairs(name: Name, of: Condition) -> Condition:
    """Number, value and type of each value of each item."""
    if name.kind == "vectors":
        return Condition(
            "SELECT number, modality AS value, 'text' AS type FROM items JOIN vectors ON item = number"  # noqa: S608
            f" WHERE {of.sql}",
            of.values,
        )
    if name.fact:
        column = value_of(name).sql
        if name.keys[0] == "modified":
            value = f"strftime('%Y-%m', {column} / 1000000000, 'unixepoch')"
        else:
            value = f"substr({column}, 1, 7)" if name.kind == "date" else column
        return Condition(
            f"SELECT number, {value} AS value, typeof({column}) AS type FROM items"  # noqa: S608
            f" WHERE {column} IS NOT NULL AND {of.sql}",
            of.values,
        )
    entries, kind = entries_of(name), type_of(name)
    return Condition(
        # SQL's word for a join that keeps the order: an item's metadata is read before its entries.
        # The filter stands apart, since an entry has an id and a path of its own.
        f"SELECT number, entry.value AS value, entry.type AS type FROM (SELECT number, metadata FROM items"  # noqa: S608
        f" WHERE {of.sql}) CROSS JOIN {entries.sql}"
        f" WHERE {kind.sql} <> 'object' AND entry.type NOT IN ('null', 'object', 'array')",
        (*of.values, *entries.values, *kind.values),
    )


def _value(value: Any, kind: str) -> str | int | float | bool:
    if kind in ("true", "false"):
        return kind == "true"
    found: str | int | float = json.loads(json.dumps(value))
    return found
