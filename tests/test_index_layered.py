"""The layered kinds: what they find, how far they look, and what they learn of queries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index_vectors import ClipVectors, random_rows
from pixie.errors import InvalidInputError
from pixie.index import clusters, layered, make_index, recall_at_k
from pixie.index.codes import STEP, Codec
from pixie.index.lsh import quantising_rotation

ROWS = 30_000


@pytest.fixture(scope="module")
def data():
    return ClipVectors(192, seed=21)


@pytest.fixture(scope="module")
def vectors(data):
    return data.pictures(ROWS)


@pytest.fixture(scope="module")
def exact(vectors):
    index = make_index("exact", 192)
    index.fit(vectors)
    return index


@pytest.fixture(scope="module", params=["lsh", "kmeans"])
def index(request, vectors):
    index = make_index(request.param, 192, exact_below=20_000, flat_below=1)
    index.fit(vectors)
    return index


@pytest.fixture(params=["pictures", "near duplicates", "texts"])
def queries(request, data, vectors):
    if request.param == "near duplicates":
        return data.near_duplicates(vectors[:200])
    return data.pictures(200) if request.param == "pictures" else data.texts(200)


def test_default_settings_find_nine_of_ten(index, exact, queries):
    assert index.stats()["search"] == "layers"
    found, scores = index.search(queries, 10)
    true, true_scores = exact.search(queries, 10)
    assert recall_at_k(found, true) >= 0.9
    same = found == true
    np.testing.assert_array_equal(scores[same], true_scores[same])


@pytest.mark.parametrize("kind", ["lsh", "kmeans"])
def test_recall_survives_filters_removals_and_additions(kind, data, vectors, queries):
    indexes = [make_index("exact", 192), make_index(kind, 192, exact_below=20_000, flat_below=1)]
    more = data.pictures(3000)
    for index in indexes:
        index.fit(vectors)
        index.add(np.arange(ROWS, ROWS + 3000), more)
        index.remove(np.arange(0, ROWS + 3000, 7))
    indexes[1].settle()
    assert indexes[1].stats()["rows_outside_buckets"] == 0
    for share in (1.0, 0.5, 0.2, 0.05):
        allow = np.random.default_rng(2).random(ROWS + 3000) < share
        true, found = (index.search(queries, 10, allow=allow)[0] for index in indexes)
        assert recall_at_k(found, true) >= 0.88


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_a_filter_of_rows_that_are_alike_costs_little_recall(share, index, exact, data, vectors):
    queries = data.pictures(200)
    without = recall_at_k(index.search(queries, 10)[0], exact.search(queries, 10)[0])
    for row in (3, 4, 5):
        allow = np.zeros(ROWS, np.bool_)
        allow[np.argsort(-(vectors @ vectors[row]))[: round(share * ROWS)]] = True
        found, true = (each.search(queries, 10, allow=allow)[0] for each in (index, exact))
        assert recall_at_k(found, true) >= without - 0.04


def test_more_work_raises_recall_to_all(index, exact, queries):
    true = exact.search(queries, 10)[0]
    buckets = index.stats()["buckets"]
    recalls = [
        recall_at_k(index.search(queries, 10, probes=max(1, buckets // part), candidates=c)[0], true)
        for part, c in ((100, 20), (4, 100), (1, 5000))
    ]
    assert recalls == sorted(recalls)
    assert recalls[0] < 0.9
    assert recalls[-1] > 0.999


def test_each_layer_looks_at_fewer_rows_than_the_one_before(index, data):
    facts = index.stats()
    for queries in (data.pictures(5), data.texts(5)):
        explained = index.explain(queries, 10)[2]
        assert [layer.name for layer in explained.layers] == ["buckets", "heads", "bytes", "vectors"]
        opened, by_head, by_bytes, exactly = (layer.looked_at for layer in explained.layers)
        assert opened == facts["probes"]
        assert by_head < 0.6 * ROWS
        assert by_bytes == facts["candidates"]
        assert 10 <= exactly <= 40
        assert sum(layer.seconds or 0 for layer in explained.layers) <= explained.seconds


def test_every_row_stands_in_one_lane_of_its_bucket(index, vectors):
    structure = index._state.structure
    held = structure.places >= 0
    np.testing.assert_array_equal(np.sort(structure.places[held]), np.arange(ROWS))
    bucket_of_lane = np.repeat(np.arange(structure.buckets), np.diff(structure.starts) * 16)
    heads = structure.codec.heads(vectors)
    bucket_of_row = np.empty(ROWS, np.int64)
    bucket_of_row[structure.places[held]] = bucket_of_lane[held]
    # A product of another shape rounds differently, which moves rows that lie on a border.
    assert np.mean(structure.router.route(heads) == bucket_of_row) > 0.999
    for bucket in range(0, structure.buckets, 7):
        members = bucket_of_row == bucket
        if members.any():
            np.testing.assert_allclose(structure.centres[bucket], heads[members].mean(axis=0), atol=1e-4)


def test_codes_bytes_and_biases_say_what_rows_are(index, vectors):
    structure = index._state.structure
    codec = structure.codec
    rebuilt = structure.row_codes.take(np.arange(ROWS))[:, :192].astype(np.float32) - 128
    rebuilt = codec.mean + structure.row_scales.values[:, None] * rebuilt
    np.testing.assert_allclose(rebuilt, vectors, atol=float(structure.row_scales.values.max()) * 0.51)
    held = structure.places >= 0
    products = (vectors - codec.mean) @ structure.means[0]
    np.testing.assert_allclose(structure.biases[0][held], products[structure.places[held]], atol=1e-5)
    assert np.isneginf(structure.biases[0][~held]).all()
    heads = codec.heads(vectors)
    packed = codec.packed(heads)
    low, high = packed & 15, packed >> 4
    codes = np.stack([low.reshape(ROWS, -1, 4), high.reshape(ROWS, -1, 4)], axis=2).reshape(ROWS, -1)
    middles = (codes - np.float32(7.5)) * codec.steps
    inside = np.abs(heads) < 7 * codec.steps
    assert np.abs(middles - heads)[inside].max() <= codec.steps.max() * 0.51
    assert inside.mean() > 0.95


def test_a_mean_is_learnt_from_sixteen_queries_and_saved(tmp_path, data, vectors):
    index = make_index("lsh", 192, exact_below=20_000, flat_below=1)
    index.fit(vectors)
    texts = data.texts(16)
    index.search(texts[:15], 10, modality="text")
    assert index.stats()["means"] == ["rows"]
    before = index.search(texts, 10)
    index.search(texts[15:], 10, modality="text")
    index.settle()
    assert index.stats()["means"] == ["rows", "text"]
    structure = index._state.structure
    np.testing.assert_allclose(structure.means[1], texts.mean(axis=0), atol=1e-5)
    after = index.search(texts, 10)
    same = before[0] == after[0]
    assert same.mean() > 0.8
    np.testing.assert_array_equal(before[1][same], after[1][same])
    index.save(tmp_path)
    loaded = type(index).load(tmp_path)
    assert loaded.stats()["means"] == ["rows", "text"]
    np.testing.assert_array_equal(loaded.search(texts, 10)[0], after[0])
    # A structure that is fitted anew knows it too.
    loaded.fit(vectors[:25_000])
    assert loaded.stats()["means"] == ["rows", "text"]


def test_a_search_that_could_learn_waits_for_no_writer(data, vectors):
    index = make_index("lsh", 192, exact_below=20_000, flat_below=1)
    index.fit(vectors)
    texts = data.texts(16)
    with ThreadPoolExecutor(1) as pool:
        with index._writing:
            pool.submit(index.search, texts, 10, modality="text").result(timeout=60)
        assert index.stats()["means"] == ["rows"]
    index.settle()
    assert index.stats()["means"] == ["rows", "text"]


def test_a_query_is_taken_for_one_of_the_nearest_mean(index, data):
    structure = index._state.structure
    texts = data.texts(50)
    if "text" not in structure.names:
        index.search(texts, 1, modality="text")
        index.settle()
        structure = index._state.structure
    text = structure.names.index("text")
    assert (structure.slots(data.texts(50), None) == text).mean() > 0.9
    assert (structure.slots(data.pictures(50), None) != text).mean() > 0.9
    assert (structure.slots(data.pictures(50), "text") == text).all()


@pytest.mark.parametrize("kind", ["auto", "lsh", "kmeans"])
@pytest.mark.parametrize("modality", [None, "image"])
def test_many_equal_rows_do_not_crowd_out_better_ones(kind, modality):
    vectors = random_rows(3000, 64)
    query = random_rows(1, 64, seed=5)[0]

    def near(cosine):
        away = vectors[0] - (vectors[0] @ query) * query
        return (cosine * query + np.sqrt(1 - cosine**2) * away / np.linalg.norm(away)).astype(np.float32)

    vectors[100:300] = near(0.9)
    vectors[2000:2005] = [near(0.95 + 0.005 * i) for i in range(5)]
    index = make_index(kind, 64, exact_below=1)
    index.fit(vectors)
    rows, _ = index.search(query[None], 10, modality=modality)
    np.testing.assert_array_equal(rows[0], [2004, 2003, 2002, 2001, 2000, 100, 101, 102, 103, 104])


@pytest.mark.parametrize("k", [1, 10, 1000, 2900])
def test_any_number_of_hits_comes_in_order(monkeypatch, k):
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    vectors = random_rows(40_000, 16)
    vectors[50:90] = vectors[50]
    exact, index = make_index("exact", 16), make_index("auto", 16, exact_below=1)
    for one in (exact, index):
        one.fit(vectors)
    queries = np.vstack([random_rows(3, 16, seed=8), vectors[50:51]])
    (rows, scores), (true, true_scores) = (one.search(queries, k) for one in (index, exact))
    assert recall_at_k(rows, true) > 0.98
    assert (np.diff(scores, axis=1) <= 0).all()
    for found, cosines in zip(rows, scores, strict=True):
        assert len(np.unique(found)) == k
        ties = np.diff(cosines) == 0
        assert (np.diff(found)[ties] > 0).all()
    np.testing.assert_array_equal(scores[:, 0], true_scores[:, 0])


def test_a_row_that_was_damaged_on_disk_is_never_a_hit(data, vectors):
    changing = vectors.copy()
    index = make_index("lsh", 192, exact_below=20_000, flat_below=1)
    index.fit(changing)
    queries = data.pictures(20)
    rows, scores = index.search(queries, 10)
    changing[rows[:, 0]] *= 40
    changing[rows[:, 1], 5] = np.nan
    again, again_scores = index.search(queries, 8)
    assert not np.isin(rows[:, :2], again).any()
    assert (again_scores <= 1).all()
    same = again == rows[:, 2:]
    np.testing.assert_array_equal(again_scores[same], scores[:, 2:][same])


@pytest.mark.parametrize("kind", ["lsh", "kmeans"])
def test_a_row_finds_itself_however_little_is_looked_at(kind, monkeypatch):
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    vectors = random_rows(5000, 64)
    index = make_index(kind, 64, exact_below=1, flat_below=1)
    index.fit(vectors)
    rows, scores = index.search(vectors[::50], 1, probes=1, candidates=1)
    assert np.mean(rows[:, 0] == np.arange(0, 5000, 50)) > 0.98
    assert scores.max() == pytest.approx(1, abs=1e-6)


def test_the_same_seed_makes_the_same_index():
    vectors = ClipVectors(24, seed=4).pictures(2000)
    for kind in ("lsh", "kmeans"):
        made = [make_index(kind, 24, exact_below=1, flat_below=1, seed=seed) for seed in (1, 1, 2)]
        for index in made:
            index.fit(vectors)
        first, again, other = (index._state.structure.places for index in made)
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)


def test_below_its_size_it_scans_and_from_there_on_it_has_layers():
    vectors = random_rows(1000, 16)
    index = make_index("lsh", 16, exact_below=800)
    index.add(np.arange(799), vectors[:799])
    assert index.stats()["search"] == "exact scan"
    index.add([799], vectors[799:800])
    assert index.stats()["search"] == "layers"
    assert index.stats()["buckets_by"] == "flat"
    index.add(np.arange(800, 1000), vectors[800:])
    assert index.stats()["rows_outside_buckets"] == 200


@pytest.mark.parametrize("kind", ["lsh", "kmeans"])
def test_equal_rows_and_data_in_a_plane_can_be_fitted(kind, monkeypatch):
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    flat = np.zeros((2000, 16), np.float32)
    flat[:, :2] = random_rows(2000, 2)
    for vectors in (np.repeat(random_rows(1, 16), 2000, axis=0), flat):
        index = make_index(kind, 16, exact_below=1, flat_below=1)
        index.fit(vectors)
        rows, scores = index.search(vectors[:3], 5)
        # In two dimensions hundreds of rows share a code, and not all of them are candidates.
        np.testing.assert_allclose(scores[:, 0], 1, atol=0.01)
        assert (rows >= 0).all()


def test_many_clusters_are_fitted_in_two_levels(data, vectors, exact, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "ONE_LEVEL", 100)
    index = make_index("kmeans", 192, exact_below=20_000, flat_below=1)
    index.fit(vectors)
    facts = index.stats()
    assert facts["buckets_by"] == "centres of two levels"
    assert facts["buckets"] == pytest.approx(clusters.clusters_for(ROWS), rel=0.05)
    queries = np.vstack([data.pictures(100), data.texts(100)])
    found = index.search(queries, 10)[0]
    assert recall_at_k(found, exact.search(queries, 10)[0]) > 0.85
    router, heads = index._state.structure.router, index._state.structure.codec.heads(vectors[:2000])
    centres, parents = router.array[:, :-1], router.array[:, -1]
    coarse = int((parents < 0).sum())
    buckets = router.route(heads)
    distances = ((heads[:, None, :64] - centres[None, :coarse, :-1]) ** 2).sum(axis=2)
    assert (parents[coarse + buckets] == distances.argmin(axis=1)).mean() > 0.999
    of_one = buckets[buckets < (parents == 0).sum()]
    assert len(np.unique(of_one)) > 1
    index.save(tmp_path)
    np.testing.assert_array_equal(type(index).load(tmp_path).search(queries, 10)[0], found)


def test_hyperplanes_are_orthogonal_and_bring_rows_nearer_to_corners():
    heads = ClipVectors(24, seed=4).pictures(3000)
    codec = Codec.fitted(heads)
    strongest = codec.heads(heads)[:, :5]
    rotation = quantising_rotation(strongest, seed=0)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(5), atol=1e-5)

    def distance(turned):
        return np.abs(np.sign(turned) * np.abs(turned).mean() - turned).mean()

    assert distance(strongest @ rotation) < distance(strongest)


def test_components_are_those_of_most_variance():
    rows = ClipVectors(40, seed=4).pictures(3000)
    codec = Codec.fitted(rows)
    assert codec.directions.shape == (40, 40)
    np.testing.assert_allclose(codec.directions.T @ codec.directions, np.eye(40), atol=1e-4)
    deviations = codec.heads(rows).std(axis=0)
    np.testing.assert_allclose(deviations * STEP, codec.steps, rtol=1e-2, atol=1e-6)
    assert (np.diff(codec.steps) <= 1e-7).all()


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("lsh", {"bits": 17}, "bits is 17, .* 1 to 16"),
        ("lsh", {"bits": 2.0}, "bits is 2.0"),
        ("lsh", {"probes": -1}, "probes is -1"),
        ("lsh", {"candidates": 0}, "candidates is 0"),
        ("lsh", {"candidates": True}, "candidates is True"),
        ("lsh", {"seed": None}, "seed is None"),
        ("lsh", {"trees": 3}, "'trees' is no setting here; there are: bits, candidates"),
        ("kmeans", {"buckets": 0}, "buckets is 0, .* 1 to 65536"),
        ("kmeans", {"bits": 3}, "'bits' is no setting here; there are: buckets, candidates"),
    ],
)
def test_refuses_settings_out_of_their_range(kind, settings, says):
    with pytest.raises(InvalidInputError, match=says):
        make_index(kind, 8, **settings)


@pytest.mark.parametrize("dim", [0, -3, 1.5, True, "8", 1 << 20])
def test_refuses_a_dimension_that_is_none(dim):
    with pytest.raises(InvalidInputError, match="dim is"):
        make_index("exact", dim)


def test_refuses_an_unknown_kind_and_names_those_there_are():
    with pytest.raises(InvalidInputError, match=r"'hsnw'; there are: auto, exact, .*lsh, kmeans"):
        make_index("hsnw", 8)


def test_settings_of_the_buckets_cannot_change_in_a_search():
    with pytest.raises(InvalidInputError, match="'bits' is no setting here; there are: candidates, probes"):
        make_index("lsh", 8).search(random_rows(1, 8), 1, bits=3)


def test_recall_is_the_share_of_true_rows_found():
    assert recall_at_k([[4, 9]], [[9, 7]], 2) == 0.5
    assert recall_at_k([[4, 9], [1, 2]], [[9, 4], [3, 5]]) == 0.5
    assert recall_at_k([[4, 9]], [[9, 4]], 1) == 0
    assert recall_at_k([[4, -1, -1]], [[4, -1, -1]]) == 1
    assert recall_at_k([[-1], [3]], [[-1], [2]]) == 0
    assert recall_at_k(np.empty((0, 3), int), np.empty((0, 3), int)) == 1
    for found, exact, k in (([[1]], [[1], [2]], None), ([[1]], [[1]], 2), ([1], [1], None)):
        with pytest.raises(InvalidInputError):
            recall_at_k(found, exact, k)
