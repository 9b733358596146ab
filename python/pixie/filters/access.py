"""Which of SQLite's indexes a filter's SQL asks for.

SQLite does not know how many items a value has, and takes any index for one that tells few items from the
rest. So the SQL leaves it no choice: a column behind a unary ``+`` is none that an index is over, and a
comparison within ``unlikely`` is one that is worth an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pixie.filters.condition import Condition
from pixie.filters.tree import Test

if TYPE_CHECKING:
    from pixie.filters.names import Name
    from pixie.filters.tree import Filter

RANGES = frozenset({"eq", "lt", "lte", "gt", "gte"})
"""Operators that a range of an index answers."""


class Access(NamedTuple):
    """Conditions to be answered from an index, and names whose indexes no other condition is to use."""

    used: frozenset[Filter] = frozenset()
    avoided: frozenset[Name] = frozenset()

    def column(self, column: Condition, name: Name, given: Filter) -> Condition:
        """A name's column in a condition, so that an index over it serves or does not."""
        if name not in self.avoided or given in self.used:
            return column
        return Condition(f"+{column.sql}", column.values)

    def test(self, sql: str, given: Filter) -> str:
        """A comparison of a column."""
        return f"unlikely({sql})" if given in self.used else sql

    def instead(self, given: Filter, part: Filter) -> Access:
        """The same for a part as for the condition that it is a part of."""
        return self._replace(used=self.used | {part}) if given in self.used else self


def range_of(given: Filter) -> tuple[Name, type] | None:
    """What conditions have in common that one range of an index answers together; None of all others."""
    if not isinstance(given, Test) or given.operator not in RANGES or isinstance(given.value, bool):
        return None
    return given.name, str if isinstance(given.value, str) else float


FREE = Access()
"""Leaves all to SQLite."""
