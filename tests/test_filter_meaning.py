"""Filters match what they say, over random items; what they say survives being written and read."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from filter_strategies import filters, holds, items
from pixie import access_paths, database, key_indexes
from pixie.filters import Filter
from pixie.filters.condition import Condition
from pixie.filters.names import Name
from pixie.filters.sql import condition
from pixie.filters.tree import And

MANY = settings(max_examples=300, deadline=None)

COLLECTIONS = st.lists(items(), max_size=5, unique_by=lambda item: item["path"] or object())


@MANY
@given(filters())
@example(Filter.eq('"odd ""key".and', "it's"))
@example(Filter.eq("metadata.width", 2.0**70) & (Filter.has("gps") | ~Filter.is_null("text")))
def test_a_filter_is_the_same_after_it_was_written_and_read(given_filter: Filter) -> None:
    assert Filter.parse(str(given_filter)) == given_filter


@MANY
@given(filters())
def test_a_filter_is_the_same_after_json(given_filter: Filter) -> None:
    assert Filter.from_json(json.loads(json.dumps(given_filter.to_json()))) == given_filter


@MANY
@given(COLLECTIONS, filters())
def test_the_database_finds_what_a_plain_evaluation_finds(
    collection: list[dict[str, Any]], where: Filter
) -> None:
    assert matching(collection, where) == [at for at, item in enumerate(collection) if holds(where, item)]


@MANY
@given(COLLECTIONS, filters())
def test_what_is_neither_true_nor_false_matches_neither_way(
    collection: list[dict[str, Any]], where: Filter
) -> None:
    either = matching(collection, where | ~where)
    assert either == [at for at, item in enumerate(collection) if holds(where, item) is not None]


@MANY
@given(COLLECTIONS, filters(), st.sampled_from([0.0, 1000.0]), st.booleans())
@example([], Filter.gt("year", 1) & Filter.lt("year", 9) & Filter.eq("tag", "red"), 1000.0, True)
@example([], And((Filter.eq("year", ""), Filter.glob("text", "*") & Filter.contains('""', ""))), 0.0, False)
def test_whatever_indexes_are_used_the_same_is_found(
    collection: list[dict[str, Any]], where: Filter, share: float, whole: bool
) -> None:
    """`share` is that of the items up to which an index is worth it: so none is, or every one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access_paths, "SHARE", share)
        assert matching(collection, where, indexed=True, whole=whole) == matching(collection, where)


def matching(
    collection: list[dict[str, Any]], where: Filter, *, indexed: bool = False, whole: bool = False
) -> list[int]:
    """Positions of the items that SQLite finds, with indexes for all names that are compared or without."""
    connection = sqlite3.connect(":memory:")
    connection.text_factory = database.from_utf8
    connection.executescript(database.SCHEMA)
    connection.execute("INSERT INTO roots VALUES ('Pictures', '/home/Pictures')")
    for number, item in enumerate(collection):
        columns = {
            **item,
            "number": number,
            "id": _id(number, item),
            "metadata": json.dumps(item["metadata"]),
        }
        vectors = columns.pop("vectors")
        marks = ", ".join(
            f"CAST(? AS {'TEXT' if isinstance(value, str) else 'NUMERIC'})" for value in columns.values()
        )
        connection.execute(
            f"INSERT INTO items ({', '.join(columns)}) VALUES ({marks})",
            [database.utf8(value) if isinstance(value, str) else value for value in columns.values()],
        )
        connection.executemany(
            "INSERT INTO vectors (item, modality) VALUES (?, ?)", ((number, modality) for modality in vectors)
        )
    for name in key_indexes.names_compared(where) if indexed else ():
        connection.execute(key_indexes.statement(Name.of(name)))
    wanted = condition(where, access_paths.access_for(connection, where, whole=whole))
    Condition.register(connection)
    found = connection.execute(f"SELECT number FROM items WHERE {wanted.sql} ORDER BY number", wanted.values)
    numbers = [number for (number,) in found]
    connection.close()
    return numbers


def _id(number: int, item: dict[str, Any]) -> str:
    path = item["path"] or ""
    below = path.removeprefix("/home/Pictures/")
    return f"{number}" if below == path else f"Pictures/{below}"
