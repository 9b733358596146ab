"""Orders in which items and hits are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.catalog import chunks
from pixie.database import utf8
from pixie.errors import InvalidInputError
from pixie.filters.columns import value_of
from pixie.filters.condition import Condition
from pixie.filters.names import Name

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from pixie.items import Hit

SCORE = "score"
"""The order of hits that nothing else is said about: best first."""

DATE = "date"

_DATE = "coalesce(taken, strftime('%Y-%m-%dT%H:%M:%S', mtime_ns / 1000000000, 'unixepoch'), added)"


@dataclass(frozen=True, slots=True)
class Order:
    """By what items are ordered; those that lack it come last, equal ones as they were, or by their ids.

    Attributes
    ----------
    name
        A fact or a key of the metadata as filters name it; ``date`` is when a picture was taken, else when
        its file was changed, else when the item was added.
    descending
        Whether the largest comes first.
    """

    name: Name
    descending: bool = False

    @classmethod
    def parse(cls, written: str) -> Order | None:
        """Read ``NAME``, ``NAME:asc`` or ``NAME:desc``; None for ``score``.

        Raises
        ------
        InvalidInputError
            It is no name, or one of something that has no order.
        """
        name, _, direction = written.rpartition(":")
        if not name or direction not in ("asc", "desc"):
            name, direction = written, "asc"
        if name == SCORE:
            if direction == "desc" or written == SCORE:
                return None
            raise InvalidInputError(
                "the order is by score, the lowest first", fix="give score: the best come first", item="sort"
            )
        order = cls(Name.of(name), direction == "desc")
        if order.name.kind in ("place", "vectors"):
            raise InvalidInputError(
                f"the order is by {name}, which has none", fix="give date, path or another name", item="sort"
            )
        return order

    def value(self) -> Condition:
        """What items are ordered by, in SQL."""
        return Condition(_DATE) if self.name == Name((DATE,)) else value_of(self.name)

    def clause(self) -> Condition:
        """What comes after ``ORDER BY``."""
        value = self.value()
        return Condition(f"{value.sql} {'DESC' if self.descending else 'ASC'} NULLS LAST, id", value.values)

    def of_hits(self, connection: sqlite3.Connection, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Hits in this order."""
        Condition.register(connection)
        value = self.value()
        values: dict[str, Any] = {}
        for some in chunks([utf8(hit.id) for hit in hits]):
            marks = ", ".join(["CAST(? AS TEXT)"] * len(some))
            sql = f"SELECT id, {value.sql} FROM items WHERE id IN ({marks})"  # noqa: S608
            values.update(connection.execute(sql, (*value.values, *some)).fetchall())
        with_value = [hit for hit in hits if values.get(hit.id) is not None]
        without = [hit for hit in hits if values.get(hit.id) is None]
        with_value.sort(key=lambda hit: _sortable(values[hit.id]), reverse=self.descending)
        return (*with_value, *without)


BY_ID = Condition("id")
"""The order of a list that nothing else is said about."""


def _sortable(value: Any) -> tuple[bool, Any]:
    """Numbers before texts, and these by their UTF-8, as SQLite has them."""
    return isinstance(value, str), utf8(value) if isinstance(value, str) else value
