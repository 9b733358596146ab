"""The durable half: what a commit keeps, what it replaces, and what it refuses."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from collection_fixtures import DIMENSION, HARD_STRINGS, found, put, unit
from pixie.errors import ClosedError, InvalidInputError
from pixie.holdings import Holdings
from pixie.records import KEEP, FailedFile, Record, TouchedFile
from pixie.reports import Failure
from pixie.search import Page

FACTS_OF_A = {
    "width": 40,
    "height": 30,
    "format": "JPEG",
    "size": 1000,
    "mtime_ns": 1_700_000_000_123_456_789,
    "sha256": "ff",
    "orientation": 6,
    "taken": "2020-05-13T11:09:28",
    "camera": "Canon EOS R5",
    "lens": "RF 50mm",
    "latitude": 48.1375,
    "longitude": -11.575,
}


def nested(levels: int) -> object:
    """1 in so many lists."""
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


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
        metadata={"year": 2020, "ok": True, "none": None, "f": 0.5, "s": "x", "deep": [{"a": [1]}]},
        facts=FACTS_OF_A,
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
        "metadata": {"year": 2020, "ok": True, "none": None, "f": 0.5, "s": "x", "deep": [{"a": [1]}]},
        **FACTS_OF_A,
        "missing": None,
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
    record = Record(text, path=text, text=text, metadata={"key": text}, vectors=(("image", 0), ("text", 1)))
    holdings.commit([record], np.stack([unit("i"), unit("t")]))
    holdings.commit([], failures=[FailedFile(Failure(text + "!", text, "truncated", text), 1, 2)])
    holdings.close()
    reader = Holdings(folder, read_only=True)
    item = reader.get([text])[0]
    assert item is not None
    assert (item.id, item.path, item.text, item.metadata) == (text, text, text, {"key": text})
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
    (hit,) = holdings.rank([holdings.part_of("a", 1.0), holdings.part_of("a", 1.0)], Page()).hits
    np.testing.assert_allclose(hit.score, 1.0, atol=1e-6)
    assert found(holdings, unit("2"), 5, min_score=0.99) == ["a"]


def test_a_vector_of_the_same_picture_or_text_is_kept(holdings: Holdings) -> None:
    both = Record(
        "a", path="/a.jpg", text="a dog", vectors=(("image", 0), ("text", 1)), facts={"width": 4, "height": 3}
    )
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
    put(holdings, "a", facts={"size": 1, "mtime_ns": 2, "width": 9})
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
        (
            Record("bad", path="/x", vectors=(("image", 0),)),
            2 * unit("x"),
            "'bad' has the norm 2 instead of 1",
        ),
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
        ({"id": "a", "metadata": {"k": [{"j": {1}}]}}, "'a' has a set under 'k'"),
        ({"id": "a", "metadata": {"k": [float("nan")]}}, "'a' has nan under 'k'"),
        ({"id": "a", "metadata": {"k": nested(33)}}, "'a' is nested more than 32 times under 'k'"),
        ({"id": "a", "metadata": {"k": {"\ud800": 1}}}, "half of a surrogate pair"),
        ({"id": "a", "facts": {"camera": "\ud800"}}, "the camera of item 'a' is '.ud800'"),
        ({"id": "a", "facts": {"latitude": "north"}}, "the latitude of item 'a' is 'north'"),
        ({"id": "a", "facts": {"smell": 1}}, "unknown fact 'smell'"),
        ({"id": "a", "metadata": {"k": float("nan")}}, "'a' has nan under 'k'"),
        ({"id": "a", "metadata": {"k": float("-inf")}}, "'a' has -inf under 'k'"),
        ({"id": "a", "metadata": {1: "x"}}, "'a' has the key 1"),
        ({"id": "a", "metadata": {"\ud800": "x"}}, "half of a surrogate pair"),
        ({"id": "a", "metadata": [1]}, "metadata of item 'a' is a list"),
        ({"id": "a", "facts": {"size": 1 << 63}}, "size of item 'a' is 9223372036854775808"),
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


def test_every_table_and_column_is_described(folder: Path) -> None:
    described = (Path(__file__).parents[1] / "docs" / "format.md").read_text()
    connection = sqlite3.connect(folder / "items.sqlite")
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        block = described.split(f"\n{table} (", 1)[1].split("\n)", 1)[0]
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        assert [line.split()[0] for line in block.splitlines()[1:]] == columns
    connection.close()
