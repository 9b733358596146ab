"""What one search may choose for itself: its index and settings, an explanation, and a check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from collection_fixtures import DIMENSION, make, put, unit
from pixie.errors import InvalidInputError
from pixie.holdings import Holdings
from pixie.items import Hit
from pixie.query import Part
from pixie.recall_check import RecallCheck
from pixie.records import Record
from pixie.search import Page, SearchOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixie.items import SearchResult

ROWS = 6000
PICTURES = 5500


def record(row: int) -> Record:
    if row < PICTURES:
        return Record(f"item-{row}", path=f"/pictures/{row}", vectors=(("image", row),))
    return Record(f"item-{row}", text="a text", vectors=(("text", row),))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdings]:
    """A collection that is large enough for buckets: 5,500 pictures and 500 texts in 77 buckets or so."""
    folder = make(
        tmp_path_factory.mktemp("many") / "photos",
        {"index": {"kind": "kmeans", "exact_below": 1000, "flat_below": 1000}},
    )
    made = np.random.default_rng(0).standard_normal((ROWS, DIMENSION))
    vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    with Holdings(folder) as holdings:
        holdings.commit(
            [record(row) for row in range(ROWS)],
            vectors,
        )
        yield holdings


def ask(holdings: Holdings, query: str = "query", k: int = 10, **wanted: Any) -> SearchResult:
    of_page = {name: wanted.pop(name) for name in ("offset", "min_score", "target") if name in wanted}
    return holdings.rank([Part(1.0, unit(query), "image")], Page(k, **of_page), SearchOptions(**wanted))


def ids(result: SearchResult) -> list[str]:
    return [hit.id for hit in result]


def test_a_search_without_options_says_nothing_more(many: Holdings) -> None:
    result = ask(many)
    assert (result.explanation, result.check, result.warnings) == (None, None, ())


def test_another_kind_is_built_once_and_gives_the_same_scores(many: Holdings) -> None:
    with Holdings(many.path, read_only=True) as reader:
        first, second = ask(reader, kind="lsh"), ask(reader, kind="lsh")
        (warning,) = first.warnings
        assert warning.code == "index_built"
        assert "pixie reindex --kind lsh" in warning.message
        assert second.warnings == ()
        scores = {hit.id: hit.score for hit in ask(reader, k=ROWS, exact=True)}
        assert all(scores[hit.id] == hit.score for hit in first)
        assert reader.stats()["index"]["kind"] == "kmeans"


def test_another_kind_follows_what_is_added_and_removed(holdings: Holdings) -> None:
    put(holdings, "a", "b")
    assert ids(ask(holdings, "c", 1, kind="kmeans")) != ["c"]
    put(holdings, "c")
    assert ids(ask(holdings, "c", 1, kind="kmeans")) == ["c"]
    holdings.remove(["c"])
    assert "c" not in ids(ask(holdings, "c", kind="kmeans"))


def test_exact_is_a_kind_and_is_built_without_a_word(many: Holdings) -> None:
    named, flagged = ask(many, kind="exact"), ask(many, exact=True)
    assert named == flagged
    assert named.warnings == ()
    assert ask(many, kind="exact", exact=True) == named


def test_the_collections_own_kind_is_its_own_index(many: Holdings) -> None:
    assert ask(many, kind="kmeans").warnings == ()


def test_more_probes_look_at_more_and_find_more(many: Holdings) -> None:
    few, all_ = ask(many, probes=1, explain=True, check=True), ask(many, probes=1000, check=True)
    assert few.check is not None
    assert all_.check is not None
    assert few.check.recall < all_.check.recall == 1.0
    assert few.explanation is not None
    opened = {layer.name: layer.looked_at for layer in few.explanation.layers}
    assert opened["buckets"] == 1
    assert few.explanation.settings["probes"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "quantum"}, "there is no index kind 'quantum'; there are: "),
        ({"kind": "lsh", "exact": True}, "an exact search is asked for, and one by the kind 'lsh'"),
        ({"probes": 0}, "probes is 0, it must be a whole number from 1 to 65536"),
        ({"probes": -1}, "probes is -1"),
        ({"probes": 1 << 17}, "probes is 131072"),
        ({"probes": 1.5}, "probes is 1.5"),
        ({"probes": True}, "probes is True"),
        ({"candidates": 0}, "candidates is 0"),
        ({"probes": 3, "exact": True}, "by the kind exact has no setting 'probes'; it has: none"),
        ({"candidates": 3, "kind": "exact"}, "by the kind exact has no setting 'candidates'"),
    ],
)
@pytest.mark.parametrize("which", ["many", "empty"])
def test_an_option_that_makes_no_sense_is_refused(
    many: Holdings, holdings: Holdings, which: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        ask(many if which == "many" else holdings, **options)
    assert said in refused.value.message


def test_a_refused_kind_leaves_the_collection_searchable(many: Holdings) -> None:
    for _ in range(2):
        with pytest.raises(InvalidInputError):
            ask(many, kind="quantum")
    assert len(ask(many)) == 10


def test_an_explanation_counts_the_rows_that_a_filter_allows(many: Holdings) -> None:
    for target, allowed, how in (("text", ROWS - PICTURES, "exact scan"), ("image", PICTURES, "layers")):
        result = ask(many, target=target, explain=True)
        assert result.explanation is not None
        assert (result.explanation.rows, result.explanation.allowed_rows) == (ROWS, allowed)
        assert result.explanation.search == how
        assert result.hits == ask(many, target=target).hits
        assert all(hit.modality == target for hit in result)


def test_an_explanation_says_how_often_the_index_was_asked(holdings: Holdings) -> None:
    """Items of two vectors each need more rows than there are hits."""
    holdings.commit(
        [
            Record(name, text=name, vectors=(("image", 2 * n), ("text", 2 * n + 1)))
            for n, name in enumerate("abcd")
        ],
        np.stack([unit(name) for name in "aabbccdd"]),
    )
    explanation = ask(holdings, "a", 4, explain=True).explanation
    assert explanation is not None
    assert explanation.to_json()["searches"] == 2
    once = ask(holdings, "a", 1, explain=True).explanation
    assert once is not None
    assert once.to_json()["searches"] == 1


def test_a_check_names_what_was_missed(many: Holdings) -> None:
    result, true = ask(many, probes=1, candidates=1, k=20, check=True), ask(many, exact=True, k=20)
    check = result.check
    assert check is not None
    assert check.k == 20
    assert check.correct == tuple(hit.id in ids(true) for hit in result)
    assert list(check.missed) == [hit for hit in true if hit.id not in ids(result)]
    assert check.missed
    assert check.recall == pytest.approx(1 - len(check.missed) / 20)


@pytest.mark.parametrize(
    "page",
    [
        {"offset": 10},
        {"min_score": 0.7},
        {"target": "image"},
        {"target": "image", "offset": 5, "min_score": 0.6},
    ],
)
def test_a_check_is_about_the_page_that_was_asked_for(many: Holdings, page: dict[str, Any]) -> None:
    right = ask(many, probes=1000, check=True, **page)
    assert right.check is not None
    assert (right.check.recall, right.check.missed) == (1.0, ())
    assert all(right.check.correct)
    wrong, true = ask(many, probes=1, check=True, **page), ask(many, exact=True, **page)
    assert wrong.check is not None
    assert list(wrong.check.missed) == [hit for hit in true if hit.id not in ids(wrong)]
    assert wrong.check.recall == pytest.approx(1 - len(wrong.check.missed) / len(true))


def test_an_exact_search_is_right_by_definition(many: Holdings) -> None:
    check = ask(many, exact=True, check=True).check
    assert check == RecallCheck(1.0, 10, (True,) * 10, ())


def test_an_empty_collection_is_explained_and_checked(holdings: Holdings) -> None:
    result = ask(holdings, explain=True, check=True)
    assert result.hits == ()
    assert result.check == RecallCheck(1.0, 10, (), ())
    assert result.explanation is not None
    assert (result.explanation.rows, result.explanation.allowed_rows) == (0, 0)
    result.to_json()


def hit(name: str, score: float) -> Hit:
    return Hit(name, score, None, name, {}, "text")


def test_of_hits_that_score_the_same_any_is_right() -> None:
    true = [hit("a", 0.9), hit("b", 0.5)]
    assert RecallCheck.of([hit("a", 0.9), hit("c", 0.5)], true, 2) == RecallCheck(1.0, 2, (True, True), ())
    # One that ties with a hit that was found stands for no other.
    found = [hit("b", 0.5), hit("c", 0.5)]
    assert RecallCheck.of(found, true, 2) == RecallCheck(0.5, 2, (True, True), (true[0],))
    assert RecallCheck.of([hit("c", 0.4)], true, 2) == RecallCheck(0.0, 2, (False,), tuple(true))
    assert RecallCheck.of([], [], 2).recall == 1.0
