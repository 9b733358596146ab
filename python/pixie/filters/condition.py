"""A condition in SQL with its values apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.filters import functions

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on rows of ``items``, and the values of its question marks.

    ``register`` must be called on a connection before it is used there.
    """

    sql: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: Condition) -> Condition:
        return joined([self, other], "AND")

    @staticmethod
    def register(connection: sqlite3.Connection) -> None:
        """Give a connection what conditions need."""
        functions.register(connection)


def joined(conditions: Sequence[Condition], word: str) -> Condition:
    """All of them, or one of them."""
    if len(conditions) == 1:
        return conditions[0]
    # Without more parentheses, for which SQLite's parser has little room.
    return Condition(f"({f' {word} '.join(part.sql for part in conditions)})", all_values(conditions))


def all_values(conditions: Sequence[Condition]) -> tuple[Any, ...]:
    """The values of conditions that stand one after the other."""
    return tuple(value for part in conditions for value in part.values)
