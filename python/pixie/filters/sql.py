"""Filters as SQL: conditions on the table ``items`` with their values apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.database import utf8
from pixie.errors import InvalidInputError
from pixie.filters import functions
from pixie.filters.access import FREE, range_of
from pixie.filters.columns import entries_of, type_of, value_of
from pixie.filters.condition import Condition, all_values, joined
from pixie.filters.dates import Span
from pixie.filters.names import Name
from pixie.filters.tree import And, Filter, Has, In, Near, Not, Null, Or, Test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pixie.filters.access import Access
    from pixie.filters.values import Value

NUMBERS = ("integer", "real")

_COMPARED = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

_INT64 = 1 << 63

_BELOW_ROOT = (
    "EXISTS (SELECT 1 FROM roots WHERE substr(items.id, 1, length(name) + 1) = name || '/'"
    " AND substr(items.id, length(name) + 2) {test})"
)
"""The part of an indexed file's path below the folder that was indexed, which is what follows in its id."""


def condition(given: Filter, access: Access = FREE) -> Condition:
    """What is true of the items that a filter matches, and of no others.

    Parameters
    ----------
    given
        The filter.
    access
        Which indexes SQLite is to use; they must be there.

    Raises
    ------
    InvalidInputError
        It compares a fact with a value of another kind.
    """
    return _of(given, True, access)


def _of(given: Filter, holds: bool, access: Access) -> Condition:
    """What is true where a filter holds, or where it does not; where a value is missing, it is neither.

    So `Not` asks the other question of its part, and every condition can leave NULL to SQL's own ways.
    """
    if isinstance(given, Not):
        return _of(given.part, not holds, access)
    if isinstance(given, (And, Or)):
        word = "AND" if isinstance(given, And) == holds else "OR"
        parts = _with_ranges(given.parts, access) if word == "AND" and holds else given.parts
        return joined(
            [part if isinstance(part, Condition) else _of(part, holds, access) for part in parts], word
        )
    if isinstance(given, (Has, Null)):
        return _present(given, isinstance(given, Has) == holds, access)
    if isinstance(given, Near):
        return _near(given, holds, access)
    if isinstance(given, Test) and given.operator == "ne":
        return _of(Test("eq", given.name, given.value), not holds, access)
    assert isinstance(given, (Test, In))
    if given.name.fact:
        found = _of_fact(given, access)
        # NULL, of a fact that is not known, is not true either way.
        return found if holds else Condition(f"NOT {found.sql}", found.values)
    found = _of_key(given, access)
    there = _present(given, True, access)
    return found if holds else there & Condition(f"NOT {found.sql}", found.values)


def _present(given: Has | Null | Test | In, there: bool, access: Access) -> Condition:
    if given.name.kind == "vectors":
        return Condition("1" if there else "0")
    # NULL where there is no such key, and where null is its value.
    value = access.column(value_of(given.name), given.name, given)
    return Condition(f"{value.sql} IS {'NOT ' if there else ''}NULL", value.values)


def _of_fact(given: Test | In, access: Access) -> Condition:
    kind = given.name.kind
    if kind == "date":
        return _of_date(given, access)
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
    there = access.column(value_of(given.name), given.name, given)
    return Condition(f"({access.test(f'{there.sql} {test.sql}', given)})", test.values)


def _of_date(given: Test | In, access: Access) -> Condition:
    if isinstance(given, In):
        days = [Test("eq", given.name, value) for value in given.values]
        return joined([_of_date(day, access.instead(given, day)) for day in days], "OR")
    column = access.column(value_of(given.name), given.name, given).sql
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
        Condition(access.test(f"{column} {sign} ?", given), (bound,))
        if bound is not None
        else Condition(f"{column} {'=' if sign == '<' else '<>'} {column}")
        for sign, bound in tests
    ]
    return Condition(f"({' AND '.join(part.sql for part in parts)})", all_values(parts))


def _of_key(given: Test | In, access: Access) -> Condition:
    """The key's value is what is asked for, or a list with such an entry; NULL only where there is none."""
    values = given.values if isinstance(given, In) else (given.value,)
    operator = "in" if isinstance(given, In) else given.operator
    value = access.column(value_of(given.name), given.name, given)
    type_ = access.column(type_of(given.name), given.name, given)
    alone, among = [], []
    for types, same in _by_type(values):
        alone.append(_typed(type_, value, operator, types, same))
        inside = "eq" if operator == "contains" else operator
        among.append(_typed(Condition("entry.type"), Condition("entry.value"), inside, types, same))
    lists = _different_lists if given in access.used else _each_list
    listed = lists(given.name, joined(among, "OR"))
    listed = Condition(f"({type_.sql} = 'array' AND {listed.sql})", type_.values + listed.values)
    return joined([*alone, listed], "OR")


def _with_ranges(parts: Sequence[Filter], access: Access) -> list[Filter | Condition]:
    """Parts that are all to hold; of those that an index over a key is used for, one condition a range."""
    ranges: dict[tuple[Name, type], list[Test]] = {}
    others: list[Filter | Condition] = []
    for part in parts:
        of = range_of(part)
        if of is not None and isinstance(part, Test) and not part.name.fact and part in access.used:
            ranges.setdefault(of, []).append(part)
        else:
            others.append(part)
    return [*(_of_keys_range(tests) for tests in ranges.values()), *others]


def _of_keys_range(tests: Sequence[Test]) -> Condition:
    """A key's value passes several tests, or is a list that has for each test an entry that passes it."""
    name = tests[0].name
    value, type_ = value_of(name), type_of(name)
    alone, lists = [], [Condition(f"{type_.sql} = 'array'")]
    for test in tests:
        ((types, same),) = _by_type((test.value,))
        alone.append(_typed(type_, value, test.operator, types, same))
        entry = _typed(Condition("entry.type"), Condition("entry.value"), test.operator, types, same)
        lists.append(_different_lists(name, entry))
    return joined([joined(alone, "AND"), joined(lists, "AND")], "OR")


def _each_list(name: Name, some: Condition) -> Condition:
    """A list has an entry that passes a test."""
    entries = entries_of(name)
    return Condition(
        f"EXISTS (SELECT 1 FROM {entries.sql} WHERE {some.sql})",  # noqa: S608
        entries.values + some.values,
    )


def _different_lists(name: Name, some: Condition) -> Condition:
    """The same, asked once of each list that there is in the index for a key instead of once of each item."""
    value, type_ = value_of(name).sql, type_of(name).sql
    return Condition(
        f"{value} IN (SELECT list FROM (SELECT DISTINCT {value} AS list FROM items WHERE {type_} = 'array')"  # noqa: S608
        f" WHERE EXISTS (SELECT 1 FROM json_each(list) AS entry WHERE {some.sql}))",
        some.values,
    )


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
    those = all_values(bound)
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


def _near(given: Near, holds: bool, access: Access) -> Condition:
    place = (given.latitude, given.longitude)
    exact = f"pixie_km(latitude, longitude, ?, ?) {'<=' if holds else '>'} ?"
    if not holds:
        return Condition(f"({exact})", (*place, given.km))
    south, north, ranges = functions.box(*place, given.km)
    longitudes = " OR ".join(["longitude BETWEEN ? AND ?"] * len(ranges))
    latitude = access.column(Condition("latitude"), Name.of("latitude"), given).sql
    return Condition(
        f"({latitude} BETWEEN ? AND ? AND ({longitudes}) AND {exact})",
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
