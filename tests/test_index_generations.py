"""What a collection's index keeps between processes: newer generations, means of queries, tuned settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from collection_fixtures import DIMENSION, found, make, put, unit
from pixie.holdings import Holdings
from pixie.index import layered, load_index
from pixie.query import Part
from pixie.search import Page
from pixie.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["auto", "lsh", "kmeans"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    settings = {"kind": request.param, "exact_below": 100, "flat_below": 100}
    return make(tmp_path / "photos", {"index": settings})


def names(first: int, last: int) -> list[str]:
    return [f"item-{number}" for number in range(first, last)]


def index_of(holdings: Holdings):
    """The index in memory, if there is one."""
    held = holdings.current().index()._held
    return None if held is None else held.index


def saved(folder: Path):
    store = Store(folder, DIMENSION, read_only=True)
    try:
        return load_index(folder / "index", np.array(store.vectors.rows(store.state().rows)))
    finally:
        store.close()


def ask(holdings: Holdings, *texts: str) -> None:
    for text in texts:
        holdings.rank([Part(1.0, unit(text), "text")], Page(3))


def test_a_reader_takes_the_newer_index_that_the_writer_saved(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 300))
    with Holdings(folder, read_only=True) as reader:
        assert found(reader, unit("item-7"), 1) == ["item-7"]
        first = index_of(reader)
        with Holdings(folder) as writer:
            put(writer, *names(300, 400))
        assert found(reader, unit("item-333"), 1) == ["item-333"]
        assert index_of(reader) is not first
        assert index_of(reader).stats()["rows_outside_buckets"] == 0
        # What lacks little is not saved again, and the reader goes on with what it has.
        second = index_of(reader)
        with Holdings(folder) as writer:
            put(writer, "one more")
            writer.remove(["item-333"])
        assert found(reader, unit("one more"), 1) == ["one more"]
        assert found(reader, unit("item-333"), 1, min_score=0.999) == []
        assert index_of(reader) is second


def test_a_newer_index_that_is_damaged_is_passed_over(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 200))
    with Holdings(folder, read_only=True) as reader, Holdings(folder) as writer:
        assert found(reader, unit("item-7"), 1) == ["item-7"]
        first = index_of(reader)
        (folder / "index" / "header.json").write_text("{}")
        put(writer, "late")
        assert found(reader, unit("late"), 1) == ["late"]
        assert index_of(reader) is first


def test_copies_of_rows_make_way_for_the_vector_file(folder: Path) -> None:
    with Holdings(folder) as holdings:
        put(holdings, *names(0, 200))
        found(holdings, unit("query"))
        for first in range(200, 400, 10):
            put(holdings, *names(first, first + 10))
            assert found(holdings, unit(f"item-{first}"), 1) == [f"item-{first}"]
        vectors = index_of(holdings)._state.rows.vectors
        assert isinstance(vectors.parts[0].room, np.memmap)
        copies = sum(part.count for part in vectors.parts[1:])
        assert copies <= 0.125 * 400 + 10


def test_the_mean_of_queries_is_learnt_across_processes_and_kept(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 200))
    for turn in range(4):
        with Holdings(folder, read_only=True) as reader:
            ask(reader, *(f"query {turn} {number}" for number in range(4)))
    assert "text" not in saved(folder).stats()["means"]
    with Holdings(folder) as writer:
        assert writer.queries.means()["text"][0] == 16
        put(writer, "late")
    index = saved(folder)
    text = index.stats()["means"].index("text")
    wanted = np.mean([unit(f"query {turn} {number}") for turn in range(4) for number in range(4)], axis=0)
    np.testing.assert_allclose(index._state.structure.means[text], wanted, atol=1e-6)


def test_no_mean_is_kept_while_the_log_is_off(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 200))
        writer.set_log(False)
        ask(writer, *(f"secret {number}" for number in range(20)))
    with Holdings(folder, read_only=True) as reader:
        assert reader.queries.means() == {}
        assert reader.log(0, None).queries == ()


def test_an_index_is_tuned_when_it_is_built_and_keeps_that(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 600))
        found(writer, unit("query"))
        tuned = writer.stats()["index"]["tuned"]
        assert set(tuned) <= {"image", "text", "any"}
        assert "image" in tuned
    assert saved(folder).tuned == tuned
    with Holdings(folder, read_only=True) as reader:
        found(reader, unit("query"))
        assert reader.stats()["index"]["tuned"] == tuned


def test_a_collection_tells_of_its_saved_index_without_opening_it(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 300))
        assert "search" not in writer.stats()["index"]
    with Holdings(folder, read_only=True) as reader:
        facts = reader.stats()["index"]
        assert index_of(reader) is None
    assert (facts["search"], facts["rows"]) == ("layers", 300)
    assert facts["buckets"] > 1


def test_settings_tuned_by_hand_end_with_the_buckets_they_were_found_for(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 300))
        found(writer, unit("query"))
        buckets = writer.stats()["index"]["buckets"]
        by_hand = {"image": {"probes": 1, "candidates": 30}}
        live = writer.current().index()
        live.tune({**by_hand, "buckets": buckets})
        assert index_of(writer).tuned == by_hand
        put(writer, *names(300, 900))
        found(writer, unit("query"))
        assert index_of(writer).settle(60)
        assert index_of(writer).stats()["buckets"] != buckets
        assert index_of(writer).tuned != by_hand


def test_a_failure_halfway_loses_no_row(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 200))
    with Holdings(folder, read_only=True) as reader, Holdings(folder) as writer:
        assert found(reader, unit("item-7"), 1) == ["item-7"]
        put(writer, *names(200, 230))
        index = index_of(reader)

        def fails(_rows: object) -> int:
            raise MemoryError("no room")

        writer.remove(["item-3"])
        with monkeypatch.context() as broken:
            broken.setattr(index, "remove", fails)
            with pytest.raises(MemoryError):
                found(reader, unit("item-210"), 1)
        assert found(reader, unit("item-210"), 1) == ["item-210"]
        assert found(reader, unit("item-3"), 1, min_score=0.999) == []
        assert index_of(reader).positions == 230


def test_items_restored_from_a_backup_are_found_again(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 300))
    backup = (folder / "items.sqlite").read_bytes()
    with Holdings(folder) as writer:
        writer.remove(names(0, 100))
        put(writer, *names(300, 400))
    for tail in ("-wal", "-shm"):
        (folder / f"items.sqlite{tail}").unlink(missing_ok=True)
    (folder / "items.sqlite").write_bytes(backup)
    with Holdings(folder, read_only=True) as reader:
        assert found(reader, unit("item-50"), 1) == ["item-50"]


def test_queries_that_were_seen_are_kept_when_the_index_changes(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, *names(0, 200))
        ask(writer, *(f"query {number}" for number in range(5)))
        writer.reindex(settings={"seed": 3})
        assert writer.queries.means()["text"][0] == 5
