"""Filters as they are written; `parser` reads them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.filters.tree import And, Filter, Has, In, Near, Not, Null, Or, Test

if TYPE_CHECKING:
    from pixie.filters.values import Value


def written(given: Filter) -> str:
    """The filter in its language, with no more parentheses than it needs."""
    if isinstance(given, Or):
        return " or ".join(_inside(part, Or) for part in given.parts)
    if isinstance(given, And):
        return " and ".join(_inside(part, Or, And) for part in given.parts)
    if isinstance(given, Not):
        return f"not {_inside(given.part, Or, And)}"
    if isinstance(given, Test):
        return f"{given.name} {Test.OPERATORS[given.operator]} {_literal(given.value)}"
    if isinstance(given, In):
        return f"{given.name} in ({', '.join(map(_literal, given.values))})"
    if isinstance(given, Has):
        return f"has {given.name}"
    if isinstance(given, Null):
        return f"{given.name} is null"
    assert isinstance(given, Near)
    return f"near({given.latitude!r}, {given.longitude!r}, {given.km!r})"


def _inside(part: Filter, *looser: type[Filter]) -> str:
    return f"({written(part)})" if isinstance(part, looser) else written(part)


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
