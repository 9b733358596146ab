"""One search over several collections finds what one collection with all their items would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pixie
from collection_fixtures import DIMENSION, make
from pixie import CollectionError, InvalidInputError, Item, Term, search_collections
from pixie.collection import Collection
from pixie.holdings import Holdings
from pixie.manifest import Manifest, Model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = ("a red dog", "a blue cat", "the green sea", "an old ship", "two birds", "rain", "a map", "snow")


@pytest.fixture
def three(tmp_path: Path, tiny: Path) -> Iterator[list[pixie.Collection]]:
    """Two collections of every second text, and one of all."""
    opened = [pixie.open(tmp_path / name, tiny) for name in ("even", "odd", "all")]
    for number, words in enumerate(WORDS):
        item = Item(str(number), text=words, metadata={"number": number})
        opened[number % 2].add(item)
        opened[2].add(item)
    yield opened
    for collection in opened:
        collection.close()


def test_it_finds_what_all_items_together_would(three: list[pixie.Collection]) -> None:
    even, odd, everything = three
    for k, offset in ((1, 0), (5, 0), (3, 2), (20, 0), (4, 7), (4, 8)):
        found = search_collections([even, odd], "a dog at sea", k, offset=offset)
        true = everything.search("a dog at sea", k, offset=offset)
        assert [each.hit.id for each in found.hits] == [hit.id for hit in true]
        assert [each.hit.score for each in found.hits] == pytest.approx([hit.score for hit in true])
        assert all(each.collection == ("even", "odd")[int(each.hit.id) % 2] for each in found.hits)


def test_filters_and_scores_hold_in_each(three: list[pixie.Collection]) -> None:
    found = search_collections(three[:2], "a dog", 10, where="number >= 5")
    assert {each.hit.id for each in found.hits} == {"5", "6", "7"}
    best = found.hits[0].hit.score
    assert len(search_collections(three[:2], "a dog", 10, min_score=best, where="number >= 5").hits) == 1


def test_items_of_one_id_are_two_hits(three: list[pixie.Collection]) -> None:
    found = search_collections(three, WORDS[0], 2)
    assert [(each.collection, each.hit.id) for each in found.hits] == [("even", "0"), ("all", "0")]
    assert found.hits[0].to_json()["collection"] == "even"


def test_a_text_that_was_cut_is_remarked_once(three: list[pixie.Collection]) -> None:
    found = search_collections(three[:2], "word " * 200)
    assert [warning.code for warning in found.warnings] == ["text_truncated"]


def test_what_makes_no_sense_is_refused(three: list[pixie.Collection]) -> None:
    with pytest.raises(InvalidInputError, match="no collection was given"):
        search_collections([], "a dog")
    with pytest.raises(InvalidInputError, match="of which one the item '1' is"):
        search_collections(three, ["a dog", Term.item("1")])
    with pytest.raises(InvalidInputError, match="k is 0"):
        search_collections(three, "a dog", 0)


def test_collections_of_different_models_dont_compare(three: list[pixie.Collection], tmp_path: Path) -> None:
    folder = make(tmp_path / "other")
    Manifest.new("other", Model("another", "1" * 32, DIMENSION), {}).write(folder)
    with (
        Collection(Holdings(folder)) as other,
        pytest.raises(CollectionError, match="don't compare") as caught,
    ):
        search_collections([three[0], other], "a dog")
    assert caught.value.code == "wrong_model"
