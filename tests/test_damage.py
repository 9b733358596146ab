"""Damage is named and is no crash; a start that was cut short is finished; a full disk loses nothing."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collection_fixtures import DIMENSION, MODEL, found, make, put, unit
from pixie.errors import CollectionError, InvalidInputError
from pixie.holdings import Holdings
from pixie.opening import create_collection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def row_count(folder: Path) -> int:
    return (folder / "vectors.f32").stat().st_size // (4 * DIMENSION)


# Damage


def test_what_no_commit_names_is_cut_off_by_the_next_writer_and_no_reader(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a")
    holdings.close()
    with (folder / "vectors.f32").open("ab") as file:
        file.write(b"half a row")
    reader = Holdings(folder, read_only=True)
    assert (folder / "vectors.f32").stat().st_size == 4 * DIMENSION + len(b"half a row")
    reader.close()
    writer = Holdings(folder)
    assert (folder / "vectors.f32").stat().st_size == 4 * DIMENSION
    put(writer, "b")
    assert found(writer, unit("b"), 1, min_score=0.99) == ["b"]
    writer.close()


@pytest.mark.parametrize("read_only", [True, False])
def test_missing_rows_are_counted(folder: Path, read_only: bool) -> None:
    holdings = Holdings(folder)
    put(holdings, "a", "b", "c")
    holdings.close()
    os.truncate(folder / "vectors.f32", 4 * DIMENSION + 5)
    with pytest.raises(CollectionError, match="2 of its 3 rows are missing") as caught:
        Holdings(folder, read_only)
    assert caught.value.code == "damaged"
    (folder / "vectors.f32").unlink()
    with pytest.raises(CollectionError, match="3 of its 3 rows are missing"):
        Holdings(folder, read_only)


def test_a_file_cut_short_while_it_is_read_is_an_error_and_no_crash(folder: Path) -> None:
    reader = Holdings(folder, read_only=True)
    assert found(reader, unit("a")) == []
    writer = Holdings(folder)
    put(writer, "a", "b")
    os.truncate(folder / "vectors.f32", 0)
    with pytest.raises(CollectionError, match="2 of its 2 rows are missing"):
        found(reader, unit("a"))
    reader.close()
    writer.close()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_a_damaged_database_is_named(folder: Path, read_only: bool, content: bytes) -> None:
    (folder / "items.sqlite").write_bytes(content)
    with pytest.raises(CollectionError, match=r"items\.sqlite is damaged") as caught:
        Holdings(folder, read_only)
    assert caught.value.code == "damaged"
    assert "backup" in str(caught.value)


def test_a_damaged_page_is_named_when_it_is_read(folder: Path) -> None:
    holdings = Holdings(folder)
    for start in range(0, 2000, 500):
        put(holdings, *(f"item-{number:05}" for number in range(start, start + 500)))
    holdings.close()
    database = folder / "items.sqlite"
    content = bytearray(database.read_bytes())
    # Behind the first pages, where the tables' roots are.
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    database.write_bytes(content)
    reader = Holdings(folder, read_only=True)
    with pytest.raises(CollectionError, match=r"items\.sqlite is damaged") as caught:
        reader.page(None, 0, None)
    reader.close()
    assert caught.value.code == "damaged"


def test_a_missing_database_is_damage_and_not_a_new_collection(folder: Path) -> None:
    (folder / "items.sqlite").unlink()
    for read_only in (True, False):
        with pytest.raises(CollectionError, match=r"items\.sqlite is missing") as caught:
            Holdings(folder, read_only)
        assert caught.value.code == "damaged"


def test_a_damaged_vector_is_named_by_its_row(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a", "b")
    holdings.close()
    with (folder / "vectors.f32").open("r+b") as file:
        file.seek(4 * DIMENSION)
        file.write(b"\xff" * 4 * DIMENSION)
    reader = Holdings(folder, read_only=True)
    with pytest.raises(CollectionError, match=r"row 1 .* holds NaN") as caught:
        found(reader, unit("a"))
    reader.close()
    assert caught.value.code == "damaged"


GOOD = {"format": 3, "name": "photos", "model": MODEL.to_json(), "created": "2026-05-04T03:02:00Z"}


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, "missing", "there is no collection in"),
        ("{", "damaged", r"collection\.json is damaged"),
        ("[]", "damaged", r"collection\.json is damaged"),
        ("{}", "damaged", r"collection\.json is damaged"),
        (json.dumps(GOOD | {"settings": [1]}), "damaged", r"collection\.json is damaged"),
        (json.dumps(GOOD | {"settings": {"index": "lsh"}}), "damaged", r"collection\.json is damaged"),
        (json.dumps(GOOD | {"model": {**GOOD["model"], "dimension": 0}}), "damaged", "dimension 0 is no"),
        ('{"format": "x"}', "damaged", r"collection\.json is damaged"),
        ('{"format": 4, "anything": 1}', "newer_format", "has format 4, this Pixie reads up to 3"),
    ],
)
def test_a_collection_json_that_cant_be_used_says_why(
    folder: Path, content: str | None, code: str, said: str
) -> None:
    if content is None:
        (folder / "collection.json").unlink()
    else:
        (folder / "collection.json").write_text(content)
    with pytest.raises(CollectionError, match=said) as caught:
        Holdings(folder)
    assert caught.value.code == code


# Making one


def test_an_unfinished_start_is_finished(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos")
    (folder / "collection.json").unlink()
    (folder / "collection.json.123.tmp").write_text("half")
    assert create_collection(folder, MODEL)
    assert not create_collection(folder, MODEL)
    Holdings(folder).close()


def test_items_without_a_collection_json_are_not_written_over(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a")
    holdings.close()
    (folder / "collection.json").unlink()
    with pytest.raises(CollectionError, match=r"items of a collection but no collection\.json"):
        create_collection(folder, MODEL)


def test_no_collection_is_made_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(InvalidInputError, match=r"'holiday\.jpg' for one"):
        create_collection(tmp_path, MODEL)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_collection_json_is_what_the_format_says(folder: Path) -> None:
    written = json.loads((folder / "collection.json").read_text())
    assert written == {
        "format": 3,
        "name": "photos",
        "model": {"name": MODEL.name, "fingerprint": MODEL.fingerprint, "dimension": DIMENSION},
        "created": written["created"],
        "settings": {"index": {"kind": "auto"}},
        "edition": 1,
    }


# A disk without room


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_vectors_that_find_no_room_are_taken_back(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a")
    many = [f"i{number}" for number in range(20_000)]
    with largest_file(1 << 20), pytest.raises(CollectionError, match="no room to write") as caught:
        put(holdings, *many)
    assert caught.value.code == "disk_full"
    assert row_count(folder) == 1
    assert len(holdings) == 1
    put(holdings, "b")
    holdings.close()
    reader = Holdings(folder, read_only=True)
    assert found(reader, unit("b"), 2, min_score=0.99) == ["b"]
    assert len(reader) == 2
    reader.close()


def test_records_that_find_no_room_are_taken_back(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a")
    with holdings.store._database.writing() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute("COMMIT")
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CollectionError, match="no room to write") as caught:
        put(holdings, *(f"i{number}" for number in range(5000)))
    assert caught.value.code == "disk_full"
    assert (len(holdings), row_count(folder)) == (1, 1)
    with holdings.store._database.writing() as connection:
        connection.execute("ROLLBACK")
        connection.execute("PRAGMA max_page_count = 1000000")
    put(holdings, "b")
    assert found(holdings, unit("b"), 1, min_score=0.99) == ["b"]
    holdings.close()


def test_rows_of_a_commit_that_may_be_on_the_disk_are_not_written_over(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a")
    log = (folder / "items.sqlite-wal").stat().st_size
    with largest_file(log), pytest.raises(CollectionError):
        put(holdings, "lost")
    assert len(holdings) == 1
    put(holdings, "b")
    stored = np.fromfile(folder / "vectors.f32", "<f4").reshape(-1, DIMENSION)
    np.testing.assert_array_equal(stored, np.stack([unit("a"), unit("lost"), unit("b")]))
    assert found(holdings, unit("b"), 3) == sorted(
        ["a", "b"], key=lambda name: -float(unit(name) @ unit("b"))
    )
    assert holdings.stats()["dead_rows"] == 1
    holdings.close()
    reader = Holdings(folder, read_only=True)
    assert found(reader, unit("lost"), 1, min_score=0.99) == []
    reader.close()


def test_a_full_file_system_loses_nothing(tmp_path: Path) -> None:
    mounted = tmp_path / "small"
    mounted.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "pixie", mounted], capture_output=True)
    if mount.returncode:
        pytest.skip("this user may not mount a small file system")
    try:
        folder = make(mounted / "photos")
        holdings = Holdings(folder)
        put(holdings, "first")
        kept = ["first"]

        def fill() -> None:
            for number in range(10_000):
                names = [f"{number}-{part}" for part in range(10)]
                put(holdings, *names)
                kept.extend(names)

        with pytest.raises(CollectionError) as caught:
            fill()
        assert caught.value.code == "disk_full"
        assert len(kept) > 1
        holdings.close()
        reader = Holdings(folder, read_only=True)
        assert sorted(item.id for item in reader.page(None, 0, None)[0]) == sorted(kept)
        assert found(reader, unit(kept[-1]), 1, min_score=0.99) == kept[-1:]
        reader.close()
    finally:
        subprocess.run(["umount", "--lazy", mounted], check=True)
