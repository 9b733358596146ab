"""Searches among the items that a filter matches: none is returned that it does not, and none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from collection_fixtures import found, hits, make, put, unit
from index_vectors import ClipVectors
from listing_fixtures import ITEMS, fill, mark_missing
from pixie.filters import Filter
from pixie.holdings import Holdings
from pixie.manifest import Manifest, Model
from pixie.masks import Masks
from pixie.ordering import Order
from pixie.query import Part
from pixie.records import Record
from pixie.search import Page, SearchOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

BEACH, CITY, DOG, CAPTION, PLAIN = ITEMS


def where(text: str) -> Filter:
    return Filter.parse(text)


def test_hits_are_items_that_the_filter_matches(holdings: Holdings) -> None:
    fill(holdings)
    assert found(holdings, unit(DOG), where=where("year >= 2020")) == found(
        holdings, unit(DOG), where=where("id in ('Pictures/2020/beach.jpg', 'Pictures/2021/city.jpg')")
    )
    assert set(found(holdings, unit(DOG), where=where("year >= 2020"))) == {BEACH, CITY}
    assert found(holdings, unit(DOG), where=where("year = 1"), k=1) == []
    assert found(holdings, unit(BEACH), 1, where=where("year != 2020 or year is null"))[0] != BEACH


def test_a_filter_and_a_modality_hold_together(holdings: Holdings) -> None:
    fill(holdings)
    both = Filter.eq("id", CAPTION) | Filter.eq("id", BEACH)
    assert set(found(holdings, unit(BEACH), where=both)) == {BEACH, CAPTION}
    assert found(holdings, unit(BEACH), where=both, target="text") == [CAPTION]
    assert found(holdings, unit(BEACH), where=both, target="image") == [BEACH]


@pytest.mark.parametrize("target", [None, "image"])
@pytest.mark.parametrize("filtered", [None, Filter.has("id"), Filter.has("missing")])
def test_items_whose_files_are_missing_are_never_found(
    holdings: Holdings, target: str | None, filtered: Filter | None
) -> None:
    fill(holdings)
    assert BEACH in found(holdings, unit(BEACH), target=target)
    mark_missing(holdings, BEACH)
    assert BEACH not in found(holdings, unit(BEACH), target=target, where=filtered)


def test_a_search_follows_what_was_committed_since(holdings: Holdings) -> None:
    photos = fill(holdings)
    recent = where("year >= 2020")
    assert len(found(holdings, unit("x"), where=recent)) == 2
    photos.set_metadata(PLAIN, values={"year": 2022})
    assert len(found(holdings, unit("x"), where=recent)) == 3
    put(holdings, "new", metadata={"year": 2023})
    assert found(holdings, unit("new"), 1, where=recent) == ["new"]
    holdings.remove(["new"])
    assert len(found(holdings, unit("new"), where=recent)) == 3


def test_a_reader_follows_what_another_process_commits(holdings: Holdings) -> None:
    photos = fill(holdings)
    with Holdings(holdings.path, read_only=True) as reader:
        assert len(found(reader, unit("x"), where=where("year >= 2020"))) == 2
        photos.set_metadata(PLAIN, values={"year": 2022})
        assert len(found(reader, unit("x"), where=where("year >= 2020"))) == 3


def test_hits_can_be_put_into_another_order(holdings: Holdings) -> None:
    fill(holdings)
    best = found(holdings, unit(CITY), 3)
    assert best[0] == CITY
    by_id = found(holdings, unit(CITY), 3, order=Order.parse("id:desc"))
    assert by_id == sorted(best, reverse=True)
    assert found(holdings, unit(CITY), order=Order.parse("date:desc"))[2:] == [DOG, CITY, BEACH]
    assert found(holdings, unit(CITY), order=Order.parse("exif.iso"))[:2] == [BEACH, CITY]
    assert found(holdings, unit(CITY), order=Order.parse("score")) == found(holdings, unit(CITY))


def test_masks_are_kept_until_something_is_committed(holdings: Holdings) -> None:
    fill(holdings)
    masks = Masks(holdings.store)
    recent = where("year >= 2020")
    mask = masks.allowed(recent, None)
    assert mask is not None
    assert (mask.sum(), masks.allowed(recent, None) is mask) == (2, True)
    assert masks.allowed(recent, "image") is not mask
    put(holdings, "new")
    assert len(masks.allowed(recent, None)) == len(mask) + 1
    assert masks.allowed(None, None) is None


ROWS, DIM, SEED = 6000, 64, 5


@pytest.fixture(scope="module")
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdings]:
    """Items with vectors that lie in clusters, some of them with two, kept in an index of each kind."""
    folder = make(tmp_path_factory.mktemp("library") / request.param)
    small = {} if request.param == "exact" else {"exact_below": 1000}
    Manifest.new("library", Model("m", "f" * 32, DIM), {"index": {"kind": request.param, **small}}).write(
        folder
    )
    vectors = ClipVectors(DIM, SEED).pictures(ROWS)
    random = np.random.default_rng(SEED)
    around = vectors @ vectors[0]
    nearest = np.argsort(-around)
    rank = np.empty(ROWS, np.int64)
    rank[nearest] = np.arange(ROWS)
    shuffled = random.permutation(ROWS)
    records = [
        Record(
            f"item{row:05}",
            text="words" if row % 10 == 0 else None,
            path=f"/pictures/{row}",
            metadata={"rank": int(rank[row]), "draw": int(shuffled[row])},
            vectors=(("image", row),) if row % 10 else (("image", row), ("text", ROWS + row // 10)),
        )
        for row in range(ROWS)
    ]
    words = ClipVectors(DIM, SEED + 1).texts(ROWS // 10)
    holdings = Holdings(folder)
    holdings.commit(records, np.concatenate([vectors, words]))
    yield holdings
    holdings.close()


@pytest.mark.parametrize("library", ["lsh", "kmeans", "auto", "hnsw", "pq", "exact"], indirect=True)
@pytest.mark.parametrize("key", ["rank", "draw"])
@pytest.mark.parametrize("allowed", [3, 9, 10, 11, 60, 600, 3000])
def test_as_many_hits_come_back_as_there_are(library: Holdings, key: str, allowed: int) -> None:
    queries = ClipVectors(DIM, SEED + 2).texts(5)
    for query in queries:
        answer = hits(library, query, 10, where=Filter.lt(key, allowed))
        assert len(answer) == min(10, allowed)
        assert len({hit.id for hit in answer}) == len(answer)
        assert all(hit.metadata[key] < allowed for hit in answer)


@pytest.mark.parametrize("library", ["lsh", "kmeans", "auto", "hnsw", "pq"], indirect=True)
@pytest.mark.parametrize("key", ["rank", "draw"])
def test_a_filter_costs_no_recall(library: Holdings, key: str) -> None:
    queries = ClipVectors(DIM, SEED + 3).pictures(100)
    unfiltered = recall(library, queries, None)
    for allowed in (30, 300, 3000):
        assert recall(library, queries, Filter.lt(key, allowed)) >= unfiltered - 0.01


def recall(library: Holdings, queries: np.ndarray, filtered: Filter | None) -> float:
    shares = []
    for query in queries:
        page = Page(10, where=filtered)
        check = library.rank([Part(1.0, query, "image")], page, SearchOptions(check=True)).check
        assert check is not None
        shares.append(check.recall)
    return float(np.mean(shares))
