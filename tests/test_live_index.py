"""The index follows the commits, whoever made them, and can be lost without losing anything."""

from __future__ import annotations

import itertools
import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collection_fixtures import found, hits, make, put, unit
from pixie.errors import InvalidInputError
from pixie.holdings import Holdings
from pixie.query import Part
from pixie.records import Record
from pixie.search import Page, SearchOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Small enough that a few hundred vectors are hashed, and saved.
LSH = {"index": {"kind": "lsh", "exact_below": 100}}


HNSW = {"index": {"kind": "hnsw", "exact_below": 100}}
PQ = {"index": {"kind": "pq", "exact_below": 100, "candidates": 1000}}


@pytest.fixture(
    params=[LSH, {"index": {"kind": "exact"}}, HNSW, PQ, {}], ids=["lsh", "exact", "hnsw", "pq", "not said"]
)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make(tmp_path / "photos", request.param)


@pytest.fixture
def holdings(folder: Path) -> Iterator[Holdings]:
    opened = Holdings(folder)
    yield opened
    opened.close()


def names(first: int, last: int) -> list[str]:
    return [f"item-{number}" for number in range(first, last)]


def nearest(wanted: list[str], query: str, k: int) -> list[str]:
    return sorted(wanted, key=lambda name: -float(unit(name) @ unit(query)))[:k]


def test_searches_follow_adds_and_removes(holdings: Holdings) -> None:
    there: list[str] = []
    for first in range(0, 400, 40):
        put(holdings, *names(first, first + 40))
        there += names(first, first + 40)
        gone = there[::7]
        holdings.remove(gone)
        there = [name for name in there if name not in gone]
        assert found(holdings, unit("query"), 5, exact=True) == nearest(there, "query", 5)
        for name in there[::13]:
            assert found(holdings, unit(name), 1) == [name]
        for name in gone:
            assert found(holdings, unit(name), 1, min_score=0.999) == []


def test_another_reader_follows_as_well(folder: Path, holdings: Holdings) -> None:
    reader = Holdings(folder, read_only=True)
    put(holdings, *names(0, 150))
    assert found(reader, unit("item-3"), 1, min_score=0.999) == ["item-3"]
    put(holdings, *names(150, 170))
    holdings.remove(["item-3"])
    assert found(reader, unit("item-160"), 1, min_score=0.999) == ["item-160"]
    assert found(reader, unit("item-3"), 1, min_score=0.999) == []
    reader.close()


def test_scores_are_cosines_in_order(holdings: Holdings) -> None:
    put(holdings, *names(0, 200))
    answer = hits(holdings, unit("query"), 200, exact=True)
    scores = [hit.score for hit in answer]
    assert scores == sorted(scores, reverse=True)
    assert [hit.id for hit in answer] == nearest(names(0, 200), "query", 200)
    for hit in answer:
        assert hit.score == pytest.approx(float(unit(hit.id) @ unit("query")), abs=1e-6)


def test_exact_and_index_give_one_item_one_score(holdings: Holdings) -> None:
    put(holdings, *names(0, 300))
    for name in names(0, 300)[::17]:
        (by_index,), (by_scan,) = hits(holdings, unit(name), 1), hits(holdings, unit(name), 1, exact=True)
        assert (by_index.id, by_index.score) == (by_scan.id, by_scan.score)


# Items that own several vectors


@pytest.fixture
def doubles(holdings: Holdings) -> Holdings:
    """Items with a picture's and a text's vector, and some with one of them."""
    records, rows = [], []
    for number in range(60):
        vectors = [("image", len(rows)), ("text", len(rows) + 1)]
        rows += [unit(f"image-{number}"), unit(f"text-{number}")]
        records.append(Record(f"item-{number}", path="/p", text="t", vectors=tuple(vectors)))
    for number in range(60, 80):
        records.append(Record(f"item-{number}", text="t", vectors=(("text", len(rows)),)))
        rows.append(unit(f"text-{number}"))
    holdings.commit(records, np.stack(rows))
    return holdings


def best_of(number: int, query: str) -> float:
    kinds = ("image", "text") if number < 60 else ("text",)
    return max(float(unit(f"{kind}-{number}") @ unit(query)) for kind in kinds)


def test_k_distinct_items_come_back_whatever_vectors_they_own(doubles: Holdings) -> None:
    order = sorted(range(80), key=lambda number: -best_of(number, "query"))
    expected = [f"item-{number}" for number in order]
    for k, offset in itertools.product([1, 7, 45, 80, 1_000_000], [0, 3, 79, 80, 5000]):
        answer = found(doubles, unit("query"), k, offset=offset, exact=True)
        assert answer == expected[offset : offset + k], (k, offset)


def test_a_hit_says_which_of_its_vectors_was_nearest(doubles: Holdings) -> None:
    (image,) = hits(doubles, unit("image-5"), 1)
    (text,) = hits(doubles, unit("text-5"), 1)
    assert (image.id, image.modality) == ("item-5", "image")
    assert (text.id, text.modality) == ("item-5", "text")


def test_a_target_leaves_the_other_modality_out(doubles: Holdings) -> None:
    images = hits(doubles, unit("text-5"), 100, target="image")
    assert {hit.modality for hit in images} == {"image"}
    assert sorted(hit.id for hit in images) == sorted(f"item-{number}" for number in range(60))
    assert len(hits(doubles, unit("text-5"), 100, target="text")) == 80
    put(doubles, "later")
    assert len(hits(doubles, unit("text-5"), 100, target="image")) == 61
    doubles.remove(["item-0"])
    assert len(hits(doubles, unit("text-5"), 100, target="image")) == 60


def test_a_lowest_score_cuts_the_answer(doubles: Holdings) -> None:
    everything = hits(doubles, unit("query"), 80, exact=True)
    limit = everything[9].score
    assert list(hits(doubles, unit("query"), 80, exact=True, min_score=limit)) == list(everything[:10])
    assert hits(doubles, unit("query"), 80, min_score=1.1) == ()


def test_an_item_searched_by_is_left_out_when_nothing_else_is_wanted(doubles: Holdings) -> None:
    def ids(*parts: Part) -> list[str]:
        return [hit.id for hit in doubles.rank(parts, Page(80), SearchOptions(exact=True)).hits]

    like_five = doubles.part_of("item-5", 1.0)
    assert len(ids(like_five)) == 79
    assert "item-5" not in ids(like_five)
    assert "item-5" not in ids(like_five, Part(-0.5, unit("image-7")))
    assert ids(like_five, Part(0.1, unit("query")))[0] == "item-5"
    assert "item-5" in ids(Part(1.0, unit("query")), doubles.part_of("item-5", -1.0))


def test_a_picture_speaks_for_an_item_that_has_one(doubles: Holdings) -> None:
    np.testing.assert_array_equal(doubles.part_of("item-5", 1.0).vector, unit("image-5"))
    np.testing.assert_array_equal(doubles.part_of("item-70", 1.0).vector, unit("text-70"))
    with pytest.raises(InvalidInputError, match="no item 'nobody' in the collection photos") as caught:
        doubles.part_of("nobody", 1.0)
    assert caught.value.item == "nobody"


def test_an_empty_collection_answers_with_nothing(holdings: Holdings) -> None:
    assert hits(holdings, unit("query")) == ()
    assert hits(holdings, unit("query"), target="text", exact=True) == ()
    put(holdings, "a")
    holdings.remove(["a"])
    assert hits(holdings, unit("query")) == ()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"k": 0}, "k is 0"),
        ({"k": -1}, "k is -1"),
        ({"k": 1.5}, "k is 1.5"),
        ({"k": True}, "k is True"),
        ({"offset": -1}, "offset is -1"),
        ({"min_score": float("nan")}, "min_score is nan"),
        ({"min_score": "0.2"}, "min_score is '0.2'"),
        ({"target": "audio"}, "target is 'audio'"),
    ],
)
def test_a_page_that_makes_no_sense_is_refused(page: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        Page(**page)


# What is saved


def test_a_writer_saves_the_index_once_there_is_enough_to_save(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos", LSH)
    saved = folder / "index"
    with_few = Holdings(folder)
    put(with_few, *names(0, 50))
    with_few.close()
    assert not saved.exists()
    with_enough = Holdings(folder)
    put(with_enough, *names(50, 200))
    with_enough.close()
    assert saved.is_dir()
    reader = Holdings(folder, read_only=True)
    assert reader.stats()["bytes"]["index"] > 0
    assert found(reader, unit("item-7"), 1) == ["item-7"]
    reader.close()


def saved_collection(tmp_path: Path) -> Path:
    folder = make(tmp_path / "photos", LSH)
    holdings = Holdings(folder)
    put(holdings, *names(0, 200))
    holdings.remove(names(0, 5))
    holdings.close()
    assert (folder / "index").is_dir()
    return folder


def finds_everything(folder: Path, there: list[str], gone: list[str]) -> None:
    reader = Holdings(folder, read_only=True)
    for name in there:
        assert found(reader, unit(name), 1, min_score=0.999) == [name]
    for name in gone:
        assert found(reader, unit(name), 1, min_score=0.999) == []
    reader.close()


def test_a_saved_index_is_brought_up_to_date(tmp_path: Path) -> None:
    folder = saved_collection(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in (folder / "index").rglob("*")}
    holdings = Holdings(folder)
    put(holdings, *names(200, 210))
    holdings.remove(["item-100"])
    holdings.close()
    # Ten rows in two hundred are no reason to save it again.
    assert {file: file.stat().st_mtime_ns for file in (folder / "index").rglob("*")} == before
    finds_everything(folder, ["item-5", "item-199", "item-205"], ["item-0", "item-100"])


def test_an_index_that_lacks_much_is_saved_again(tmp_path: Path) -> None:
    folder = saved_collection(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in (folder / "index").rglob("*")}
    holdings = Holdings(folder)
    put(holdings, *names(200, 300))
    holdings.close()
    assert {file: file.stat().st_mtime_ns for file in (folder / "index").rglob("*")} != before
    finds_everything(folder, names(5, 300)[::20], ["item-0"])


def test_what_is_tuned_in_the_background_is_saved_with_the_index(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos", {"index": {"kind": "lsh", "exact_below": 100, "flat_below": 1}})
    with Holdings(folder) as holdings:
        put(holdings, *names(0, 3000))
        found(holdings, unit("item-1"))
        # So many that it is fitted anew, which makes what was tuned before useless.
        put(holdings, *names(3000, 6500))
        found(holdings, unit("item-1"))
    with Holdings(folder, read_only=True) as holdings:
        found(holdings, unit("item-1"))
        assert holdings.stats()["index"]["tuned"]["image"]["probes"] >= 1


def test_a_deleted_index_is_built_again(tmp_path: Path) -> None:
    folder = saved_collection(tmp_path)
    shutil.rmtree(folder / "index")
    finds_everything(folder, names(5, 200)[::20], names(0, 5))


@pytest.mark.parametrize("damage", [b"", b"not what it was", None])
def test_a_damaged_index_is_built_again(tmp_path: Path, damage: bytes | None) -> None:
    folder = saved_collection(tmp_path)
    for file in (folder / "index").rglob("*"):
        if file.is_file():
            content = bytearray(file.read_bytes())
            content[len(content) // 2 :] = b"\0" * (len(content) - len(content) // 2)
            file.write_bytes(bytes(content) if damage is None else damage)
    finds_everything(folder, names(5, 200)[::20], names(0, 5))


def test_an_index_of_another_collection_is_not_believed(tmp_path: Path) -> None:
    folder = saved_collection(tmp_path)
    other = make(tmp_path / "other", LSH)
    holdings = Holdings(other)
    put(holdings, *(f"other-{number}" for number in range(250)))
    holdings.close()
    shutil.rmtree(folder / "index")
    shutil.copytree(other / "index", folder / "index")
    finds_everything(folder, names(5, 200)[::20], names(0, 5))


# Threads


def test_threads_add_remove_and_search_at_once(holdings: Holdings) -> None:
    put(holdings, *(f"kept-{number}" for number in range(120)))
    faults: list[BaseException] = []
    done = threading.Event()

    def write(writer: int) -> None:
        for turn in range(6):
            mine = [f"w{writer}-{turn}-{number}" for number in range(5)]
            put(holdings, *mine)
            for name in mine:
                assert found(holdings, unit(name), 1, min_score=0.999) == [name]
            holdings.remove(mine[1:])
            for name in mine[1:]:
                assert found(holdings, unit(name), 1, min_score=0.999) == []

    def read(reader: int) -> None:
        while not done.is_set():
            name = f"kept-{reader}"
            assert found(holdings, unit(name), 1, min_score=0.999) == [name]
            answer = found(holdings, unit("query"), 30)
            assert len(answer) == len(set(answer)) == 30
            assert holdings.get([name])[0].id == name

    def guarded(work: object, number: int) -> None:
        try:
            work(number)
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    writers = [threading.Thread(target=guarded, args=(write, number)) for number in range(3)]
    readers = [threading.Thread(target=guarded, args=(read, number)) for number in range(5)]
    for thread in [*writers, *readers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert faults == []
    assert len(holdings) == 120 + 3 * 6
    stats = holdings.stats()
    assert stats["dead_rows"] == 3 * 6 * 4
