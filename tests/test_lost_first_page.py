"""A database without its first page, which SQLite reads nothing without, is repaired from the others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import pixie
from collection_fixtures import DIMENSION, crash_while_writing, found, make, put, unit
from pixie.holdings import Holdings
from pixie.manifest import Manifest
from pixie.records import FailedFile
from pixie.reports import Failure

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 700
NAMES = {f"item-{number}" for number in range(COUNT)}


def fill(folder: Path, count: int = COUNT) -> Path:
    """Enough items for tables of two levels, some of them replaced and removed, and failures."""
    with Holdings(folder) as holdings:
        for first in range(0, count, 100):
            put(holdings, *(f"item-{number}" for number in range(first, first + 100)), text=None)
        put(holdings, "item-5", "gone")
        holdings.remove(["gone"])
        holdings.store.set_places({"Pictures": "/pictures"}, {})
        failure = Failure("half", "/pictures/half", "truncated", "cut short")
        holdings.commit(
            [], failures=[FailedFile(failure, 1, 2), FailedFile(failure, 1, 2, "/a table", "said")]
        )
    return folder


def lose_first_page(folder: Path) -> None:
    with (folder / "items.sqlite").open("r+b") as file:
        file.write(b"\xff" * 4096)


def check(folder: Path, names: set[str]) -> None:
    report = pixie.repair(folder)
    assert {action.code for action in report.actions} >= {"first_page_rebuilt", "records_salvaged"}
    assert report.left == ()
    assert pixie.verify(folder, full=True).findings == ()
    with Holdings(folder) as holdings:
        assert {item.id for item in holdings.page(None, 0, None)[0]} == names
        for name in ("item-0", "item-5", f"item-{COUNT - 1}"):
            assert found(holdings, unit(name), 1, min_score=0.99) == [name]
        put(holdings, "new")
        assert found(holdings, unit("new"), 1, min_score=0.99) == ["new"]


def test_everything_is_there_again(folder: Path) -> None:
    fill(folder)
    with Holdings(folder, read_only=True) as holdings:
        before = holdings.page(None, 0, None)[0]
        failures = holdings.failures(0, None)
        stats = holdings.stats()
    lose_first_page(folder)
    assert pixie.verify(folder).counts == {"records_damaged": 1}
    report = pixie.repair(folder)
    assert [action.code for action in report.actions] == ["first_page_rebuilt", "records_salvaged"]
    with Holdings(folder, read_only=True) as holdings:
        assert holdings.page(None, 0, None)[0] == before
        assert holdings.failures(0, None) == failures
        after = holdings.stats()
        assert {**after, "bytes": None} == {**stats, "bytes": None}
    assert pixie.verify(folder, full=True).sound
    assert (folder / str(report.copies) / "items.sqlite").read_bytes()[:4096] == b"\xff" * 4096
    assert not list(folder.glob("*.tmp*"))


def test_what_the_log_holds_is_there_as_well(folder: Path) -> None:
    fill(folder)
    crash_while_writing(folder)
    assert (folder / "items.sqlite-wal").stat().st_size > 0
    lose_first_page(folder)
    check(folder, NAMES | {"last"})


def test_of_a_compacted_collection(folder: Path) -> None:
    fill(folder)
    pixie.compact(folder)
    lose_first_page(folder / "edition-2")
    check(folder, NAMES)


def test_of_a_collection_that_was_made_in_format_2(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "items.sqlite", isolation_level=None)) as records:
        tables = records.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'failed_rows'"
        ).fetchall()
    (folder / "items.sqlite").unlink()
    with closing(sqlite3.connect(folder / "items.sqlite", isolation_level=None)) as records:
        records.execute("PRAGMA journal_mode = WAL")
        for (sql,) in tables:
            records.execute(sql)
        records.execute("INSERT INTO state VALUES (1, 0, 0)")
        records.execute("PRAGMA user_version = 2")
    replace(Manifest.read(folder), format=2).write(folder)
    fill(folder)
    lose_first_page(folder)
    check(folder, NAMES)


def test_of_an_empty_collection(folder: Path) -> None:
    lose_first_page(folder)
    report = pixie.repair(folder)
    assert report.left == ()
    with Holdings(folder) as holdings:
        assert len(holdings) == 0
        put(holdings, "a")
    assert pixie.verify(folder).sound


@pytest.mark.parametrize("page", [2, 6])
def test_where_more_is_lost_a_backup_is_needed(folder: Path, page: int) -> None:
    """Nobody knows then where the others begin, so nothing is made up."""
    fill(folder)
    lose_first_page(folder)
    with (folder / "items.sqlite").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    content = (folder / "items.sqlite").read_bytes()
    report = pixie.repair(folder)
    assert [finding.code for finding in report.left] == ["records_damaged"]
    assert (folder / "items.sqlite").read_bytes() == content
    assert not list(folder.glob("*.tmp*"))


def test_an_unrelated_file_is_no_database(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos")
    content = bytes(range(256)) * 16 * 20
    (folder / "items.sqlite").write_bytes(content)
    assert pixie.repair(folder).left
    assert (folder / "items.sqlite").read_bytes() == content
    assert (folder / "vectors.f32").stat().st_size % (4 * DIMENSION) == 0
