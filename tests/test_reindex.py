"""A collection's index can become another without its vectors being made again."""

from __future__ import annotations

import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bridge_calls import call, error_of
from collection_fixtures import found, make, put, run_python, unit, unwritable
from pixie.collection import Collection
from pixie.errors import CollectionError, InvalidInputError
from pixie.holdings import Holdings
from pixie.index import layered

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"index": {"kind": "lsh", "exact_below": 100}}


@pytest.fixture(autouse=True)
def layers_for_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A collection of 300 vectors, 10 of them removed, with a saved lsh index."""
    folder = make(tmp_path / "photos", SMALL)
    with Holdings(folder) as holdings:
        put(holdings, *names(0, 300))
        holdings.remove(names(0, 10))
    return folder


def names(first: int, last: int) -> list[str]:
    return [f"item-{number}" for number in range(first, last)]


def settings_of(folder: Path) -> dict[str, Any]:
    index = json.loads((folder / "collection.json").read_text())["settings"]["index"]
    assert isinstance(index, dict)
    return index


def saved_kind(folder: Path) -> str:
    kind = json.loads((folder / "index" / "header.json").read_text())["about"]["kind"]
    assert isinstance(kind, str)
    return kind


def finds_what_is_there(folder: Path) -> None:
    with Holdings(folder, read_only=True) as reader:
        for name in names(10, 300)[::20]:
            assert found(reader, unit(name), 1, min_score=0.999) == [name]
        for name in names(0, 10):
            assert found(reader, unit(name), 1, min_score=0.999) == []


@pytest.mark.parametrize("kind", ["kmeans", "lsh"])
def test_another_kind_is_built_saved_and_written_down(folder: Path, kind: str) -> None:
    with Holdings(folder) as holdings:
        report = holdings.reindex(kind, {"exact_below": 50, "seed": 3})
        assert found(holdings, unit("item-20"), 1) == ["item-20"]
        assert holdings.stats()["index"]["kind"] == kind
    assert (report.kind, report.before, report.vectors, report.search) == (kind, "lsh", 290, "layers")
    assert report.settings == {"exact_below": 50, "seed": 3}
    assert settings_of(folder) == {"kind": kind, "exact_below": 50, "seed": 3}
    assert saved_kind(folder) == kind
    finds_what_is_there(folder)


def test_without_arguments_the_same_index_is_built_again(folder: Path) -> None:
    before = (folder / "index" / "header.json").read_bytes()
    with Holdings(folder) as holdings:
        report = holdings.reindex()
    assert (report.kind, report.before, report.settings) == ("lsh", "lsh", {"exact_below": 100})
    assert settings_of(folder) == SMALL["index"]
    assert (folder / "index" / "header.json").read_bytes() != before


def test_settings_are_kept_changed_and_given_back(folder: Path) -> None:
    with Holdings(folder) as holdings:
        assert holdings.reindex(None, {"probes": 7}).settings == {"exact_below": 100, "probes": 7}
        assert holdings.reindex("lsh", {"bits": 3}).settings == {"exact_below": 100, "probes": 7, "bits": 3}
        assert holdings.reindex(None, {"probes": None, "bits": None}).settings == {"exact_below": 100}
        assert holdings.reindex("kmeans").settings == {}
    assert settings_of(folder) == {"kind": "kmeans"}


def test_an_exact_index_leaves_nothing_on_the_disk(folder: Path) -> None:
    with Holdings(folder) as holdings:
        report = holdings.reindex("exact")
    assert (report.kind, report.search) == ("exact", "exact scan")
    assert not (folder / "index").exists()
    finds_what_is_there(folder)


def test_few_vectors_are_scanned_and_the_report_says_so(folder: Path) -> None:
    with Holdings(folder) as holdings:
        report = holdings.reindex("kmeans")
    assert (report.vectors, report.search) == (290, "exact scan")
    assert not (folder / "index").exists()


def test_an_empty_collection_can_change_its_kind(tmp_path: Path) -> None:
    folder = make(tmp_path / "empty")
    with Holdings(folder) as holdings:
        report = holdings.reindex("kmeans", {"exact_below": 1})
        assert (report.vectors, report.kind) == (0, "kmeans")
        put(holdings, "a")
        assert found(holdings, unit("a"), 1) == ["a"]


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("hsnw", None, "no index kind 'hsnw'; there are: auto, exact"),
        ("", None, "no index kind ''"),
        ("kmeans", {"bits": 3}, "'bits' is no setting here; there are: buckets, candidates"),
        (None, {"trees": None}, "'trees' is no setting here; there are: bits"),
        (None, {"bits": 40}, "bits is 40, .* 1 to 16"),
        (None, {"probes": 1.5}, "probes is 1.5"),
        ("exact", {"probes": 3}, "'probes' is no setting here; there are: block_rows"),
        (None, {"tuned": {}}, "'tuned' is no setting"),
    ],
)
def test_settings_that_make_no_sense_change_nothing(
    folder: Path, kind: str | None, settings: dict[str, Any] | None, says: str
) -> None:
    with Holdings(folder) as holdings, pytest.raises(InvalidInputError, match=says):
        holdings.reindex(kind, settings)
    assert settings_of(folder) == SMALL["index"]
    assert saved_kind(folder) == "lsh"


def test_a_reader_changes_nothing(folder: Path) -> None:
    with Holdings(folder, read_only=True) as reader, pytest.raises(CollectionError) as caught:
        reader.reindex("exact")
    assert caught.value.code == "read_only"


def test_an_open_reader_takes_the_new_kind_up_with_its_next_search(folder: Path) -> None:
    with Holdings(folder, read_only=True) as reader:
        assert found(reader, unit("item-20"), 1) == ["item-20"]
        assert reader.stats()["index"]["kind"] == "lsh"
        run_python(f"with Holdings(Path({str(folder)!r})) as h: h.reindex('kmeans', {{'exact_below': 100}})")
        assert found(reader, unit("item-20"), 1) == ["item-20"]
        assert reader.stats()["index"]["kind"] == "kmeans"
        shutil.rmtree(folder / "index")
        assert found(reader, unit("item-21"), 1) == ["item-21"]


def test_commits_go_on_after_a_change(folder: Path) -> None:
    with Holdings(folder) as holdings:
        holdings.reindex("kmeans", {"exact_below": 100})
        put(holdings, *names(300, 400))
        holdings.remove(["item-50"])
        assert found(holdings, unit("item-350"), 1, min_score=0.999) == ["item-350"]
        assert found(holdings, unit("item-50"), 1, min_score=0.999) == []
    finds_what_is_there_now = Holdings(folder, read_only=True)
    assert found(finds_what_is_there_now, unit("item-399"), 1) == ["item-399"]
    finds_what_is_there_now.close()


def test_searches_and_commits_run_on_meanwhile(folder: Path) -> None:
    faults: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                assert found(holdings, unit("item-30"), 1) == ["item-30"]
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    with Holdings(folder) as holdings:
        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        for turn, kind in enumerate(["kmeans", "exact", "lsh"]):
            holdings.reindex(kind)
            put(holdings, f"later-{turn}")
        done.set()
        for thread in threads:
            thread.join()
        assert faults == []
        assert found(holdings, unit("later-0"), 1) == ["later-0"]


# Ends in the middle

KILLED = """
import os
from pixie import live_index, manifest
from pixie.index.base import Index
real = {place}
def dying(*a, **k):
    {before}
    os.kill(os.getpid(), 9)
{place} = dying
Holdings(Path({folder!r})).reindex("kmeans", {{"exact_below": 100}})
"""


@pytest.mark.parametrize(
    ("place", "before"),
    [("Index.save", ""), ("Index.save", "real(*a, **k)"), ("manifest.Manifest.write", "real(*a, **k)")],
    ids=["before the index is saved", "before the settings are written", "after the settings are written"],
)
def test_a_killed_process_leaves_a_collection_that_works(folder: Path, place: str, before: str) -> None:
    run_python(KILLED.format(place=place, before=before or "pass", folder=str(folder)), code=-9)
    kind = settings_of(folder)["kind"]
    assert kind == ("kmeans" if place.startswith("manifest") else "lsh")
    finds_what_is_there(folder)
    with Holdings(folder) as holdings:
        assert holdings.reindex("kmeans", {"exact_below": 100}).kind == "kmeans"
    finds_what_is_there(folder)
    assert len(list((folder / "index").glob("arrays-*.bin"))) == 1


def test_an_index_that_can_not_be_written_leaves_the_settings(folder: Path) -> None:
    with Holdings(folder) as holdings:
        with unwritable(folder / "index"), pytest.raises(CollectionError) as caught:
            holdings.reindex("kmeans", {"exact_below": 100})
        assert caught.value.code == "read_only"
        assert found(holdings, unit("item-20"), 1) == ["item-20"]
    assert settings_of(folder) == SMALL["index"]
    finds_what_is_there(folder)


# By the bridge, and by the package


def test_the_bridge_changes_the_index(folder: Path) -> None:
    handle = call("collection_open", path=str(folder))["collection"]
    try:
        report = call("collection_reindex", collection=handle, kind="kmeans", settings={"exact_below": 100})
        assert list(report) == ["kind", "settings", "before", "vectors", "search", "seconds"]
        assert (report["kind"], report["vectors"], report["settings"]) == (
            "kmeans",
            290,
            {"exact_below": 100},
        )
        assert call("collection_reindex", collection=handle)["before"] == "kmeans"
        error = error_of("collection_reindex", collection=handle, kind="trees")
        assert (error["type"], error["item"]) == ("invalid_input", "kind")
    finally:
        call("collection_close", collection=handle)


def test_a_collection_changes_its_index(folder: Path) -> None:
    with Collection(Holdings(folder)) as photos:
        assert photos.reindex("exact").kind == "exact"
        assert photos.stats()["index"]["kind"] == "exact"
        assert len(photos.search(_vector("item-12"), k=1)) == 1


def _vector(name: str) -> Any:
    from pixie.query import Term

    return Term.vector(np.asarray(unit(name)))
