"""Filters as JSON; ``docs/json.md`` describes the objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pixie.errors import InvalidInputError
from pixie.filters.names import Name
from pixie.filters.tree import And, Filter, Has, In, Near, Not, Null, Or, Test
from pixie.filters.values import DEEPEST


def to_json(given: Filter) -> dict[str, Any]:
    """The filter's JSON object."""
    if isinstance(given, (And, Or)):
        word = "and" if isinstance(given, And) else "or"
        return {"op": word, "filters": [to_json(part) for part in given.parts]}
    if isinstance(given, Not):
        return {"op": "not", "filter": to_json(given.part)}
    if isinstance(given, Test):
        return {"op": given.operator, "name": str(given.name), "value": given.value}
    if isinstance(given, In):
        return {"op": "in", "name": str(given.name), "values": list(given.values)}
    if isinstance(given, (Has, Null)):
        return {"op": "has" if isinstance(given, Has) else "is_null", "name": str(given.name)}
    assert isinstance(given, Near)
    return {"op": "near", "latitude": given.latitude, "longitude": given.longitude, "km": given.km}


def from_json(found: Any, depth: int = 0) -> Filter:
    """The filter that a JSON value describes: an object, or a text in the language of filters.

    Raises
    ------
    InvalidInputError
        It describes none; the message says what is wrong.
    """
    if isinstance(found, str):
        return Filter.parse(found)
    if depth > DEEPEST:
        raise InvalidInputError(f"a filter has more than {DEEPEST} filters inside each other", item="where")
    if not isinstance(found, Mapping):
        raise InvalidInputError(
            f"a filter is the JSON value {str(found)[:40]}", fix="give a text or an object", item="where"
        )
    operator = found.get("op")
    if operator in ("and", "or"):
        parts = tuple(from_json(part, depth + 1) for part in _list(found, "filters"))
        return And(parts) if operator == "and" else Or(parts)
    if operator == "not":
        return Not(from_json(_key(found, "filter"), depth + 1))
    if operator == "near":
        return Near(*(_key(found, key) for key in ("latitude", "longitude", "km")))
    if operator == "in":
        return In(Name.of(_key(found, "name")), tuple(_list(found, "values")))
    if operator in ("has", "is_null"):
        name = Name.of(_key(found, "name"))
        return Has(name) if operator == "has" else Null(name)
    if isinstance(operator, str) and operator in Test.OPERATORS:
        return Test(operator, Name.of(_key(found, "name")), _key(found, "value"))
    raise InvalidInputError(
        f"a filter has the op {operator!r}",
        fix=f"give and, or, not, near, in, has, is_null or one of {', '.join(Test.OPERATORS)}",
        item="where",
    )


def _key(found: Mapping[str, Any], key: str) -> Any:
    if key not in found:
        raise InvalidInputError(
            f"a filter with the op {found['op']!r} has no {key!r}", fix="give that key", item="where"
        )
    return found[key]


def _list(found: Mapping[str, Any], key: str) -> Sequence[Any]:
    values = _key(found, key)
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise InvalidInputError(f"a filter has {values!r} as its {key!r}", fix="give a list", item="where")
    return values
