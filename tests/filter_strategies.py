"""Random items and filters, and what a filter means, said a second time and as plainly as possible."""

from __future__ import annotations

import fnmatch
import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from pixie.filters.names import Name
from pixie.filters.tree import And, Has, In, Near, Not, Null, Or, Test

if TYPE_CHECKING:
    from pixie.filters import Filter

KEYS = ["year", "tag", "a", 'odd "key', "größe", "it's", "width", "and", "", "back\\slash", "metadata"]

# Few texts, so that some are equal; SQLite ends a text of JSON at a NUL.
TEXTS = st.sampled_from(
    ["", "red", "Red", "2020", "it's", "a%b", "a_b", "größe", "x[y]z", "\\", "line\nbreak"]
) | st.text(st.characters(exclude_characters="\0"), max_size=3)
NUMBERS = st.sampled_from(
    [0, 1, 1.0, 2020, 2020.5, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0.1, 1e300]
) | st.integers(-3, 3)
SCALARS = TEXTS | NUMBERS | st.booleans()
DATES = st.datetimes(datetime(2019, 12, 30), datetime(2020, 3, 2)).map(
    lambda time: time.replace(microsecond=0)
)
DEGREES = st.sampled_from([-180.0, -179.9, -90.0, -1.0, 0.0, 48.1, 89.9, 90.0, 179.9, 180.0])
LATITUDES = DEGREES.filter(lambda value: abs(value) <= 90)

VALUES = st.recursive(
    SCALARS | st.none(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inside, max_size=2),
    max_leaves=6,
)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """What an item knows, by the names of columns; metadata as an object."""
    placed = draw(st.booleans())
    return {
        "path": draw(
            st.none() | st.sampled_from(["/home/Pictures/2021/a.jpg", "/home/Pictures/b.jpg", "/2021/c"])
        ),
        "text": draw(st.none() | TEXTS),
        "metadata": draw(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)),
        "width": draw(st.none() | st.integers(0, 3)),
        "mtime_ns": draw(st.none() | DATES.map(_nanoseconds)),
        "taken": draw(st.none() | DATES.map(datetime.isoformat)),
        "camera": draw(st.none() | TEXTS),
        "latitude": draw(LATITUDES) if placed else None,
        "longitude": draw(DEGREES) if placed else None,
        "added": draw(DATES.map(lambda time: time.isoformat() + "Z")),
        "vectors": draw(st.sampled_from([("image",), ("text",), ("image", "text")])),
    }


def filters() -> st.SearchStrategy[Filter]:
    """Filters of every sort, over names that items have and that they lack."""
    return st.recursive(_conditions(), _combined, max_leaves=6)


def _combined(inside: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inside, min_size=2, max_size=3).map(tuple)
    return several.map(And) | several.map(Or) | inside.map(Not)


def _conditions() -> st.SearchStrategy[Filter]:
    keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=2).map(lambda parts: Name(tuple(parts)))
    texts = st.sampled_from(["text", "camera", "path"]).map(Name.of)
    dates = st.sampled_from(["taken", "added", "modified"]).map(Name.of)
    compared = st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte"])
    patterns = st.text(st.sampled_from("aredR%_*?x"), max_size=4)
    globs = st.sampled_from(["*", "2021/*", "/home/*", "[!/]*.jpg", "b.jpg"])
    spans = DATES.flatmap(
        lambda time: st.sampled_from([time.isoformat()[:end] for end in (4, 7, 10, 16, 19)] + [time.year])
    )
    every = (
        keys
        | texts
        | dates
        | st.sampled_from(["width", "gps", "vectors", "latitude", "missing"]).map(Name.of)
    )
    return st.one_of(
        st.builds(Test, compared | st.just("contains"), keys, SCALARS),
        st.builds(Test, st.just("like"), keys | texts, patterns),
        st.builds(Test, st.just("glob"), texts, globs),
        st.builds(Test, st.just("contains"), texts, TEXTS),
        st.builds(Test, compared, texts, TEXTS),
        st.builds(Test, compared, st.just(Name.of("width")), NUMBERS),
        st.builds(Test, compared, dates, spans),
        st.builds(
            Test, st.sampled_from(["eq", "ne", "contains"]), st.just(Name.of("vectors")), st.just("text")
        ),
        st.builds(In, keys, st.lists(SCALARS, min_size=1, max_size=3).map(tuple)),
        st.builds(In, dates, st.lists(spans, min_size=1, max_size=2).map(tuple)),
        st.builds(Has, every),
        st.builds(Null, every),
        st.builds(Near, LATITUDES, DEGREES, st.sampled_from([0, 1, 500, 20_000, 30_000])),
    )


def holds(given: Filter, item: dict[str, Any]) -> bool | None:
    """Whether a filter is true of an item, false, or neither because a value is missing."""
    if isinstance(given, Not):
        found = holds(given.part, item)
        return None if found is None else not found
    if isinstance(given, (And, Or)):
        found = [holds(part, item) for part in given.parts]
        decides = isinstance(given, Or)
        return decides if decides in found else None if None in found else not decides
    if isinstance(given, Near):
        if item["latitude"] is None:
            return None
        return _kilometres(item["latitude"], item["longitude"], given.latitude, given.longitude) <= given.km
    value = _value(given.name, item)
    if isinstance(given, (Has, Null)):
        return (value is not None) == isinstance(given, Has)
    if value is None:
        return None
    if given.name.kind == "date":
        return _date_holds(given, value)
    values = given.values if isinstance(given, In) else (given.value,)
    operator = "eq" if isinstance(given, In) else given.operator
    if operator == "ne":
        return not any(_same("eq", entry, values[0]) for entry in _entries(value))
    if operator == "contains":
        among = value if isinstance(value, list) else []
        inside = isinstance(value, str) and isinstance(values[0], str) and values[0] in value
        return inside or any(_same("eq", entry, values[0]) for entry in among)
    entries = _entries(value)
    if given.name == Name.of("path") and operator in ("like", "glob") and value.startswith("/home/Pictures/"):
        entries = [value, value.removeprefix("/home/Pictures/")]
    return any(_same(operator, entry, each) for entry in entries for each in values)


def _value(name: Name, item: dict[str, Any]) -> Any:
    if name.fact:
        fact = name.keys[0]
        if fact == "vectors":
            return list(item["vectors"])
        return item.get({"modified": "mtime_ns", "gps": "latitude"}.get(fact, fact))
    found = item["metadata"]
    for key in name.keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _same(operator: str, found: Any, asked: Any) -> bool:
    sort = _sort(found)
    if sort is None or sort != _sort(asked):
        return False
    if operator == "like":
        parts = [{"%": ".*", "_": "."}.get(c, re.escape(c)) for c in asked]
        return re.fullmatch("".join(parts), found, re.DOTALL | re.IGNORECASE | re.ASCII) is not None
    if operator == "glob":
        return fnmatch.fnmatchcase(found, asked)
    if sort is str:
        # As UTF-8, in whose order SQLite has them.
        found, asked = (text.encode("utf-8", "surrogatepass") for text in (found, asked))
    if sort is bool:
        return operator == "eq" and found == asked
    return {
        "eq": found == asked,
        "lt": found < asked,
        "lte": found <= asked,
        "gt": found > asked,
        "gte": found >= asked,
    }[operator]


def _sort(value: Any) -> type | None:
    if isinstance(value, bool):
        return bool
    return str if isinstance(value, str) else float if isinstance(value, (int, float)) else None


def _date_holds(given: Test | In, value: Any) -> bool:
    if isinstance(value, int):
        time = datetime(1970, 1, 1) + timedelta(microseconds=value // 1000)
    else:
        time = datetime.fromisoformat(value.removesuffix("Z"))
    values = given.values if isinstance(given, In) else (given.value,)
    # A date stands for all times that are written with the same beginning.
    written = [(time.isoformat()[: len(str(each))], str(each)) for each in values]
    if isinstance(given, In):
        return any(found == asked for found, asked in written)
    found, asked = written[0]
    return {
        "eq": found == asked,
        "ne": found != asked,
        "lt": found < asked,
        "lte": found <= asked,
        "gt": found > asked,
        "gte": found >= asked,
    }[given.operator]


def _kilometres(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """By the angle between two unit vectors, another way than the haversine formula."""
    here, there = (
        [
            math.cos(math.radians(north)) * math.cos(math.radians(east)),
            math.cos(math.radians(north)) * math.sin(math.radians(east)),
            math.sin(math.radians(north)),
        ]
        for north, east in ((latitude, longitude), (to_latitude, to_longitude))
    )
    return 2 * math.asin(min(1.0, math.dist(here, there) / 2)) * 6371.0088


def _nanoseconds(time: datetime) -> int:
    return (time - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000
