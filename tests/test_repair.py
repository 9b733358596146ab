"""What can be fixed is fixed and said, nothing goes without a copy, and what was whole stays."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from bridge_calls import call
from collection_fixtures import DIMENSION, MODEL, found, make, put, unit
from pixie.errors import CollectionError
from pixie.holdings import Holdings
from pixie.records import Record
from test_verify import LAYERED, change, filled, layered, write_row

if TYPE_CHECKING:
    from pathlib import Path

    from pixie.care.repair_report import RepairReport


def repaired(folder: Path) -> RepairReport:
    """The report of a repair that left nothing wrong."""
    report = pixie.repair(folder)
    assert report.left == ()
    assert pixie.verify(folder, full=True).sound
    return report


def codes(report: RepairReport) -> set[str]:
    return {action.code for action in report.actions}


def ids(folder: Path) -> set[str]:
    with Holdings(folder, read_only=True) as holdings:
        return {item.id for item in holdings.page(None, 0, None)[0]}


ALL = {f"item-{number}" for number in range(20)} - {"item-4"}


def test_a_sound_collection_is_left_alone(folder: Path) -> None:
    filled(folder)
    names = ("collection.json", "items.sqlite", "vectors.f32")
    before = [(folder / name).read_bytes() for name in names]
    report = repaired(folder)
    assert (report.actions, report.copies) == ((), None)
    assert [(folder / name).read_bytes() for name in names] == before


def test_items_of_damaged_vectors_are_to_be_indexed_again(folder: Path) -> None:
    filled(folder)
    write_row(folder, 9, np.full(DIMENSION, np.nan))
    write_row(folder, 10, np.zeros(DIMENSION))
    report = repaired(folder)
    assert {action.row for action in report.actions if action.code == "vector_dropped"} == {9, 10}
    assert ids(folder) == ALL - {"item-9", "item-10"}
    with Holdings(folder) as holdings:
        failures, _ = holdings.failures(0, None)
        assert {(failure.id, failure.code, failure.path) for failure in failures} == {
            ("item-9", "damaged", "/pictures/item-9"),
            ("item-10", "damaged", "/pictures/item-10"),
        }
        # They come back, with rows of their own.
        put(holdings, "item-9", "item-10")
        assert holdings.failures(0, None)[1] == 0
        assert found(holdings, unit("item-9"), 1, min_score=0.99) == ["item-9"]
    assert pixie.verify(folder).sound


def test_what_is_taken_away_is_kept_in_a_folder_beside_it(folder: Path) -> None:
    with Holdings(folder) as holdings:
        record = Record("noted", path="/noted.jpg", metadata={"year": 2020}, vectors=(("image", 0),))
        holdings.commit([record], unit("noted")[None])
    write_row(folder, 0, [7.0] * DIMENSION)
    report = repaired(folder)
    assert report.copies is not None
    copies = folder / report.copies
    kept = json.loads((copies / "items.ndjson").read_text())
    assert (kept["id"], kept["path"], json.loads(kept["metadata"])) == ("noted", "/noted.jpg", {"year": 2020})
    assert json.loads((copies / "rows.json").read_text()) == [0]
    assert np.fromfile(copies / "rows.f32", "<f4").tolist() == [7.0] * DIMENSION


def test_vectors_that_are_missing_are_dropped_and_the_others_found(folder: Path) -> None:
    filled(folder)
    os.truncate(folder / "vectors.f32", 15 * 4 * DIMENSION + 7)
    repaired(folder)
    # item-3 was given again, as the last row.
    assert ids(folder) == {f"item-{number}" for number in range(15)} - {"item-3", "item-4"}
    assert (folder / "vectors.f32").stat().st_size == 21 * 4 * DIMENSION


def test_a_vector_file_that_is_gone_leaves_what_was_known_as_failures(folder: Path) -> None:
    filled(folder)
    (folder / "vectors.f32").unlink()
    repaired(folder)
    assert ids(folder) == set()
    with Holdings(folder, read_only=True) as holdings:
        assert holdings.failures(0, None)[1] == 19


def test_an_item_that_keeps_its_other_vector_keeps_the_rest(folder: Path) -> None:
    with Holdings(folder) as holdings:
        for name in ("no-image", "no-text"):
            record = Record(
                name,
                path=f"/{name}.jpg",
                text=name,
                facts={"size": 5, "mtime_ns": 6},
                vectors=(("image", 0), ("text", 1)),
            )
            holdings.commit([record], np.stack([unit(name), unit(f"{name} text")]))
    write_row(folder, 0, np.zeros(DIMENSION))
    write_row(folder, 3, np.zeros(DIMENSION))
    report = repaired(folder)
    assert {action.item for action in report.actions if action.code == "vector_lost"} == {
        "no-image",
        "no-text",
    }
    with Holdings(folder) as holdings:
        no_image, no_text = holdings.get(["no-image", "no-text"])
        assert no_image is not None
        assert no_text is not None
        assert (no_image.text, no_image.vectors, no_image.size) == ("no-image", ("text",), None)
        assert (no_text.text, no_text.vectors, no_text.size) == (None, ("image",), 5)
        # As the next run does for the file of the first.
        record = Record("no-image", path="/no-image.jpg", facts={"size": 5}, vectors=(("image", 0),))
        holdings.commit([record], unit("no-image")[None])
        (item,) = holdings.get(["no-image"])
        assert item is not None
        assert item.vectors == ("image",)


@pytest.mark.parametrize(
    ("statement", "code", "left"),
    [
        ("INSERT INTO removed_rows VALUES (2, 1)", "row_twice", ALL - {"item-2"}),
        ("DELETE FROM vectors WHERE row = 7", "row_lost", ALL - {"item-7"}),
        ("UPDATE vectors SET row = 99 WHERE row = 7", "row_uncommitted", ALL - {"item-7"}),
        ("INSERT INTO removed_rows VALUES (99, 1)", "row_uncommitted", ALL),
        ("DELETE FROM items WHERE id = 'item-7'", "row_orphaned", ALL - {"item-7"}),
        ("UPDATE items SET metadata = '{' WHERE id = 'item-7'", "metadata_dropped", ALL),
        ("UPDATE items SET text = CAST(x'41ff' AS TEXT) WHERE id = 'item-7'", "text_cleaned", ALL),
        ("DELETE FROM state", "state_rebuilt", ALL),
    ],
)
def test_rows_and_items_agree_again(folder: Path, statement: str, code: str, left: set[str]) -> None:
    change(filled(folder), statement)
    assert code in codes(repaired(folder))
    assert ids(folder) == left


def test_a_reader_that_is_open_takes_the_repair_up(folder: Path) -> None:
    filled(folder)
    reader = Holdings(folder, read_only=True)
    assert found(reader, unit("item-9"), 1) == ["item-9"]
    change(folder, "INSERT INTO removed_rows VALUES (9, 1)")
    repaired(folder)
    assert found(reader, unit("item-9"), 1, min_score=0.99) == []
    reader.close()


def test_an_index_that_is_damaged_is_built_anew(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    (path,) = (folder / "index").glob("arrays-*.bin")
    os.truncate(path, path.stat().st_size // 2)
    report = repaired(folder)
    assert codes(report) == {"index_rebuilt"}
    assert (folder / str(report.copies) / "index" / path.name).exists()
    assert (folder / "index" / "header.json").exists()


def test_a_damaged_log_is_set_aside(folder: Path) -> None:
    (filled(folder) / "queries.sqlite").write_bytes(b"no database" * 500)
    report = repaired(folder)
    assert codes(report) == {"log_set_aside"}
    assert (folder / str(report.copies) / "queries.sqlite").exists()


# items.sqlite


def page_kinds(path: Path) -> dict[str, list[int]]:
    """The pages of the database by what is on them, as the table dbstat says."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, pageno FROM dbstat WHERE pagetype = 'leaf'").fetchall()
    kinds: dict[str, list[int]] = {}
    for name, page in rows:
        kinds.setdefault(name, []).append(page)
    return kinds


def overwrite(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)


def leaf_pages(path: Path) -> dict[str, list[int]]:
    try:
        return page_kinds(path)
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no dbstat")


def large(tmp_path: Path) -> Path:
    folder = make(tmp_path / "photos")
    with Holdings(folder) as holdings:
        put(holdings, *(f"item-{number:04}" for number in range(1500)))
    return folder


def test_a_damaged_page_of_items_costs_the_items_on_it_alone(tmp_path: Path) -> None:
    folder = large(tmp_path)
    pages = leaf_pages(folder / "items.sqlite")["items"]
    overwrite(folder / "items.sqlite", pages[len(pages) // 2])
    report = repaired(folder)
    assert {"records_salvaged", "item_failed", "row_orphaned"} <= codes(report)
    left = ids(folder)
    assert 1300 < len(left) < 1500
    with Holdings(folder, read_only=True) as holdings:
        failed = {failure.id for failure in holdings.failures(0, None)[0]}
    # The index on ids still knew the others.
    assert left | failed == {f"item-{number:04}" for number in range(1500)}
    assert (folder / str(report.copies) / "items.sqlite").exists()


def test_a_damaged_page_of_vectors_makes_failures_of_its_items(tmp_path: Path) -> None:
    folder = large(tmp_path)
    pages = leaf_pages(folder / "items.sqlite")["vectors"]
    overwrite(folder / "items.sqlite", pages[1])
    report = repaired(folder)
    assert {"records_salvaged", "row_lost", "item_failed"} <= codes(report)
    left = ids(folder)
    assert 1000 < len(left) < 1500
    with Holdings(folder, read_only=True) as holdings:
        assert len(left) + holdings.failures(0, None)[1] == 1500


def test_a_damaged_page_of_an_index_of_sqlite_costs_nothing(tmp_path: Path) -> None:
    folder = large(tmp_path)
    overwrite(folder / "items.sqlite", leaf_pages(folder / "items.sqlite")["vectors_item"][0])
    assert "records_salvaged" in codes(repaired(folder))
    assert len(ids(folder)) == 1500


def test_the_root_of_a_table_gone_loses_that_table_and_no_more(tmp_path: Path) -> None:
    folder = large(tmp_path)
    with closing(sqlite3.connect(folder / "items.sqlite")) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'removed_rows'"
        ).fetchone()
    overwrite(folder / "items.sqlite", root)
    repaired(folder)
    assert len(ids(folder)) == 1500


@pytest.mark.parametrize("content", [b"this is no database" * 400, b""])
def test_what_is_no_database_any_more_is_left_and_named(folder: Path, content: bytes) -> None:
    (filled(folder) / "items.sqlite").write_bytes(content)
    report = pixie.repair(folder)
    assert [finding.code for finding in report.left] == ["records_damaged"]
    assert (folder / "items.sqlite").read_bytes() == content


# collection.json


def test_settings_that_are_damaged_become_the_default_ones(folder: Path) -> None:
    filled(folder)
    found_json = json.loads((folder / "collection.json").read_text())
    (folder / "collection.json").write_text(json.dumps(found_json | {"settings": [1]}))
    report = repaired(folder)
    assert codes(report) == {"manifest_rebuilt"}
    assert json.loads((folder / "collection.json").read_text())["model"] == MODEL.to_json()
    assert (folder / str(report.copies) / "collection.json").exists()


def test_a_collection_json_that_was_never_put_in_place_is(folder: Path) -> None:
    filled(folder)
    shutil.copy(folder / "collection.json", folder / "collection.json.123.tmp")
    (folder / "collection.json").write_text('{"format": 2, "na')
    assert codes(repaired(folder)) == {"manifest_rebuilt"}


def test_a_collection_json_that_cant_be_known_is_not_made_up(folder: Path) -> None:
    (filled(folder) / "collection.json").unlink()
    report = pixie.repair(folder)
    assert report.actions == ()
    assert [finding.code for finding in report.left] == ["manifest_missing"]
    assert "backup" in report.left[0].fix
    assert not (folder / "collection.json").exists()


# All of it


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    write_row(folder, 9, np.zeros(DIMENSION))
    change(folder, "UPDATE items SET metadata = '[]' WHERE id = 'item-6'")
    names = ("collection.json", "items.sqlite", "vectors.f32", "index/header.json")
    before = [(folder / name).read_bytes() for name in names]
    report = pixie.repair(folder, dry_run=True)
    assert {"vector_dropped", "metadata_dropped", "item_failed"} <= codes(report)
    assert report.copies is None
    assert not report.sound
    assert [(folder / name).read_bytes() for name in names] == before
    assert not list(folder.glob("damaged-*"))


def test_a_collection_that_is_being_written_is_not_repaired(folder: Path) -> None:
    filled(folder)
    with Holdings(folder), pytest.raises(CollectionError) as caught:
        pixie.repair(folder)
    assert caught.value.code == "locked"


def test_much_damage_at_once_is_repaired_at_once(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    write_row(folder, 50, np.full(DIMENSION, np.inf))
    os.truncate(folder / "vectors.f32", 290 * 4 * DIMENSION)
    change(folder, "DELETE FROM vectors WHERE row = 7", "INSERT INTO removed_rows VALUES (8, 1)")
    (folder / "queries.sqlite").write_bytes(b"no database" * 500)
    (folder / "index" / "header.json").write_text("{")
    repaired(folder)
    assert len(ids(folder)) > 270
    with Holdings(folder) as holdings:
        assert found(holdings, unit("item-100"), 1, min_score=0.99) == ["item-100"]
        put(holdings, "new")
    assert pixie.verify(folder).sound
    assert (
        LAYERED["index"]["kind"]
        == json.loads((folder / "collection.json").read_text())["settings"]["index"]["kind"]
    )


def test_java_gets_the_report_as_json(folder: Path) -> None:
    write_row(filled(folder), 9, np.zeros(DIMENSION))
    job = call("collection_repair", path=str(folder))["job"]
    while (answer := call("job_step", job=job))["report"] is None:
        assert list(answer["step"]) == ["name", "done", "total"]
    report = answer["report"]
    assert list(report) == ["path", "dry_run", "sound", "actions", "copies", "left", "seconds"]
    assert report["sound"] is True
    assert list(report["actions"][0]) == ["code", "message", "item", "row"]
