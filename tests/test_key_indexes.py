"""SQLite's indexes for the names that filters compare: who makes them, when, and what they answer."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collection_fixtures import found, unit
from pixie import key_indexes
from pixie.collection import Collection
from pixie.filters import Filter
from pixie.filters.condition import Condition
from pixie.filters.sql import condition
from pixie.holdings import Holdings
from pixie.listing import Selection
from pixie.records import Record

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 300


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_indexes, "WORTH", COUNT)


def fill(folder: Path) -> None:
    with Holdings(folder) as holdings:
        add(holdings, COUNT)


def add(holdings: Holdings, count: int, first: int = 0) -> None:
    records = [
        Record(
            f"item{number}",
            path=f"/pictures/{number}",
            metadata={"year": number, "tag": ["odd", "all"] if number % 2 else "even", "größe": number},
            facts={
                "camera": f"camera {number}",
                "taken": f"20{number % 90 + 10}-01-01T00:00:00",
                "latitude": 0.1,
            }
            | {"longitude": 0.1},
            vectors=(("image", number - first),),
        )
        for number in range(first, first + count)
    ]
    holdings.commit(records, np.stack([unit(record.id) for record in records]))


def plan(folder: Path, where: str) -> str:
    """How SQLite goes about the items that a filter matches."""
    with sqlite3.connect(folder / "items.sqlite") as connection:
        wanted = Selection(Filter.parse(where)).condition(connection)
        Condition.register(connection)
        sql = f"EXPLAIN QUERY PLAN SELECT count(*) FROM items WHERE {wanted.sql}"
        lines = [row[3] for row in connection.execute(sql, wanted.values)]
    connection.close()
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("year = 7", "year"),
        ("year >= 290", "year"),
        ("year in (1, 2, 3)", "year"),
        ("year > 5 and year < 9", "year"),
        ("tag = 'even'", "tag"),
        ("größe = 5", "größe"),
        ("camera = 'camera 5'", "camera"),
        ("taken = 2020", "taken"),
        ("near(0, 0, 1)", "latitude"),
        ("has nothing and year = 7", "year"),
    ],
)
def test_a_filter_is_answered_by_the_index_of_its_name(folder: Path, where: str, name: str) -> None:
    fill(folder)
    assert "SCAN items" in plan(folder, where)
    with Holdings(folder, read_only=True) as reader:
        before = [item.id for item in Collection(reader).items(where=where)]
    with Holdings(folder):
        pass
    from pixie.filters.names import Name

    index = key_indexes.index_name(Name.of(name))
    assert re.search(f"USING (COVERING )?INDEX {index}", plan(folder, where))
    assert "SCAN items" not in plan(folder, where)
    with Holdings(folder, read_only=True) as reader:
        assert [item.id for item in Collection(reader).items(where=where)] == before


@pytest.mark.parametrize(
    ("where", "used"),
    [
        # Half of the items have the tag, one the year: only the latter is worth looking items up for.
        ("tag = 'odd' and year = 7", {"year"}),
        ("year = 7 and tag = 'odd' and width is null", {"year"}),
        ("tag = 'odd' and year > 5", set()),
        ("tag = 'odd' and (year = 7 or year = 9)", {"year"}),
        ("(camera = 'camera 9' and tag = 'odd') or year = 8", {"year", "camera"}),
        ("year = 7 or path glob '*9'", set()),
        # What indexes hold themselves is read from them, however many items it is of.
        ("tag = 'odd'", {"tag"}),
        ("tag = 'odd' or year = 8", {"tag", "year"}),
        ("year > 5 and year < 250", {"year"}),
        ("camera >= 'camera 1' and camera < 'camera 9'", {"camera"}),
    ],
)
def test_items_are_looked_up_by_the_index_that_brings_few(folder: Path, where: str, used: set[str]) -> None:
    from pixie.filters.names import Name

    fill(folder)
    with Holdings(folder, read_only=True) as reader:
        before = answers(Collection(reader), where)
        for name in ("tag", "year", "camera"):
            Collection(reader).items(where=f"{name} = 'x'")
    with Holdings(folder):
        pass
    assert indexes(folder) == 3
    made = {name: key_indexes.index_name(Name.of(name)) for name in ("tag", "year", "camera")}
    how = plan(folder, where)
    assert {name for name, index in made.items() if index in how} == used
    with Holdings(folder, read_only=True) as reader:
        assert answers(Collection(reader), where) == before


def answers(photos: Collection, where: str) -> list[object]:
    """Whatever SQLite is asked by a filter."""
    return [
        [item.id for item in photos.items(where=where, limit=3)],
        [item.id for item in photos.items(where=where, offset=2, limit=3)],
        [item.id for item in photos.items(where=where, sort="year:desc", limit=3)],
        [item.id for item in photos.items(where=where)],
        photos.stats(where=where)["items"],
        photos.stats(where=where)["vectors"],
        photos.facets("tag", where=where),
    ]


def test_a_page_comes_from_the_index_without_looking_up_or_sorting_others(folder: Path) -> None:
    fill(folder)
    with Holdings(folder) as writer:
        Collection(writer).items(where="camera = 'camera 5'")
    with sqlite3.connect(folder / "items.sqlite") as connection:
        wanted = Selection(Filter.parse("camera = 'camera 5'")).condition(connection)
        for asked in ("count(*)", "id"):
            sql = f"EXPLAIN QUERY PLAN SELECT {asked} FROM items WHERE {wanted.sql} ORDER BY id LIMIT 9"
            (line,) = [row[3] for row in connection.execute(sql, wanted.values)]
            assert line.startswith("SEARCH items USING COVERING INDEX where_")
    connection.close()


def test_indexes_of_an_older_form_are_replaced(folder: Path) -> None:
    fill(folder)
    with sqlite3.connect(folder / "items.sqlite") as connection:
        connection.execute("CREATE INDEX filter_0123456789abcdef ON items (camera)")
    connection.close()
    with Holdings(folder) as writer:
        Collection(writer).items(where="camera = 'camera 5'")
    with sqlite3.connect(folder / "items.sqlite") as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        ]
    connection.close()
    assert not [name for name in names if name.startswith("filter_")]
    assert indexes(folder) == 1


def test_lists_with_such_an_entry_are_found_by_the_index_too(folder: Path) -> None:
    fill(folder)
    with Holdings(folder, read_only=True) as reader:
        assert len(Collection(reader).items(where="tag = 'odd'")) == COUNT // 2
    with Holdings(folder) as writer:
        assert len(Collection(writer).items(where="tag = 'odd' or tag = 'even'")) == COUNT
    with Holdings(folder) as writer:
        assert len(Collection(writer).items(where="tag = 'odd' or tag = 'even'")) == COUNT
        add(writer, 2, COUNT)
        assert len(Collection(writer).items(where="tag = 'odd'")) == COUNT // 2 + 1
        writer.remove(["item1"])
        assert len(Collection(writer).items(where="tag = 'odd'")) == COUNT // 2


def indexes(folder: Path) -> int:
    with sqlite3.connect(folder / "items.sqlite") as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE 'where%'"
        ).fetchone()
    connection.close()
    return count


def test_a_search_counts_as_a_use_and_few_items_need_no_index(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder)
    with Holdings(folder, read_only=True) as reader:
        assert found(reader, unit("item5"), where=Filter.eq("year", 5)) == ["item5"]
    monkeypatch.setattr(key_indexes, "WORTH", COUNT + 1)
    with Holdings(folder):
        pass
    assert indexes(folder) == 0
    monkeypatch.setattr(key_indexes, "WORTH", COUNT)
    with Holdings(folder):
        pass
    assert indexes(folder) == 1


def test_what_no_index_helps_with_gets_none(folder: Path) -> None:
    fill(folder)
    with Holdings(folder) as holdings:
        for where in (
            "year like '1%'",
            "not year = 5",
            "id = 'item5'",
            "vectors = 'text'",
            "has gps",
            '"a""b" = 1',
        ):
            Collection(holdings).items(where=where)
    assert indexes(folder) == 0


def test_there_are_so_many_indexes_and_no_more(folder: Path) -> None:
    fill(folder)
    with Holdings(folder) as holdings:
        for number in range(key_indexes.MOST + 3):
            for _ in range(number + 1):
                Collection(holdings).items(where=f"key{number} = 1")
    assert indexes(folder) == key_indexes.MOST
    with sqlite3.connect(folder / "items.sqlite") as connection:
        made = " ".join(sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master") if sql)
    connection.close()
    assert f"key{key_indexes.MOST + 2}" in made
    assert '"key0"' not in made
    with Holdings(folder):
        pass
    assert indexes(folder) == key_indexes.MOST


def test_a_condition_of_an_index_is_the_statements_own(folder: Path) -> None:
    """An index on an expression serves that expression alone, letter by letter."""
    from pixie.filters.names import Name

    name = Name.of("it's")
    assert "'$.\"it''s\"'" in key_indexes.statement(name)
    assert "'$.\"it''s\"'" in condition(Filter.eq("it's", 1)).sql
