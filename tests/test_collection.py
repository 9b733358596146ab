"""Opening a collection, searching it and looking things up, through a real model."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from pixie import Item, Term

if TYPE_CHECKING:
    from pathlib import Path


def ids(hits: pixie.SearchResult) -> list[str]:
    return [hit.id for hit in hits]


# Opening


def test_a_name_is_a_collection_in_pixies_home(own_home: Path, tiny: Path) -> None:
    with pixie.open("holidays", tiny) as opened:
        assert opened.path == own_home / "collections" / "holidays"
        assert opened.name == "holidays"


def test_a_collection_finds_its_model_again(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.parent)
    with pixie.open(tmp_path / "photos", f"./{tiny.name}") as photos:
        photos.add(id="a", text="a dog")
    monkeypatch.chdir(tmp_path)
    with pixie.open("./photos") as photos:
        assert photos.model.name == str(tiny)
        assert ids(photos.search("a dog")) == ["a"]


def test_another_model_is_refused_by_name(tmp_path: Path, tiny: Path) -> None:
    pixie.open(tmp_path / "photos", tiny).close()
    with pytest.raises(pixie.CollectionError) as caught:
        pixie.open(tmp_path / "photos", "demo")
    assert caught.value.code == "wrong_model"
    assert str(tiny) in caught.value.message
    assert "demo" in caught.value.message
    pixie.open(tmp_path / "photos", tiny).close()


def test_a_checkpoint_that_was_exchanged_is_refused(tmp_path: Path, tiny: Path) -> None:
    model = shutil.copytree(tiny, tmp_path / "model")
    with pixie.open(tmp_path / "photos", model) as photos:
        photos.add(id="a", text="a dog")
    shutil.rmtree(model)
    shutil.copytree(pixie.Embedder.load("demo").folder, model)
    with pixie.open(tmp_path / "photos") as photos:
        assert len(photos) == 1
        with pytest.raises(pixie.CollectionError) as caught:
            photos.search("a dog")
    assert caught.value.code == "wrong_model"


@pytest.mark.parametrize("how", [{"create": False}, {"read_only": True}, {"create": False, "model": "demo"}])
def test_a_collection_that_is_not_there_is_not_made_unasked(tmp_path: Path, how: dict[str, object]) -> None:
    with pytest.raises(pixie.CollectionError, match="there is no collection in") as caught:
        pixie.open(tmp_path / "nothing", **how)
    assert caught.value.code == "missing"
    assert not (tmp_path / "nothing").exists()


def test_a_model_that_cant_be_found_makes_no_collection(tmp_path: Path) -> None:
    with pytest.raises(pixie.ModelError):
        pixie.open(tmp_path / "photos", tmp_path / "no model")
    assert not (tmp_path / "photos").exists()


def test_closing_ends_everything(tmp_path: Path, tiny: Path) -> None:
    photos = pixie.open(tmp_path / "photos", tiny)
    photos.add(id="a", text="a dog")
    photos.close()
    photos.close()
    for call in (
        lambda: photos.search("a dog"),
        lambda: photos.add(id="b", text="b"),
        lambda: photos.get("a"),
        lambda: len(photos),
        photos.stats,
    ):
        with pytest.raises(pixie.ClosedError):
            call()
    with pixie.open(tmp_path / "photos") as again:
        assert len(again) == 1


def test_an_empty_collection_is_true_and_answers_with_nothing(photos: pixie.Collection) -> None:
    assert photos
    assert len(photos) == 0
    assert photos.search("a dog") == pixie.SearchResult()
    assert photos.search("a dog", exact=True, target="image").hits == ()


# Searching


@pytest.fixture
def indexed(photos: pixie.Collection, drawings: Path) -> pixie.Collection:
    photos.index(drawings)
    photos.add_all(Item(f"note-{number}", text=f"note number {number}") for number in range(4))
    return photos


def test_terms_add_up_by_their_weights(indexed: pixie.Collection, drawings: Path) -> None:
    embedder = indexed.embedder
    picture_vector = embedder.embed_images([drawings / "1.png"])[0]
    text_vector, crowd = embedder.embed_texts(["note number 2", "a crowd"])
    query = picture_vector + 0.5 * text_vector - 0.25 * crowd
    query /= np.linalg.norm(query)
    by_terms = indexed.search(
        [Term.image(drawings / "1.png"), Term.parse("0.5:note number 2"), Term.text("a crowd", 0.25).minus()],
        k=20,
    )
    by_vector = indexed.search(Term.vector(query), k=20)
    assert ids(by_terms) == ids(by_vector)
    np.testing.assert_allclose([hit.score for hit in by_terms], [hit.score for hit in by_vector], atol=1e-5)


def test_a_str_is_a_text_whatever_it_looks_like(indexed: pixie.Collection) -> None:
    indexed.add(id="odd", text="id:note-1")
    assert indexed.search("id:note-1", k=1)[0].id == "odd"
    assert indexed.search(["@nothing.png", "id:note-1"], k=1).hits


def test_a_search_by_item_leaves_it_out(indexed: pixie.Collection) -> None:
    assert "note-1" not in ids(indexed.search(Term.item("note-1"), k=100))
    assert len(indexed.search(Term.item("note-1"), k=100)) == len(indexed) - 1


def test_pages_of_an_answer_fit_together(indexed: pixie.Collection) -> None:
    whole = ids(indexed.search("note", k=1_000_000))
    assert len(whole) == len(indexed)
    assert ids(indexed.search("note", k=4, offset=3)) == whole[3:7]
    assert ids(indexed.search("note", k=4, offset=1000)) == []


def test_a_target_asks_pictures_or_texts_alone(indexed: pixie.Collection) -> None:
    assert len(indexed.search("note", k=100, target="image")) == 6
    assert all(hit.id.startswith("note-") for hit in indexed.search("note", k=100, target="text"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "blank text"),
        ("  \n", "blank text"),
        ([], "the query is empty"),
        ([Term.text("a"), Term.text("a").minus()], "cancel each other out"),
        (Term.item("nobody"), "there is no item 'nobody'"),
        (Term.vector([1.0, 0.0]), "2 numbers instead of 32"),
        (Term.image("/no/such.png"), "there is no file"),
        (Term.image(b"no picture"), "not a picture"),
    ],
)
def test_a_query_that_cant_be_asked_says_why(indexed: pixie.Collection, query: object, said: str) -> None:
    with pytest.raises(pixie.InvalidInputError, match=said):
        indexed.search(query)


def test_searches_and_writes_go_on_together(indexed: pixie.Collection) -> None:
    faults: list[BaseException] = []

    def search(number: int) -> None:
        try:
            for _ in range(10):
                assert ids(indexed.search(f"note number {number % 4}", k=1)) == [f"note-{number % 4}"]
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for number in range(10):
        indexed.add(id=f"new-{number}", text=f"a thing of kind {number}")
        indexed.remove(f"new-{number - 1}")
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(indexed) == 11


# Looking up


def test_items_are_listed_by_prefix_and_page(indexed: pixie.Collection) -> None:
    assert [item.id for item in indexed.items("note-")] == ["note-0", "note-1", "note-2", "note-3"]
    assert [item.id for item in indexed.items("note-", offset=1, limit=2)] == ["note-1", "note-2"]
    assert len(indexed.items()) == len(indexed) == 10
    assert indexed.get("nobody") is None


def test_what_was_removed_is_gone_and_its_file_is_not(indexed: pixie.Collection, drawings: Path) -> None:
    assert indexed.remove("Pictures/0.png", "note-1", "nobody", "note-1") == 2
    assert indexed.get("note-1") is None
    assert "note-1" not in ids(indexed.search("note number 1", k=100))
    assert (drawings / "0.png").exists()
    assert len(indexed) == 8


def test_stats_count_what_there_is(indexed: pixie.Collection, drawings: Path) -> None:
    indexed.remove("note-0")
    stats = indexed.stats()
    assert stats["items"] == 9
    assert stats["vectors"] == {"image": 6, "text": 3}
    assert (stats["dead_rows"], stats["failures"]) == (1, 0)
    assert stats["roots"] == [{"name": "Pictures", "path": str(drawings)}]
    assert stats["bytes"]["vectors"] == 10 * 32 * 4
    assert stats["model"] == indexed.model.to_json()
    assert stats["index"]["kind"] == "auto"
