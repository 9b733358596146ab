"""Listing, describing, renaming, copying and deleting collections."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest

import pixie
from collection_fixtures import MODEL, found, make, put, unit
from pixie.collections import (
    collection_info,
    copy_collection,
    delete_collection,
    describe_collection,
    list_collections,
    rename_collection,
)
from pixie.errors import CollectionError, InvalidInputError
from pixie.holdings import Holdings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the collections cats, of two items, and dogs, which is empty."""
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path))
    with Holdings(make(tmp_path / "collections" / "cats")) as holdings:
        put(holdings, "tom", "kitty")
    make(tmp_path / "collections" / "dogs")
    return tmp_path


def names() -> list[str]:
    return [info.name for info in list_collections()]


def test_all_of_them_are_listed_by_name(home: Path) -> None:
    cats, dogs = list_collections()
    assert (cats.name, cats.items, cats.model, cats.error) == ("cats", 2, MODEL, None)
    assert cats.path == str(home / "collections" / "cats")
    assert cats.bytes > 2 * 4 * MODEL.dimension
    assert (dogs.name, dogs.items, dogs.description) == ("dogs", 0, None)
    assert cats.to_json()["model"] == MODEL.to_json()


def test_without_a_home_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path / "nowhere"))
    assert list_collections() == []


def test_other_folders_and_files_are_no_collections(home: Path) -> None:
    (home / "collections" / "notes.txt").write_text("x")
    (home / "collections" / "half").mkdir()
    assert names() == ["cats", "dogs"]


def test_one_that_cant_be_read_is_listed_with_the_reason(home: Path) -> None:
    (home / "collections" / "cats" / "items.sqlite").write_bytes(b"no database" * 100)
    (home / "collections" / "dogs" / "collection.json").write_text("{")
    cats, dogs = list_collections()
    assert (cats.name, cats.items, cats.model) == ("cats", None, MODEL)
    assert "damaged" in (cats.error or "")
    assert (dogs.name, dogs.items, dogs.model) == ("dogs", None, None)
    assert "damaged" in (dogs.error or "")


def test_one_that_is_not_there_is_missing(home: Path) -> None:
    for work in (
        lambda: collection_info("birds"),
        lambda: describe_collection("birds", "x"),
        lambda: rename_collection("birds", "parrots"),
        lambda: copy_collection("birds", "parrots"),
        lambda: delete_collection("birds"),
    ):
        with pytest.raises(CollectionError) as caught:
            work()
        assert caught.value.code == "missing"
    assert names() == ["cats", "dogs"]


def test_a_description_is_kept_and_taken_away(home: Path) -> None:
    describe_collection("cats", "all our cats\n\U0001f408")
    assert collection_info("cats").description == "all our cats\n\U0001f408"
    with Holdings(home / "collections" / "cats") as holdings:
        holdings.set_log(False)
    assert collection_info("cats").description == "all our cats\n\U0001f408"
    describe_collection("cats", None)
    assert collection_info("cats").description is None
    with pytest.raises(InvalidInputError, match="10001 characters"):
        describe_collection("cats", "x" * 10_001)


def test_a_renamed_one_answers_under_its_new_name(home: Path) -> None:
    assert rename_collection("cats", "felines") == home / "collections" / "felines"
    assert names() == ["dogs", "felines"]
    with pixie.open("felines", read_only=True) as felines:
        assert felines.name == "felines"
        assert len(felines) == 2


def test_one_may_be_moved_to_a_path(home: Path) -> None:
    moved = rename_collection("cats", home / "elsewhere" / "cats")
    assert names() == ["dogs"]
    assert collection_info(moved).items == 2


def test_a_copy_is_a_collection_of_its_own(home: Path) -> None:
    describe_collection("cats", "all our cats")
    copy = copy_collection("cats", "felines")
    with Holdings(copy) as holdings:
        assert found(holdings, unit("tom"), 1) == ["tom"]
        put(holdings, "garfield")
    assert [(info.name, info.items) for info in list_collections()] == [
        ("cats", 2),
        ("dogs", 0),
        ("felines", 3),
    ]
    assert collection_info("felines").description == "all our cats"


def test_a_copy_made_while_another_writes_is_of_one_moment(home: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with Holdings(home / "collections" / "cats") as holdings:
            number = 0
            while not stop.is_set():
                put(holdings, f"cat-{number}")
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [copy_collection("cats", f"copy-{number}") for number in range(5)]
    finally:
        stop.set()
        writer.join()
    for copy in copies:
        with Holdings(copy, read_only=True) as holdings:
            for item in holdings.page(None, 0, None)[0]:
                assert found(holdings, unit(item.id), 1) == [item.id]


def test_a_copy_that_fails_leaves_nothing(home: Path) -> None:
    vectors = home / "collections" / "cats" / "vectors.f32"
    vectors.write_bytes(vectors.read_bytes()[:-4])
    with pytest.raises(CollectionError, match="its last 4 bytes are missing"):
        copy_collection("cats", "felines")
    assert sorted(path.name for path in (home / "collections").iterdir()) == ["cats", "dogs"]


def test_a_deleted_one_is_gone_and_others_stay(home: Path) -> None:
    delete_collection("cats")
    assert sorted(path.name for path in (home / "collections").iterdir()) == ["dogs"]


def test_files_that_are_not_pixies_survive_a_deletion(home: Path) -> None:
    folder = home / "collections" / "cats"
    (folder / "tom.jpg").write_bytes(b"a picture")
    (folder / "index").mkdir(exist_ok=True)
    delete_collection("cats")
    assert [path.name for path in folder.iterdir()] == ["tom.jpg"]
    with pytest.raises(CollectionError):
        collection_info("cats")


@pytest.mark.parametrize("name", ["dogs", ".hidden"])
def test_a_name_that_is_taken_or_hidden_is_refused(home: Path, name: str) -> None:
    for work in (rename_collection, copy_collection):
        with pytest.raises(InvalidInputError, match=r"already|begins with a dot"):
            work("cats", name)
    assert names() == ["cats", "dogs"]


def test_one_that_is_written_to_is_neither_renamed_nor_deleted(home: Path) -> None:
    with Holdings(home / "collections" / "cats"):
        for work in (
            lambda: rename_collection("cats", "felines"),
            lambda: delete_collection("cats"),
            lambda: describe_collection("cats", "x"),
        ):
            with pytest.raises(CollectionError) as caught:
                work()
            assert caught.value.code == "locked"
    shutil.rmtree(home / "collections" / "dogs")
    assert names() == ["cats"]
