"""Values that filters compare with, and how much of everything a filter may have."""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING, TypeAlias

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from pixie.filters.names import Name

Value: TypeAlias = "str | int | float | bool"

DEEPEST = 20
"""Filters inside each other: SQLite's parser has room for 100 words that wait for what is in parentheses."""

MOST_CONDITIONS = 500
"""Conditions of a filter, which may all be in a row: SQLite's expressions are at most 1,000 deep."""

MOST_VALUES = 10_000
"""Values of a filter; SQLite takes 32,766 for a statement, and a value may be needed twice."""

LONGEST_PATTERN = 1000
"""Characters of a pattern, whose matching takes time in proportion to its length times the text's."""


def exactly(value: Value) -> tuple[type, Value]:
    """A value together with its type: to Python, 1 == 1.0 == True."""
    return type(value), value


def checked(value: object, name: Name) -> Value:
    """`value` as a str, bool, int or float, as which NumPy's numbers are taken too."""
    if isinstance(value, (str, bool)):
        return value
    try:
        if isinstance(value, numbers.Integral) and math.isfinite(float(value)):
            return int(value)
        if isinstance(value, numbers.Real) and math.isfinite(float(value)):
            return float(value)
    except OverflowError:
        pass
    raise InvalidInputError(
        f"a filter compares {name} with {str(value)[:40]}",
        fix="give a text, a finite number, true or false; to ask for what is not there: is null",
        item="where",
    )
