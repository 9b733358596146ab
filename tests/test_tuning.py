"""Settings of a search are chosen on some queries and reach their recall on others."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bridge_calls import call, error_of
from collection_fixtures import DIMENSION, make, put, unit
from index_vectors import ClipVectors, random_rows
from pixie.collection import Collection
from pixie.errors import CollectionError, InvalidInputError
from pixie.holdings import Holdings
from pixie.index import layered, make_index, recall_at_k
from pixie.index.measuring import Queries, Sample
from pixie.index.recall import recalls
from pixie.index.tuning import FEWEST_QUERIES, tune, tuned_by
from pixie.records import Record
from pixie.sampling import sampled_queries
from pixie.steps import Step, done
from pixie.tuning import tune_after_build

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

ROWS = 6000
DIM = 48

# Small enough that a few hundred vectors are put into buckets, and enough of those that some are passed over.
SMALL = {"kind": "lsh", "exact_below": 100, "flat_below": 1, "bits": 4}


@pytest.fixture(autouse=True)
def layers_for_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)


@pytest.fixture(scope="module")
def data() -> ClipVectors:
    return ClipVectors(DIM, seed=5, topics=60)


@pytest.fixture(scope="module")
def vectors(data: ClipVectors) -> npt.NDArray[np.float32]:
    return data.pictures(ROWS)


@pytest.fixture(params=[("lsh", {"bits": 6}), ("kmeans", {"buckets": 100})], ids=["lsh", "kmeans"])
def index(request: pytest.FixtureRequest, vectors: npt.NDArray[np.float32]) -> Any:
    kind, settings = request.param
    made = make_index(kind, DIM, exact_below=1, flat_below=1, **settings)
    made.fit(vectors)
    return made


def rows_as_queries(vectors: npt.NDArray[np.float32], count: int) -> Queries:
    rows = np.random.default_rng(1).permutation(len(vectors))[:count]
    return Queries.of(vectors[rows], rows)


def test_chosen_settings_reach_the_recall_on_queries_to_come(
    index: Any, data: ClipVectors, vectors: npt.NDArray[np.float32]
) -> None:
    asked = {"image": rows_as_queries(vectors, 200), "text": Queries.of(data.texts(200))}
    results = tune(index, asked, recall=0.9)
    assert [result.modality for result in results] == ["image", "text"]
    later = {"image": data.pictures(200), "text": data.texts(200)}
    for result in results:
        assert "probes" in result.settings
        assert (result.queries, result.search) == (100, "layers")
        assert result.recall > 0.86
        assert result.reached == (result.recall >= 0.9)
        assert result.queries_per_second > 0
        new = Sample.of(index, result.modality, Queries.of(later[result.modality]), 10)
        assert new.recalls(index, result.settings).mean() > 0.85
    assert index.tuned == {}


def test_a_higher_recall_takes_more_work(index: Any, data: ClipVectors) -> None:
    queries = {"text": Queries.of(data.texts(200))}
    work = []
    for recall in (0.6, 0.9, 0.99):
        (result,) = tune(index, queries, recall)
        trace = index.explain(queries["text"].vectors, 10, "text", **result.settings)[2]
        work.append(sum(layer.looked_at for layer in trace.layers))
    assert work == sorted(work)
    assert work[0] < work[-1]


def test_a_recall_beyond_all_settings_takes_the_best_and_says_so(
    index: Any, data: ClipVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(index.settings), "ladders", lambda self, rows: {"probes": (1, 2)})
    (result,) = tune(index, {"text": Queries.of(data.texts(64))}, 0.999)
    assert result.settings == {"probes": 2}
    assert not result.reached
    assert result.recall < 0.999


def test_a_row_is_no_neighbour_of_itself(vectors: npt.NDArray[np.float32]) -> None:
    index = make_index("exact", DIM)
    index.fit(vectors)
    asked = rows_as_queries(vectors, 20)
    sample = Sample.of(index, "image", asked, 3)
    np.testing.assert_array_equal(sample.true, index.search(asked.vectors, 4)[0][:, 1:])
    assert not (sample.true == asked.own[:, None]).any()
    np.testing.assert_array_equal(sample.found(index, {}), sample.true)
    # A query that is no row keeps all its neighbours, and one with too few of them gets -1.
    foreign = Sample.of(index, "image", Queries.of(asked.vectors), 3)
    np.testing.assert_array_equal(foreign.true[:, 0], asked.own)
    few = make_index("exact", DIM)
    few.fit(vectors[:2])
    assert Sample.of(few, "image", Queries.of(vectors[:1], np.array([0])), 3).true.tolist() == [[1, -1, -1]]


def test_an_index_that_scans_has_nothing_to_choose(vectors: npt.NDArray[np.float32]) -> None:
    for kind, settings in (("exact", {}), ("lsh", {"exact_below": 10_000})):
        index = make_index(kind, DIM, **settings)
        index.fit(vectors)
        (result,) = tune(index, {"image": rows_as_queries(vectors, 64)})
        assert (result.settings, result.recall, result.search) == ({}, 1, "exact scan")
        assert result.queries == 64


def test_settings_that_someone_set_are_left_alone(vectors: npt.NDArray[np.float32]) -> None:
    index = make_index("lsh", DIM, exact_below=1, flat_below=1, probes=9)
    index.fit(vectors)
    (result,) = tune(index, {"image": rows_as_queries(vectors, 64)}, 0.5)
    assert list(result.settings) == ["candidates"]
    assert make_index("lsh", DIM, probes=9, candidates=50).settings.ladders(ROWS) == {}


def test_buckets_to_open_are_not_chosen_while_there_is_one(vectors: npt.NDArray[np.float32]) -> None:
    index = make_index("kmeans", DIM, exact_below=1, buckets=1)
    index.fit(vectors)
    (result,) = tune(index, {"image": rows_as_queries(vectors, 64)}, 0.9)
    assert "probes" not in result.settings
    assert result.search == "layers"


@pytest.mark.parametrize("count", [1, FEWEST_QUERIES - 1])
def test_few_queries_measure_and_choose_nothing(index: Any, data: ClipVectors, count: int) -> None:
    (result,) = tune(index, {"text": Queries.of(data.texts(count))})
    assert (result.settings, result.queries) == ({}, count)
    assert 0 <= result.recall <= 1


@pytest.mark.parametrize("recall", [0, -0.1, 1.5, float("nan"), True, "0.9", None])
def test_a_recall_that_is_none_is_refused(recall: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"recall is .* above 0 and at most 1"):
        tune(make_index("exact", 8), {}, recall)


def test_queries_that_do_not_say_what_they_are_get_the_larger_settings() -> None:
    image, text = {"probes": 5, "candidates": 90}, {"probes": 8, "candidates": 60}
    tuned = tuned_by({"image": image, "text": text}, {})
    assert tuned == {"image": image, "text": text, "any": {"probes": 8, "candidates": 90}}
    assert tuned_by({"image": image}, {}) == {"image": image}
    assert tuned_by({"image": image}, tuned) == tuned
    assert tuned_by({"image": image, "text": {}}, {"text": text})["text"] == text
    make_index("lsh", 8).settings.checked_tuning(tuned)


def test_a_ladder_of_any_kind_goes_from_its_least_to_the_rows() -> None:
    ladder = layered.LayeredSettings().ladders(1000)["probes"]
    assert ladder[0] == 1
    assert list(ladder) == sorted(set(ladder))
    assert 1000 <= ladder[-1] <= 2000
    assert all(high <= 2 * low for low, high in itertools.pairwise(ladder))
    assert layered.LayeredSettings().ladders(0)["probes"] == (1,)


def test_recall_of_each_query_makes_the_mean() -> None:
    found, exact = [[4, 9], [1, 2], [7, -1]], [[9, 4], [3, 2], [-1, -1]]
    assert recalls(found, exact).tolist() == [1, 0.5]
    assert recall_at_k(found, exact) == 0.75


# A collection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """600 pictures and 80 texts of them, some removed, behind an lsh index."""
    folder = make(tmp_path / "photos", {"index": SMALL})
    clip = ClipVectors(DIMENSION, seed=3, topics=20)
    rows = np.concatenate([clip.pictures(600), clip.texts(80)])
    records = [Record(f"i-{row}", path=f"/{row}", vectors=(("image", row),)) for row in range(600)]
    records += [Record(f"t-{row}", text="t", vectors=(("text", row),)) for row in range(600, 680)]
    with Holdings(folder) as holdings:
        holdings.commit(records, rows)
        holdings.remove([f"i-{row}" for row in range(0, 600, 9)])
    return folder


def index_of(folder: Path) -> dict[str, Any]:
    index = json.loads((folder / "collection.json").read_text())["settings"]["index"]
    assert isinstance(index, dict)
    return index


def test_tuning_sets_the_own_kind_and_reports_on_all(folder: Path) -> None:
    steps: list[Step] = []
    with Collection(Holdings(folder)) as photos:
        report = photos.tune(0.9, kinds=["exact", "lsh", "kmeans"], queries=60, progress=steps.append)
        assert photos.stats()["index"]["tuned"] == report.tuned
    assert [kind.kind for kind in report.kinds] == ["exact", "lsh", "kmeans"]
    assert [kind.build_seconds is None for kind in report.kinds] == [False, True, False]
    exact, lsh, kmeans = (kind.results for kind in report.kinds)
    assert [result.recall for result in exact] == [1, 1]
    for results in (lsh, kmeans):
        assert [result.modality for result in results] == ["image", "text"]
        assert all(result.recall > 0.8 and result.search == "layers" for result in results)
    assert (report.kind, report.vectors) == ("lsh", 613)
    assert set(report.tuned or {}) == {"image", "text", "any"}
    assert index_of(folder) == {**SMALL, "tuned": {**(report.tuned or {}), "buckets": 16}}
    assert [step.done for step in steps] == list(range(steps[0].total))
    assert {step.name for step in steps} == {
        *("drawing queries", "building exact", "tuning exact", "tuning lsh"),
        *("building kmeans", "tuning kmeans"),
    }
    with Holdings(folder, read_only=True) as reader:
        done(reader.tune(0.5, 10, ["lsh"], 20, True))
        assert reader.stats()["index"]["tuned"] == report.tuned


def test_an_open_reader_takes_tuned_settings_up(folder: Path) -> None:
    with Collection(Holdings(folder, read_only=True)) as reader, Collection(Holdings(folder)) as photos:
        reader.search(_term("a"))
        report = photos.tune(kinds=["lsh"], queries=40)
        reader.search(_term("a"))
        assert reader.stats()["index"]["tuned"] == report.tuned


def test_a_dry_run_sets_nothing(folder: Path) -> None:
    before = (folder / "collection.json").read_bytes()
    for read_only in (False, True):
        with Collection(Holdings(folder, read_only=read_only)) as photos:
            photos.search(_term("a"))
            built = photos.stats()["index"]["tuned"]
            report = photos.tune(0.5, kinds=["lsh"], queries=40, dry_run=True)
            assert report.tuned is None
            assert report.kinds[0].results[0].settings
            assert photos.stats()["index"]["tuned"] == built
    assert (folder / "collection.json").read_bytes() == before
    with Holdings(folder, read_only=True) as reader, pytest.raises(CollectionError) as caught:
        done(reader.tune(0.9, 10, None, 40, False))
    assert caught.value.code == "read_only"


def test_another_kind_or_other_buckets_forget_what_was_tuned(folder: Path) -> None:
    with Collection(Holdings(folder)) as photos:
        tuned = photos.tune(kinds=["lsh"], queries=40).tuned
        photos.reindex()
        assert index_of(folder)["tuned"] == {**(tuned or {}), "buckets": 16}
        assert photos.stats()["index"]["tuned"] == tuned
        photos.reindex(settings={"bits": 3})
        assert "tuned" not in index_of(folder)
        photos.tune(kinds=["lsh"], queries=40)
        photos.reindex("kmeans")
        assert index_of(folder) == {"kind": "kmeans"}


def test_only_the_own_kind_is_set(folder: Path) -> None:
    with Collection(Holdings(folder)) as photos:
        report = photos.tune(kinds=["kmeans"], queries=40)
    assert report.tuned is None
    assert [warning.code for warning in report.warnings] == ["nothing_to_tune"]
    assert "tuned" not in index_of(folder)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_rows_are_told_of(tmp_path: Path, count: int) -> None:
    folder = make(tmp_path / "few", {"index": {"kind": "kmeans", "exact_below": 1}})
    with Collection(Holdings(folder)) as photos:
        if count:
            put(photos.holdings, *(f"item-{number}" for number in range(count)))
        report = photos.tune(kinds=["kmeans", "exact"])
        assert (report.vectors, report.tuned) == (count, None)
        assert "few_queries" in {warning.code for warning in report.warnings}
        if count == 5:
            assert report.kinds[1].results[0].recall == 1
            assert report.kinds[1].results[0].queries == 5
        photos.search(_term("a"))


def test_an_exact_scan_is_told_of(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos", {"index": {"kind": "lsh"}})
    with Collection(Holdings(folder)) as photos:
        put(photos.holdings, *(f"item-{number}" for number in range(40)))
        report = photos.tune(kinds=["lsh"])
    assert report.tuned is None
    assert [warning.code for warning in report.warnings] == ["exact_scan"]
    assert "lsh scans all 40 vectors" in report.warnings[0].message


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"recall": 0}, "recall is 0"),
        ({"recall": 1.5}, "recall is 1.5"),
        ({"k": 0}, "k is 0"),
        ({"queries": 0}, "queries is 0"),
        ({"queries": 10_001}, "queries is 10001"),
        ({"kinds": ["lsh", "trees"]}, "no index kind 'trees'; there are: auto"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(folder: Path, arguments: dict[str, Any], says: str) -> None:
    with Collection(Holdings(folder)) as photos, pytest.raises(InvalidInputError, match=says):
        photos.tune(**arguments)


def test_queries_are_drawn_from_rows_that_are_there_and_from_the_log(folder: Path) -> None:
    asked = random_rows(30, DIMENSION)
    with Holdings(folder) as holdings:
        store = holdings.store
        drawn = sampled_queries(store, 50, {"text": np.concatenate([asked, asked])})
        vectors = store.vectors.rows(680)
        assert list(drawn) == ["image", "text"]
        image, text = drawn["image"], drawn["text"]
        assert len(image) == 50
        assert (image.own < 600).all()
        assert (image.own % 9 != 0).all()
        np.testing.assert_array_equal(image.vectors, vectors[image.own])
        assert len(text) == 80
        logged = text.own < 0
        assert logged.sum() == 30
        assert {row.tobytes() for row in text.vectors[logged]} == {row.tobytes() for row in asked}
        assert (text.own[~logged] >= 600).all()
        again = sampled_queries(store, 50, {})
        np.testing.assert_array_equal(np.sort(again["image"].own), np.sort(image.own))


def test_a_new_index_is_tuned_on_what_it_holds(folder: Path) -> None:
    with Holdings(folder) as holdings:
        store = holdings.store
        index = make_index("kmeans", DIMENSION, exact_below=1, flat_below=1)
        index.fit(store.vectors.rows(680))
        tune_after_build(store, index, {})
        assert set(index.tuned) == {"image", "text", "any"}
        queries = sampled_queries(store, 200, {})
        for modality in ("image", "text"):
            sample = Sample.of(index, modality, queries[modality], 10)
            assert sample.recalls(index, {}).mean() > 0.88
        scanning = make_index("lsh", DIMENSION)
        scanning.fit(store.vectors.rows(680))
        tune_after_build(store, scanning, {})
        assert scanning.tuned == {}


def test_the_bridge_tunes_a_step_at_a_time(folder: Path) -> None:
    handle = call("collection_open", path=str(folder))["collection"]
    try:
        job = call("collection_tune", collection=handle, kinds=["lsh"], queries=40, recall=0.8)["job"]
        seen = []
        while (answer := call("job_step", job=job))["report"] is None:
            seen.append(answer["step"]["name"])
        assert seen == ["drawing queries", "tuning lsh"]
        report = answer["report"]
        assert list(report) == ["kind", "vectors", "recall", "k", "tuned", "kinds", "warnings"]
        assert list(report["kinds"][0]) == ["kind", "build_seconds", "results"]
        assert call("job_close", job=job) == {}
        assert call("job_close", job=job) == {}
        assert error_of("job_step", job=job)["type"] == "closed"
        begun = call("collection_tune", collection=handle)["job"]
        call("job_step", job=begun)
        call("job_close", job=begun)
        wrong = call("collection_tune", collection=handle, recall=2)["job"]
        assert error_of("job_step", job=wrong)["item"] == "recall"
        call("job_close", job=wrong)
    finally:
        call("collection_close", collection=handle)


def _term(name: str) -> Any:
    from pixie.query import Term

    return Term.vector(unit(name))
