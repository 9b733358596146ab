"""A sound collection is said to be sound, and each sort of damage is found and named."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from bridge_calls import call
from collection_fixtures import DIMENSION, make, put, start_python, unit, unwritable
from pixie.errors import CollectionError
from pixie.holdings import Holdings
from pixie.index import arrays
from pixie.records import Record
from pixie.steps import done

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pixie.care.findings import VerifyReport

LAYERED = {"index": {"kind": "lsh", "exact_below": 50, "flat_below": 200}}


def codes(folder: Path) -> dict[str, int]:
    return pixie.verify(folder).counts


def filled(folder: Path, count: int = 20) -> Path:
    """A collection of some pictures, one of which was replaced and one removed."""
    with Holdings(folder) as holdings:
        put(holdings, *(f"item-{number}" for number in range(count)))
        put(holdings, "item-3")
        holdings.remove(["item-4"])
    return folder


def layered(path: Path) -> Path:
    """The same with a saved index."""
    return filled(make(path, LAYERED), 300)


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "items.sqlite")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def write_row(folder: Path, row: int, values: Iterable[float]) -> None:
    with (folder / "vectors.f32").open("r+b") as file:
        file.seek(row * 4 * DIMENSION)
        file.write(np.asarray(values, "<f4").tobytes())


def test_an_empty_collection_is_sound(folder: Path) -> None:
    report = pixie.verify(folder)
    assert report.sound
    assert (report.items, report.rows, report.searched) == (0, 0, 0)


def test_a_sound_collection_is_sound_and_every_vector_is_searched_for(folder: Path) -> None:
    report = pixie.verify(filled(folder))
    assert report.findings == ()
    assert (report.items, report.rows, report.searched) == (19, 21, 19)


def test_a_saved_index_is_checked_and_used(tmp_path: Path) -> None:
    report = pixie.verify(layered(tmp_path / "photos"), full=True)
    assert report.findings == ()
    assert report.searched == 299


def test_verifying_changes_nothing(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    with (folder / "vectors.f32").open("ab") as file:
        file.write(b"a tail that no commit names")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert pixie.verify(folder).sound
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize(
    ("statement", "code", "row"),
    [
        ("INSERT INTO removed_rows VALUES (2, 1)", "row_twice", 2),
        ("DELETE FROM vectors WHERE row = 7", "row_lost", 7),
        ("UPDATE vectors SET row = 99 WHERE row = 7", "row_uncommitted", 99),
        ("INSERT INTO removed_rows VALUES (99, 1)", "row_uncommitted", 99),
        ("DELETE FROM items WHERE id = 'item-7'", "row_orphaned", 7),
    ],
)
def test_rows_that_are_not_accounted_for_are_named(folder: Path, statement: str, code: str, row: int) -> None:
    change(filled(folder), statement)
    report = pixie.verify(folder)
    assert [finding.row for finding in report.findings if finding.code == code] == [row]


def test_items_that_nothing_can_find_or_read_are_named(folder: Path) -> None:
    change(
        filled(folder),
        "INSERT INTO removed_rows SELECT row, 1 FROM vectors WHERE row = 5",
        "DELETE FROM vectors WHERE row = 5",
        "UPDATE items SET metadata = '[1]' WHERE id = 'item-6'",
        "UPDATE items SET metadata = '{' WHERE id = 'item-7'",
        "UPDATE items SET text = CAST(x'ff' AS TEXT) WHERE id = 'item-8'",
    )
    found = {(finding.code, finding.item) for finding in pixie.verify(folder).findings}
    assert found == {
        ("item_without_vector", "item-5"),
        ("metadata_damaged", "item-6"),
        ("metadata_damaged", "item-7"),
        ("text_damaged", "item-8"),
    }


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.full(DIMENSION, np.nan), "vector_not_finite"),
        (np.full(DIMENSION, np.inf), "vector_not_finite"),
        (np.zeros(DIMENSION), "vector_not_unit"),
        (2 * unit("item-9"), "vector_not_unit"),
        (np.full(DIMENSION, 3e38), "vector_not_unit"),
    ],
)
def test_a_row_that_is_no_unit_vector_is_named(folder: Path, values: np.ndarray, code: str) -> None:
    write_row(filled(folder), 9, values)
    report = pixie.verify(folder)
    assert [(finding.code, finding.row) for finding in report.findings] == [(code, 9)]
    assert "repair" in report.findings[0].fix


def test_missing_rows_are_counted(folder: Path) -> None:
    os.truncate(filled(folder) / "vectors.f32", 5 * 4 * DIMENSION + 1)
    (finding,) = pixie.verify(folder).findings
    assert finding.code == "vectors_short"
    assert "the last 16 of its 21 rows" in finding.message
    (folder / "vectors.f32").unlink()
    assert codes(folder) == {"vectors_missing": 1}


def test_findings_without_number_are_counted_and_the_first_of_them_kept(folder: Path) -> None:
    filled(folder, 500)
    (folder / "vectors.f32").write_bytes(bytes(501 * 4 * DIMENSION))
    report = pixie.verify(folder)
    assert report.counts == {"vector_not_unit": 501}
    assert len(report.findings) == 100


def test_a_damaged_page_of_the_database_is_found(folder: Path) -> None:
    filled(folder, 2000)
    path = folder / "items.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    assert codes(folder)["records_damaged"] >= 1


@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_what_is_no_database_is_a_finding(folder: Path, content: bytes) -> None:
    filled(folder)
    (folder / "items.sqlite").write_bytes(content)
    assert codes(folder) == {"records_damaged": 1}
    (folder / "items.sqlite").unlink()
    assert codes(folder) == {"records_missing": 1}


def test_a_collection_json_that_cant_be_read_is_a_finding_and_the_records_are_checked(folder: Path) -> None:
    change(filled(folder), "DELETE FROM vectors WHERE row = 7")
    (folder / "collection.json").write_text("{")
    assert codes(folder) == {"manifest_damaged": 1, "row_lost": 1, "item_without_vector": 1}
    (folder / "collection.json").unlink()
    assert codes(folder) == {"manifest_missing": 1, "row_lost": 1, "item_without_vector": 1}


def test_where_nothing_is_there_is_nothing_to_verify(tmp_path: Path) -> None:
    with pytest.raises(CollectionError) as caught:
        pixie.verify(tmp_path)
    assert caught.value.code == "missing"


def test_a_flipped_bit_anywhere_in_the_index_is_found(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    (path,) = (folder / "index").glob("arrays-*.bin")
    content = path.read_bytes()
    _, parts = arrays.read(folder / "index")
    for array in parts.values():
        if isinstance(array, np.memmap):
            place = array.offset + array.nbytes // 2
            path.write_bytes(content[:place] + bytes((content[place] ^ 1,)) + content[place + 1 :])
            assert codes(folder) == {"index_damaged": 1}


def resave(folder: Path, **changed: np.ndarray) -> None:
    """Write the index again with some arrays changed, and the checksums right."""
    about, parts = arrays.read(folder / "index")
    arrays.write(folder / "index", about, {name: np.array(part) for name, part in parts.items()} | changed)


def test_codes_of_other_vectors_are_found_although_their_checksum_is_right(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    _, parts = arrays.read(folder / "index")
    swapped = np.array(parts["row_codes"])
    swapped[[10, 11]] = swapped[[11, 10]]
    resave(folder, row_codes=swapped)
    report = pixie.verify(folder)
    assert {finding.row for finding in report.findings if finding.code == "index_damaged"} == {10, 11}


def test_a_row_that_lies_in_no_bucket_is_found(tmp_path: Path) -> None:
    # Fewer rows would be scanned by every search.
    folder = filled(make(tmp_path / "photos", LAYERED), 3000)
    _, parts = arrays.read(folder / "index")
    changed = {name: np.array(part) for name, part in parts.items() if name.startswith(("places", "bias_"))}
    lane = int(np.flatnonzero(changed["places"] == 17)[0])
    for name, part in changed.items():
        part[lane] = -1 if name == "places" else -np.inf
    resave(folder, **changed)
    report = pixie.verify(folder, full=True)
    found = {(finding.code, finding.row, finding.item) for finding in report.findings}
    assert found == {("index_damaged", 17, None), ("not_found", 17, "item-17")}


def test_an_index_of_other_vectors_is_found(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    for row in range(301):
        write_row(folder, row, unit(f"other-{row}"))
    assert codes(folder) == {"index_damaged": 1}


def test_equal_vectors_are_found_by_each_other(folder: Path) -> None:
    with Holdings(folder) as holdings:
        for number in range(40):
            record = Record(f"copy-{number}", path=f"/{number}", vectors=(("image", 0),))
            holdings.commit([record], unit("the same")[None])
    assert pixie.verify(folder).sound


def test_a_damaged_log_is_a_finding(folder: Path) -> None:
    (filled(folder) / "queries.sqlite").write_bytes(b"no database" * 500)
    assert codes(folder) == {"log_damaged": 1}


def test_a_folder_that_cant_be_written_is_verified(folder: Path) -> None:
    filled(folder)
    with unwritable(folder):
        assert pixie.verify(folder).sound


WRITER = """
import itertools
holdings = Holdings(Path(sys.argv[1]))
print("open", flush=True)
for turn in itertools.count():
    put(holdings, *(f"{turn % 7}-{number}" for number in range(20)))
    holdings.remove([f"{turn % 7}-3"])
"""


def test_a_collection_that_is_being_written_is_sound_at_every_moment(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos", LAYERED)
    with start_python(WRITER, str(folder)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        try:
            rows = [0]
            while len(rows) < 10 or rows[-1] < 2000:
                report = pixie.verify(folder)
                assert report.findings == ()
                rows.append(report.rows or 0)
        finally:
            child.kill()
    assert rows == sorted(rows)


def test_progress_tells_each_step_before_it_is_done(folder: Path) -> None:
    told: list[str] = []
    pixie.verify(filled(folder), progress=lambda step: told.append(step.name))
    assert told[:3] == ["collection.json", "items.sqlite", "vectors.f32"]
    assert told[-1] == "queries.sqlite"


def test_java_gets_the_report_as_json(folder: Path) -> None:
    write_row(filled(folder), 9, np.zeros(DIMENSION))
    job = call("collection_verify", path=str(folder), full=True)["job"]
    while (answer := call("job_step", job=job))["report"] is None:
        assert list(answer["step"]) == ["name", "done", "total"]
    report: dict[str, object] = answer["report"]
    assert list(report) == ["path", "sound", "items", "rows", "searched", "findings", "counts", "seconds"]
    assert report["sound"] is False
    assert report["counts"] == {"vector_not_unit": 1}


def test_a_job_that_is_dropped_lets_go_of_the_database(folder: Path) -> None:
    from pixie.care.verifying import verify_steps

    steps = verify_steps(filled(folder))
    next(steps)
    steps.close()
    report: VerifyReport = done(verify_steps(folder))
    assert report.sound
