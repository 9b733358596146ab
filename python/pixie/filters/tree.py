"""What a filter is made of: conditions on items, and how they are put together."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pixie.errors import InvalidInputError
from pixie.filters.names import Name
from pixie.filters.values import (
    DEEPEST,
    LONGEST_PATTERN,
    MOST_CONDITIONS,
    MOST_VALUES,
    Value,
    checked,
    exactly,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class Filter:
    """Which items are meant: a condition on an item's facts and metadata, or several put together.

    Made from a text by `parse`, or by `eq`, `ne`, `lt`, `lte`, `gt`, `gte`, `like`, `glob`, `contains`,
    `in_`, `has`, `is_null` and `near`, and put together by ``&``, ``|`` and ``~``. A name is written as in
    the language (see ``docs/filters.md``): ``year``, ``exif.iso``, ``metadata.width``.

    Immutable. Two filters are equal when they say the same in the same order.

    Examples
    --------
    >>> Filter.gte("year", 2020) & ~Filter.has("gps") == Filter.parse("year >= 2020 and not has gps")
    True
    """

    __slots__ = ()

    depth: int
    """How many filters are inside each other, 1 for a condition."""

    conditions: int
    """How many conditions it has."""

    values_in_all: int
    """How many values they have."""

    @staticmethod
    def parse(text: str) -> Filter:
        """Read a filter as it is written: ``year >= 2020 and (camera like 'Canon%' or has gps)``.

        Raises
        ------
        InvalidInputError
            With the code ``syntax``: what is wrong, at which character, and what could stand there.
        """
        from pixie.filters.parser import parse

        return parse(text)

    @staticmethod
    def of(where: str | Filter) -> Filter:
        """A filter as it is, or read from a text."""
        return where if isinstance(where, Filter) else Filter.parse(where)

    @staticmethod
    def from_json(found: Any) -> Filter:
        """The filter that a JSON value describes; a string is read by `parse`."""
        from pixie.filters.json_form import from_json

        return from_json(found)

    def to_json(self) -> dict[str, Any]:
        """The filter's JSON object."""
        from pixie.filters.json_form import to_json

        return to_json(self)

    @staticmethod
    def eq(name: str, value: Value) -> Filter:
        """The value is this one; of a list, one of its entries is."""
        return Test("eq", Name.of(name), value)

    @staticmethod
    def ne(name: str, value: Value) -> Filter:
        """There is a value, and it is another one; of a list, none of its entries is this one."""
        return Test("ne", Name.of(name), value)

    @staticmethod
    def lt(name: str, value: Value) -> Filter:
        """The value is below this one."""
        return Test("lt", Name.of(name), value)

    @staticmethod
    def lte(name: str, value: Value) -> Filter:
        """The value is at most this one."""
        return Test("lte", Name.of(name), value)

    @staticmethod
    def gt(name: str, value: Value) -> Filter:
        """The value is above this one."""
        return Test("gt", Name.of(name), value)

    @staticmethod
    def gte(name: str, value: Value) -> Filter:
        """The value is at least this one."""
        return Test("gte", Name.of(name), value)

    @staticmethod
    def like(name: str, pattern: str) -> Filter:
        """The text has this form: ``%`` is anything, ``_`` a character; upper case is lower case in ASCII."""
        return Test("like", Name.of(name), pattern)

    @staticmethod
    def glob(name: str, pattern: str) -> Filter:
        """The text has this form: ``*`` is anything, ``?`` a character, ``[a-z]`` one of some.

        A path is compared as a whole, and from the folder on that was indexed.
        """
        return Test("glob", Name.of(name), pattern)

    @staticmethod
    def contains(name: str, value: Value) -> Filter:
        """The text has this one in it, or the list this entry."""
        return Test("contains", Name.of(name), value)

    @staticmethod
    def in_(name: str, values: Iterable[Value]) -> Filter:
        """The value is one of these; of a list, one of its entries is."""
        return In(Name.of(name), tuple(values))

    @staticmethod
    def has(name: str) -> Filter:
        """There is a value."""
        return Has(Name.of(name))

    @staticmethod
    def is_null(name: str) -> Filter:
        """There is no value, or null."""
        return Null(Name.of(name))

    @staticmethod
    def near(latitude: float, longitude: float, km: float) -> Filter:
        """The picture was taken at most so many kilometres from a place, given in degrees (WGS 84)."""
        return Near(latitude, longitude, km)

    def __and__(self, other: Filter) -> Filter:
        return And(_parts(And, self, other)) if isinstance(other, Filter) else NotImplemented

    def __or__(self, other: Filter) -> Filter:
        return Or(_parts(Or, self, other)) if isinstance(other, Filter) else NotImplemented

    def __invert__(self) -> Filter:
        return Not(self)

    def __str__(self) -> str:
        """The filter as `parse` reads it."""
        from pixie.filters.written import written

        return written(self)

    def _measure(self, *inside: Filter, conditions: int = 0, values: int = 0) -> None:
        for name, own, most, what in (
            (
                "depth",
                1 + max((part.depth for part in inside), default=0),
                DEEPEST,
                "filters inside each other",
            ),
            (
                "conditions",
                conditions + sum(part.conditions for part in inside),
                MOST_CONDITIONS,
                "conditions",
            ),
            ("values_in_all", values + sum(part.values_in_all for part in inside), MOST_VALUES, "values"),
        ):
            if own > most:
                raise InvalidInputError(
                    f"a filter has more than {most:,} {what}",
                    fix="ask in parts; for many values of one name there is: in (...)",
                    item="where",
                )
            object.__setattr__(self, name, own)


def _parts(kind: type[And | Or], *filters: Filter) -> tuple[Filter, ...]:
    """Filters in a row, those of the same kind by what they are made of, so that chains are flat."""
    parts: list[Filter] = []
    for each in filters:
        parts.extend(each.parts if isinstance(each, kind) else (each,))
    return tuple(parts)


@dataclass(frozen=True)
class And(Filter):
    """All of several filters."""

    parts: tuple[Filter, ...]

    def __post_init__(self) -> None:
        _check_parts(self.parts, "and")
        self._measure(*self.parts)


@dataclass(frozen=True)
class Or(Filter):
    """One of several filters."""

    parts: tuple[Filter, ...]

    def __post_init__(self) -> None:
        _check_parts(self.parts, "or")
        self._measure(*self.parts)


@dataclass(frozen=True)
class Not(Filter):
    """What a filter rules out; where a value is missing, it rules out nothing."""

    part: Filter

    def __post_init__(self) -> None:
        self._measure(self.part)


@dataclass(frozen=True)
class Test(Filter):
    """A value that is compared with another, or with a pattern."""

    OPERATORS: ClassVar[dict[str, str]] = {
        "eq": "=",
        "ne": "!=",
        "lt": "<",
        "lte": "<=",
        "gt": ">",
        "gte": ">=",
        "like": "like",
        "glob": "glob",
        "contains": "contains",
    }
    """Operators by their names in JSON, and how they are written."""

    operator: str
    name: Name
    value: Value

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", checked(self.value, self.name))
        if self.operator in ("like", "glob") and (
            not isinstance(self.value, str) or len(self.value) > LONGEST_PATTERN
        ):
            raise InvalidInputError(
                f"a filter compares {self.name} with the pattern {str(self.value)[:40]!r}",
                fix=f"a pattern is a text of at most {LONGEST_PATTERN} characters",
                item="where",
            )
        self._measure(conditions=1, values=1)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Test):
            return NotImplemented
        return (self.operator, self.name, exactly(self.value)) == (
            other.operator,
            other.name,
            exactly(other.value),
        )

    def __hash__(self) -> int:
        return hash((self.operator, self.name, self.value))


@dataclass(frozen=True)
class In(Filter):
    """A value that is one of several."""

    name: Name
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(checked(value, self.name) for value in self.values))
        if not self.values:
            raise InvalidInputError(
                f"a filter asks for {self.name} in no values", fix="give one value or more", item="where"
            )
        # Dates are compared one by one.
        conditions = len(self.values) if self.name.kind == "date" else 1
        self._measure(conditions=conditions, values=len(self.values))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, In):
            return NotImplemented
        return (self.name, *map(exactly, self.values)) == (other.name, *map(exactly, other.values))

    def __hash__(self) -> int:
        return hash((self.name, self.values))


@dataclass(frozen=True)
class Has(Filter):
    """A value that is there."""

    name: Name

    def __post_init__(self) -> None:
        self._measure(conditions=1)


@dataclass(frozen=True)
class Null(Filter):
    """A value that is not there, or null."""

    name: Name

    def __post_init__(self) -> None:
        self._measure(conditions=1)


@dataclass(frozen=True)
class Near(Filter):
    """A place at most ``km`` kilometres from another, given in degrees."""

    latitude: float
    longitude: float
    km: float

    def __post_init__(self) -> None:
        for name, most in (("latitude", 90.0), ("longitude", 180.0), ("km", math.inf)):
            value = getattr(self, name)
            least = 0.0 if name == "km" else -most
            number = isinstance(value, numbers.Real) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or not least <= value <= most:
                limits = "0 or more" if name == "km" else f"from {-most:g} to {most:g}"
                raise InvalidInputError(
                    f"the {name} of a place in a filter is {value!r}",
                    fix=f"give a number, {limits}: near(latitude, longitude, km)",
                    item="where",
                )
            object.__setattr__(self, name, float(value))
        self._measure(conditions=1, values=3)


def _check_parts(parts: tuple[Filter, ...], word: str) -> None:
    if len(parts) < 2 or not all(isinstance(part, Filter) for part in parts):
        raise InvalidInputError(
            f"a filter has an {word!r} of {len(parts)} filters", fix="give two or more", item="where"
        )
