"""The durable half: what is committed is there again, what is not is not, and damage is named."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from collection_fixtures import DIMENSION, HARD_STRINGS, MODEL, found, make, put, unit

from pixie.errors import ClosedError, CollectionError, InvalidInputError
from pixie.holdings import Holdings
from pixie.items import Failure
from pixie.opening import create_collection
from pixie.records import KEEP, FailedFile, Record, TouchedFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "photos")


@pytest.fixture
def holdings(folder: Path) -> Iterator[Holdings]:
    opened = Holdings(folder)
    yield opened
    opened.close()


def one(name: str, modality: str = "image", **fields: object) -> tuple[list[Record], np.ndarray]:
    """A record with one vector, and the array it names."""
    return [Record(name, vectors=((modality, 0),), **fields)], unit(name)[None]


def row_count(folder: Path) -> int:
    return (folder / "vectors.f32").stat().st_size // (4 * DIMENSION)


# What a commit keeps


def test_items_and_vectors_are_there_after_reopening(folder: Path) -> None:
    with_everything = Record(
        "a",
        path="/pictures/a.jpg",
        text="a dog",
        metadata={"year": 2020, "ok": True, "none": None, "f": 0.5, "s": "x"},
        size=1000,
        mtime_ns=1_700_000_000_123_456_789,
        hash="ff",
        width=40,
        height=30,
        vectors=(("image", 0), ("text", 1)),
    )
    holdings = Holdings(folder)
    assert holdings.commit([with_everything], np.stack([unit("a"), unit("text")])) == (1, 0)
    holdings.close()
    with_reader = Holdings(folder, read_only=True)
    item = with_reader.get(["a"])[0]
    assert item is not None
    assert item.added is not None
    assert item.added.endswith("Z")
    assert item.to_json() | {"added": ""} == {
        "id": "a",
        "path": "/pictures/a.jpg",
        "text": "a dog",
        "metadata": {"year": 2020, "ok": True, "none": None, "f": 0.5, "s": "x"},
        "width": 40,
        "height": 30,
        "size": 1000,
        "mtime_ns": 1_700_000_000_123_456_789,
        "added": "",
        "vectors": ["image", "text"],
    }
    assert found(with_reader, unit("a"), 1) == ["a"]
    with_reader.close()


def test_vectors_stand_in_the_file_row_by_row(folder: Path, holdings: Holdings) -> None:
    put(holdings, "a", "b")
    put(holdings, "c")
    stored = np.fromfile(folder / "vectors.f32", "<f4").reshape(-1, DIMENSION)
    np.testing.assert_array_equal(stored, np.stack([unit("a"), unit("b"), unit("c")]))


@pytest.mark.parametrize("text", HARD_STRINGS)
def test_every_character_comes_back_in_id_text_path_and_metadata(folder: Path, text: str) -> None:
    holdings = Holdings(folder)
    record = Record(
        text, path=text, text=text, metadata={text: text}, vectors=(("image", 0), ("text", 1))
    )
    holdings.commit([record], np.stack([unit("i"), unit("t")]))
    holdings.commit([], failures=[FailedFile(Failure(text + "!", text, "truncated", text), 1, 2)])
    holdings.close()
    reader = Holdings(folder, read_only=True)
    item = reader.get([text])[0]
    assert item is not None
    assert (item.id, item.path, item.text, item.metadata) == (text, text, text, {text: text})
    assert [entry.id for entry in reader.page(text, 0, None)[0]] == [text]
    assert reader.failures(0, None)[0] == [Failure(text + "!", text, "truncated", text)]
    reader.close()


def test_ids_that_differ_after_a_nul_are_two_items(holdings: Holdings) -> None:
    put(holdings, "a\0b", "a\0c", "a")
    assert len(holdings) == 3
    assert holdings.remove(["a\0b"]) == (1, [])
    assert [item.id for item in holdings.page(None, 0, None)[0]] == ["a", "a\0c"]


# Replacing


def test_an_item_with_a_known_id_takes_the_place_of_the_old_one(folder: Path, holdings: Holdings) -> None:
    put(holdings, "a", metadata={"old": 1})
    added = holdings.get(["a"])[0].added
    assert holdings.commit(*one("a", path="/new.jpg", metadata={"new": 2}, text=None)) == (0, 1)
    item = holdings.get(["a"])[0]
    assert (item.path, item.metadata, item.added) == ("/new.jpg", {"new": 2}, added)
    assert len(holdings) == 1
    assert row_count(folder) == 2


def test_rows_of_vectors_are_never_used_again(folder: Path, holdings: Holdings) -> None:
    put(holdings, "a", "b")
    holdings.remove(["b"])
    put(holdings, "c")
    stored = np.fromfile(folder / "vectors.f32", "<f4").reshape(-1, DIMENSION)
    np.testing.assert_array_equal(stored, np.stack([unit("a"), unit("b"), unit("c")]))
    assert holdings.stats()["dead_rows"] == 1


def test_the_last_of_two_items_with_one_id_in_a_commit_counts(holdings: Holdings) -> None:
    records = [
        Record("a", path="/1", vectors=(("image", 0),)),
        Record("a", path="/2", vectors=(("image", 1),)),
    ]
    assert holdings.commit(records, np.stack([unit("1"), unit("2")])) == (1, 1)
    assert holdings.get(["a"])[0].path == "/2"
    (hit,) = holdings.rank([holdings.part_of("a", 1.0), holdings.part_of("a", 1.0)], page()).hits
    np.testing.assert_allclose(hit.score, 1.0, atol=1e-6)
    assert found(holdings, unit("2"), 5, min_score=0.99) == ["a"]


def test_a_vector_of_the_same_picture_or_text_is_kept(holdings: Holdings) -> None:
    both = Record("a", path="/a.jpg", text="a dog", vectors=(("image", 0), ("text", 1)), width=4, height=3)
    holdings.commit([both], np.stack([unit("picture"), unit("text")]))
    new_text = Record("a", path="/a.jpg", text="a cat", vectors=(("text", 0),))
    holdings.commit([new_text], unit("cat")[None])
    item = holdings.get(["a"])[0]
    assert (item.text, item.vectors, item.width) == ("a cat", ("image", "text"), 4)
    assert found(holdings, unit("picture"), 1, min_score=0.99) == ["a"]
    assert found(holdings, unit("text"), 1, min_score=0.99) == []


def test_indexing_a_file_again_keeps_the_text_and_metadata_it_was_given(holdings: Holdings) -> None:
    both = Record("a", path="/a.jpg", text="a dog", metadata={"year": 1}, vectors=(("image", 0), ("text", 1)))
    holdings.commit([both], np.stack([unit("old"), unit("text")]))
    holdings.commit(*one("a", path="/a.jpg", text=KEEP, metadata=KEEP))
    item = holdings.get(["a"])[0]
    assert (item.text, item.metadata, item.vectors) == ("a dog", {"year": 1}, ("image", "text"))
    assert found(holdings, unit("text"), 1, min_score=0.99) == ["a"]
    assert found(holdings, unit("old"), 1, min_score=0.99) == []


def test_an_item_that_has_no_picture_any_more_loses_its_vector(holdings: Holdings) -> None:
    put(holdings, "a")
    holdings.commit(*one("a", "text", text="only words"))
    item = holdings.get(["a"])[0]
    assert (item.path, item.vectors) == (None, ("text",))
    assert found(holdings, unit("a"), 1, target="image") == []


def test_a_touched_file_changes_its_facts_and_nothing_else(holdings: Holdings) -> None:
    put(holdings, "a", size=1, mtime_ns=2, width=9)
    holdings.commit([], failures=[FailedFile(Failure("a", "/pictures/a", "truncated", "cut"), 3, 4)])
    holdings.commit([], touched=[TouchedFile("a", "/moved/a", 5, 6)])
    item = holdings.get(["a"])[0]
    assert (item.path, item.size, item.mtime_ns, item.width) == ("/moved/a", 5, 6, 9)
    assert holdings.failures(0, None) == ([], 0)


def test_a_failure_is_forgotten_when_its_file_is_taken_in(holdings: Holdings) -> None:
    failure = Failure("a", "/pictures/a", "truncated", "cut short")
    holdings.commit([], failures=[FailedFile(failure, 3, 4)])
    assert holdings.failures(0, None) == ([failure], 1)
    put(holdings, "a")
    assert holdings.failures(0, None) == ([], 0)


# Refusing


@pytest.mark.parametrize(
    ("record", "vector", "said"),
    [
        (Record("bad", path="/x"), None, "'bad' has nothing to be found by"),
        (Record("bad", text="words", vectors=(("image", 0),)), unit("x"), "text of item 'bad' came without"),
        (Record("bad", path="/x", vectors=(("text", 0),)), unit("x"), "image of item 'bad' came without"),
        (Record("bad", path="/x", vectors=(("image", 0),)), 2 * unit("x"), "'bad' has the norm 2 instead of 1"),
        (Record("bad", path="/x", vectors=(("image", 0),)), np.nan * unit("x"), "'bad' has the norm nan"),
        (Record("bad", path="/x", vectors=(("image", 0),)), np.inf * unit("x"), "'bad' has the norm"),
        (Record("bad", path="/x", vectors=(("image", 0),)), 0 * unit("x"), "'bad' has the norm 0"),
        (Record("bad", path="/x", vectors=(("image", 1),)), unit("x"), "not each of them once"),
        (Record("bad", path="/x", vectors=(("image", 0), ("image", 0))), unit("x"), "not each of them once"),
    ],
)
def test_a_commit_with_one_bad_record_changes_nothing(
    folder: Path, holdings: Holdings, record: Record, vector: np.ndarray | None, said: str
) -> None:
    good = Record("good", path="/g", vectors=(("image", 1 if vector is not None else 0),))
    rows = [unit("good")] if vector is None else [vector, unit("good")]
    with pytest.raises(InvalidInputError, match=said):
        holdings.commit([record, good], np.stack(rows).astype(np.float32))
    assert len(holdings) == 0
    assert row_count(folder) == 0
    put(holdings, "after")
    assert found(holdings, unit("after"), 1) == ["after"]


def test_vectors_of_another_length_are_refused(holdings: Holdings) -> None:
    with pytest.raises(InvalidInputError, match=r"shape \(1, 8\), the collection takes \(n, 16\)"):
        holdings.commit([Record("a", path="/a", vectors=(("image", 0),))], np.ones((1, 8), np.float32))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": ""}, "id is empty"),
        ({"id": 7}, "id is 7, a int"),
        ({"id": "a", "text": "  "}, "text of item 'a' is blank"),
        ({"id": "a", "metadata": {"k": [1]}}, "'a' has a list under 'k'"),
        ({"id": "a", "metadata": {"k": float("nan")}}, "'a' has nan under 'k'"),
        ({"id": "a", "metadata": {"k": float("-inf")}}, "'a' has -inf under 'k'"),
        ({"id": "a", "metadata": {1: "x"}}, "'a' has the key 1"),
        ({"id": "a", "metadata": [1]}, "metadata of item 'a' is a list"),
        ({"id": "a", "size": 1 << 63}, "size of item 'a' is 9223372036854775808"),
        ({"id": "a", "vectors": (("audio", 0),)}, "modality 'audio'"),
    ],
)
def test_a_wrong_record_is_named_with_its_fault(fields: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        Record(**fields)


def test_numbers_of_numpy_are_taken_as_metadata(holdings: Holdings) -> None:
    holdings.commit(*one("a", path="/a", metadata={"i": np.int64(3), "f": np.float32(0.5)}))
    assert holdings.get(["a"])[0].metadata == {"i": 3, "f": 0.5}


def test_a_closed_collection_says_so(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a")
    holdings.close()
    holdings.close()
    for call in (lambda: len(holdings), lambda: put(holdings, "b"), lambda: found(holdings, unit("a"))):
        with pytest.raises(ClosedError, match="was closed"):
            call()


# Pages


def test_pages_go_by_the_bytes_of_ids_and_prefixes_are_taken_as_they_are(holdings: Holdings) -> None:
    ids = ["b", "a/1", "a/2", "a%", "a_", "A", "\u00e4", "\U0001f436", "a"]
    put(holdings, *ids)
    everything, total = holdings.page(None, 0, None)
    assert [item.id for item in everything] == sorted(ids, key=str.encode)
    assert total == len(ids)
    second, total = holdings.page("a", 1, 2)
    assert ([item.id for item in second], total) == (["a%", "a/1"], 5)
    assert [item.id for item in holdings.page("a%", 0, None)[0]] == ["a%"]
    assert holdings.page("", 0, 1)[1] == len(ids)
    assert holdings.page("zz", 0, 10) == ([], 0)


@pytest.mark.parametrize(("offset", "limit"), [(-1, 1), (0, -1), (True, 1), (0, 1.5)])
def test_a_page_outside_all_pages_is_refused(holdings: Holdings, offset: int, limit: int) -> None:
    with pytest.raises(InvalidInputError, match="whole number from 0"):
        holdings.page(None, offset, limit)


def test_a_thousand_ids_are_found_at_once(holdings: Holdings) -> None:
    ids = [f"i{number}" for number in range(1200)]
    put(holdings, *ids)
    items = holdings.get([*ids, "none", "i5"])
    assert [item and item.id for item in items] == [*ids, None, "i5"]


# One writer, many readers


def test_a_second_writer_is_told_who_has_the_collection(folder: Path, holdings: Holdings) -> None:
    with pytest.raises(CollectionError, match="already open for writing in this process") as caught:
        Holdings(folder)
    assert caught.value.code == "locked"
    said = run_python(
        f"""
        try:
            Holdings(Path({str(folder)!r}))
        except CollectionError as error:
            print(error.code, error)
        """
    )
    assert f"locked the collection {folder} is being written by process {os.getpid()}" in said


def test_the_lock_ends_with_its_process_however_that_ends(folder: Path) -> None:
    child = start_python(f"holdings = Holdings(Path({str(folder)!r})); print('open', flush=True); time.sleep(60)")
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    with pytest.raises(CollectionError, match=f"written by process {child.pid}"):
        Holdings(folder)
    child.send_signal(signal.SIGKILL)
    child.wait()
    Holdings(folder).close()


def test_a_reader_in_another_process_sees_commits_as_they_are_made(folder: Path) -> None:
    writer = start_python(
        f"""
        holdings = Holdings(Path({str(folder)!r}))
        for line in sys.stdin:
            put(holdings, line.strip()); print("done", flush=True)
        """
    )
    reader = Holdings(folder, read_only=True)
    assert writer.stdin is not None
    assert writer.stdout is not None
    for count, name in enumerate(["a", "b", "c"], start=1):
        writer.stdin.write(f"{name}\n")
        writer.stdin.flush()
        assert writer.stdout.readline() == "done\n"
        assert len(reader) == count
        assert found(reader, unit(name), 1, min_score=0.99) == [name]
    writer.stdin.close()
    writer.wait()
    reader.close()


def test_a_reader_may_not_write(folder: Path) -> None:
    reader = Holdings(folder, read_only=True)
    for write in (lambda: put(reader, "a"), lambda: reader.remove(["a"])):
        with pytest.raises(CollectionError, match="was opened read-only") as caught:
            write()
        assert caught.value.code == "read_only"
    reader.close()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run without root's right to write anywhere."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for parent in folder.parents:
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    try:
        with as_nobody():
            yield
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_folder_that_cant_be_written_can_be_read(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a", "b")
    holdings.close()
    with unwritable(folder):
        reader = Holdings(folder, read_only=True)
        assert found(reader, unit("b"), 1) == ["b"]
        assert [item.id for item in reader.page(None, 0, None)[0]] == ["a", "b"]
        reader.close()
        with pytest.raises(CollectionError, match="can't be written") as caught:
            Holdings(folder)
        assert caught.value.code == "read_only"


def test_an_unwritable_folder_that_was_left_by_a_crash_says_what_to_do(folder: Path) -> None:
    crash_while_writing(folder)
    (folder / "items.sqlite-shm").unlink()
    with unwritable(folder):
        with pytest.raises(CollectionError, match="was not closed properly") as caught:
            Holdings(folder, read_only=True)
        assert caught.value.code == "read_only"
        assert "copy the folder" in str(caught.value)
    reader = Holdings(folder, read_only=True)
    assert found(reader, unit("last"), 1) == ["last"]
    reader.close()


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
    content[8192 : len(content) - 4096] = b"\xff" * (len(content) - 12288)
    database.write_bytes(content)
    with pytest.raises(CollectionError, match=r"items\.sqlite is damaged") as caught:
        Holdings(folder, read_only=True).page(None, 0, None)
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
    with pytest.raises(CollectionError, match="row 1 .* holds NaN") as caught:
        found(Holdings(folder, read_only=True), unit("a"))
    assert caught.value.code == "damaged"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, "missing", "there is no collection in"),
        ("{", "damaged", r"collection\.json is damaged"),
        ("[]", "damaged", r"collection\.json is damaged"),
        ("{}", "damaged", r"collection\.json is damaged"),
        ('{"format": "x"}', "damaged", r"collection\.json is damaged"),
        ('{"format": 2, "anything": 1}', "newer_format", "has format 2, this Pixie reads up to 1"),
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
        "format": 1,
        "name": "photos",
        "model": {"name": MODEL.name, "fingerprint": MODEL.fingerprint, "dimension": DIMENSION},
        "created": written["created"],
        "settings": {"index": {"kind": "lsh"}},
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
    with holdings._store._database.writing() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute("COMMIT")
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CollectionError, match="no room to write") as caught:
        put(holdings, *(f"i{number}" for number in range(5000)))
    assert caught.value.code == "disk_full"
    assert (len(holdings), row_count(folder)) == (1, 1)
    with holdings._store._database.writing() as connection:
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
    assert found(holdings, unit("b"), 3) == sorted(["a", "b"], key=lambda name: -float(unit(name) @ unit("b")))
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
        with pytest.raises(CollectionError) as caught:
            for number in range(10_000):
                names = [f"{number}-{part}" for part in range(10)]
                put(holdings, *names)
                kept += names
        assert caught.value.code == "disk_full"
        assert len(kept) > 1
        holdings.close()
        reader = Holdings(folder, read_only=True)
        assert sorted(item.id for item in reader.page(None, 0, None)[0]) == sorted(kept)
        assert found(reader, unit(kept[-1]), 1, min_score=0.99) == kept[-1:]
        reader.close()
    finally:
        subprocess.run(["umount", "--lazy", mounted], check=True)


# Other programs


def test_another_program_can_read_the_collection_by_its_description(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a", "b", "c")
    holdings.remove(["b"])
    holdings.close()
    about = json.loads((folder / "collection.json").read_text())
    connection = sqlite3.connect(f"{(folder / 'items.sqlite').as_uri()}?mode=ro", uri=True)
    rows = connection.execute(
        "SELECT id, row FROM items JOIN vectors ON item = number WHERE modality = 'image' ORDER BY row"
    ).fetchall()
    connection.close()
    vectors = np.memmap(folder / "vectors.f32", "<f4", "r").reshape(-1, about["model"]["dimension"])
    assert [name for name, _ in rows] == ["a", "c"]
    for name, row in rows:
        np.testing.assert_array_equal(vectors[row], unit(name))


def page() -> object:
    from pixie.search import Page

    return Page()


def crash_while_writing(folder: Path) -> None:
    run_python(f"put(Holdings(Path({str(folder)!r})), 'last'); os.kill(os.getpid(), 9)", code=-9)


_PRELUDE = """
import os, sys, time
from pathlib import Path
from collection_fixtures import *
from pixie.errors import CollectionError
"""


def start_python(source: str) -> subprocess.Popen[str]:
    import textwrap

    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", _PRELUDE + textwrap.dedent(source)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_python(source: str, code: int = 0) -> str:
    child = start_python(source)
    said, _ = child.communicate()
    assert child.returncode == code
    return said
