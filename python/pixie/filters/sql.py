"""Filters as SQL: conditions on the table ``items`` with their values apart.

Nothing of a filter gets into the SQL but the keys of the metadata, as paths in ASCII (`path_of`): an index on
an expression serves conditions that have the same expression alone, letter by letter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.database import utf8
from pixie.errors import InvalidInputError
from pixie.filters import functions
from pixie.filters.dates import Span
from pixie.filters.tree import And, Filter, Has, In, Near, Not, Null, Or, Test

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from pixie.filters.names import Name
    from pixie.filters.values import Value

NUMBERS = ("integer", "real")

_COMPARED = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

_INT64 = 1 << 63

_BELOW_ROOT = (
    "EXISTS (SELECT 1 FROM roots WHERE substr(items.id, 1, length(name) + 1) = name || '/'"
    " AND substr(items.id, length(name) + 2) {test})"
)
"""The part of an indexed file's path below the folder that was indexed, which is what follows in its id."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on rows of ``items``, and the values of its question marks.

    ``register`` must be called on a connection before it is used there.
    """

    sql: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: Condition) -> Condition:
        return _joined([self, other], "AND")

    @staticmethod
    def register(connection: sqlite3.Connection) -> None:
        """Give a connection what conditions need."""
        functions.register(connection)


def condition(given: Filter) -> Condition:
    """What is true of the items that a filter matches, and of no others.

    Raises
    ------
    InvalidInputError
        It compares a fact with a value of another kind.
    """
    return _of(given, holds=True)


def path_of(name: Name) -> str | None:
    """A key's path in a string of SQL, quotes included; None for keys that no path can name."""
    labels = []
    for key in name.keys:
        if not key or '"' in key or "\\" in key or any(c < " " for c in key):
            return None
        labels.append(json.dumps(key))
    return "'" + ".".join(["$", *labels]).replace("'", "''") + "'"


def value_of(name: Name) -> Condition:
    """A name's value as SQL has it: a column, or what JSON holds, of lists and objects their JSON."""
    if name.fact:
        return Condition({"modified": "mtime_ns", "gps": "latitude"}.get(name.keys[0], name.keys[0]))
    document, path, values = _place(name)
    return Condition(f"json_extract({document}, {path})", values)


def type_of(name: Name) -> Condition:
    """The type of a key's value as ``json_type`` has it, NULL where there is none."""
    document, path, values = _place(name)
    return Condition(f"json_type({document}, {path})", values)


def entries_of(name: Name) -> Condition:
    """A table ``entry`` with columns ``type`` and ``value``: of a key's value, or of each entry of a list."""
    document, path, values = _place(name)
    return Condition(f"json_each({document}, {path}) AS entry", values)


def _place(name: Name) -> tuple[str, str, tuple[Any, ...]]:
    path = path_of(name)
    if path is None:
        return "pixie_at(metadata, ?)", "'$[0]'", (json.dumps(name.keys),)
    return "metadata", path, ()


def _of(given: Filter, holds: bool) -> Condition:
    """What is true where a filter holds, or where it does not; where a value is missing, it is neither.

    So `Not` asks the other question of its part, and every condition can leave NULL to SQL's own ways.
    """
    if isinstance(given, Not):
        return _of(given.part, not holds)
    if isinstance(given, (And, Or)):
        word = "AND" if isinstance(given, And) == holds else "OR"
        return _joined([_of(part, holds) for part in given.parts], word)
    if isinstance(given, (Has, Null)):
        return _present(given.name, isinstance(given, Has) == holds)
    if isinstance(given, Near):
        return _near(given, holds)
    if isinstance(given, Test) and given.operator == "ne":
        return _of(Test("eq", given.name, given.value), not holds)
    assert isinstance(given, (Test, In))
    if given.name.fact:
        found = _of_fact(given)
        # NULL, of a fact that is not known, is not true either way.
        return found if holds else Condition(f"NOT {found.sql}", found.values)
    found = _of_key(given)
    return found if holds else _present(given.name, True) & Condition(f"NOT {found.sql}", found.values)


def _joined(conditions: Sequence[Condition], word: str) -> Condition:
    """All of them, or one of them."""
    if len(conditions) == 1:
        return conditions[0]
    # Without more parentheses, for which SQLite's parser has little room.
    return Condition(f"({f' {word} '.join(part.sql for part in conditions)})", _all_values(conditions))


def _all_values(conditions: Sequence[Condition]) -> tuple[Any, ...]:
    return tuple(value for part in conditions for value in part.values)


def _present(name: Name, there: bool) -> Condition:
    if name.kind == "vectors":
        return Condition("1" if there else "0")
    if name.fact:
        return Condition(f"{value_of(name).sql} IS {'NOT ' if there else ''}NULL")
    value = value_of(name)
    # NULL where there is no such key, and where null is its value.
    return Condition(f"{value.sql} IS {'NOT ' if there else ''}NULL", value.values)


def _of_fact(given: Test | In) -> Condition:
    kind = given.name.kind
    if kind == "date":
        return _of_date(given)
    if kind == "place":
        raise InvalidInputError(
            f"a filter compares {given.name}, which is a place",
            fix="write has gps, or near(latitude, longitude, km), or compare latitude and longitude",
            item="where",
        )
    values = given.values if isinstance(given, In) else (given.value,)
    operator = "in" if isinstance(given, In) else given.operator
    wanted = (int, float) if kind == "number" else str
    for value in values:
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise _other_kind(given.name, value)
    if kind == "number" and operator in ("like", "glob", "contains"):
        raise _other_kind(given.name, values[0])
    if kind == "vectors":
        if operator not in ("eq", "in", "contains"):
            raise _other_kind(given.name, values[0])
        test = _test("in", values)
        owned = "SELECT 1 FROM vectors WHERE item = number AND modality"
        return Condition(f"EXISTS ({owned} {test.sql})", test.values)
    column = given.name.keys[0]
    if operator == "contains":
        text = _bound(values[0])
        return Condition(f"(instr({column}, {text.sql}) > 0)", text.values)
    test = _test(operator, values)
    if column == "path" and operator in ("like", "glob"):
        below = _BELOW_ROOT.format(test=test.sql)
        return Condition(f"(path {test.sql} OR path IS NOT NULL AND {below})", test.values * 2)
    return Condition(f"({column} {test.sql})", test.values)


def _of_date(given: Test | In) -> Condition:
    column = value_of(given.name).sql
    if isinstance(given, In):
        return _joined([_of_date(Test("eq", given.name, value)) for value in given.values], "OR")
    if given.operator in ("like", "glob", "contains"):
        raise _other_kind(given.name, given.value)
    fact = given.name.keys[0]
    span = Span.of(given.value, fact, local=fact == "taken")
    start, end = span.nanoseconds() if fact == "modified" else span.texts()
    # Where a span has no end, every date that is known is before it.
    tests = {
        "eq": ((">=", start), ("<", end)),
        "lt": (("<", start),),
        "lte": (("<", end),),
        "gt": ((">=", end),),
        "gte": ((">=", start),),
    }[given.operator]
    parts = [
        Condition(f"{column} {sign} ?", (bound,))
        if bound is not None
        else Condition(f"{column} {'=' if sign == '<' else '<>'} {column}")
        for sign, bound in tests
    ]
    return Condition(f"({' AND '.join(part.sql for part in parts)})", _all_values(parts))


def _of_key(given: Test | In) -> Condition:
    """The key's value is what is asked for, or a list with such an entry; NULL only where there is none."""
    values = given.values if isinstance(given, In) else (given.value,)
    operator = "in" if isinstance(given, In) else given.operator
    value, type_ = value_of(given.name), type_of(given.name)
    entries = entries_of(given.name)
    alone, among = [], []
    for types, same in _by_type(values):
        alone.append(_typed(type_, value, operator, types, same))
        inside = "eq" if operator == "contains" else operator
        among.append(_typed(Condition("entry.type"), Condition("entry.value"), inside, types, same))
    some = _joined(among, "OR")
    listed = Condition(
        f"{type_.sql} = 'array' AND EXISTS (SELECT 1 FROM {entries.sql} WHERE {some.sql})",  # noqa: S608
        type_.values + entries.values + some.values,
    )
    return _joined([*alone, Condition(f"({listed.sql})", listed.values)], "OR")


def _by_type(values: Sequence[Value]) -> list[tuple[tuple[str, ...], list[Value]]]:
    """Values by the types that JSON gives them; of true and false the type says all."""
    found: dict[tuple[str, ...], list[Value]] = {}
    for value in values:
        types = (
            (str(value).lower(),)
            if isinstance(value, bool)
            else ("text",)
            if isinstance(value, str)
            else NUMBERS
        )
        found.setdefault(types, []).append(value)
    return list(found.items())


def _typed(
    type_: Condition, value: Condition, operator: str, types: tuple[str, ...], values: list[Value]
) -> Condition:
    """A value is of some types, and passes a test."""
    of_types = f"{type_.sql} IN ({', '.join(repr(name) for name in types)})"
    if isinstance(values[0], bool):
        right = operator in ("eq", "in")
        return Condition(f"({of_types})" if right else f"({of_types} AND 0)", type_.values)
    if operator == "contains":
        if not isinstance(values[0], str):
            return Condition(f"({of_types} AND 0)", type_.values)
        text = _bound(values[0])
        return Condition(
            f"({of_types} AND instr({value.sql}, {text.sql}) > 0)", type_.values + value.values + text.values
        )
    test = _test(operator, values)
    return Condition(f"({of_types} AND {value.sql} {test.sql})", type_.values + value.values + test.values)


def _test(operator: str, values: Sequence[Value]) -> Condition:
    """What comes after a value to compare it with others."""
    bound = [_bound(value) for value in values]
    marks = ", ".join(each.sql for each in bound)
    those = _all_values(bound)
    if operator == "in":
        return Condition(f"IN ({marks})", those)
    if operator == "like":
        return Condition(rf"LIKE {marks} ESCAPE '\'", those)
    return Condition(f"{'GLOB' if operator == 'glob' else _COMPARED[operator]} {marks}", those)


def _bound(value: Value) -> Condition:
    """A question mark and its value, without an affinity: an index on an expression serves no other."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return Condition("+CAST(? AS TEXT)", (utf8(value),))
    elif isinstance(value, int) and not -_INT64 <= value < _INT64:
        return Condition("?", (float(value),))
    return Condition("?", (value,))


def _near(given: Near, holds: bool) -> Condition:
    place = (given.latitude, given.longitude)
    exact = f"pixie_km(latitude, longitude, ?, ?) {'<=' if holds else '>'} ?"
    if not holds:
        return Condition(f"({exact})", (*place, given.km))
    south, north, ranges = functions.box(*place, given.km)
    longitudes = " OR ".join(["longitude BETWEEN ? AND ?"] * len(ranges))
    return Condition(
        f"(latitude BETWEEN ? AND ? AND ({longitudes}) AND {exact})",
        (south, north, *(bound for each in ranges for bound in each), *place, given.km),
    )


def _other_kind(name: Name, value: Value) -> InvalidInputError:
    what = {
        "number": "a number, and is compared by =, !=, <, <=, > and >=, or in (...)",
        "text": "a text",
        "vectors": "a list of image, text or both, and is compared by =, != and contains",
        "date": "a date, and is compared by =, !=, <, <=, > and >=, or in (...)",
    }[str(name.kind)]
    return InvalidInputError(
        f"a filter compares {name} with {str(value)[:40]!r}; it is {what}",
        fix=f"compare it so, or write metadata.{name} for a key of the metadata",
        item="where",
    )
