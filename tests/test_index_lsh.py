"""The hash tables: what they find, how far they look, and when they are not used."""

from __future__ import annotations

import numpy as np
import pytest

from index_vectors import ClipVectors, random_rows
from pixie.errors import InvalidInputError
from pixie.index import make_index, recall_at_k
from pixie.index.tables import fit_tables


@pytest.fixture(scope="module")
def pictures():
    data = ClipVectors(192, seed=21)
    vectors = data.pictures(30_000)
    exact = make_index("exact", 192)
    exact.fit(vectors)
    lsh = make_index("lsh", 192, exact_below=20_000)
    lsh.fit(vectors)
    return data, vectors, exact, lsh


@pytest.fixture(params=["pictures", "near duplicates", "texts"])
def queries(request, pictures):
    data, vectors, _, _ = pictures
    if request.param == "near duplicates":
        return data.near_duplicates(vectors[:200])
    return data.pictures(200) if request.param == "pictures" else data.texts(200)


def test_default_settings_find_nine_of_ten(pictures, queries):
    _, _, exact, lsh = pictures
    assert lsh.stats()["search"] == "hash tables"
    found, scores = lsh.search(queries, 10)
    true, true_scores = exact.search(queries, 10)
    assert recall_at_k(found, true) >= 0.9
    same = found == true
    np.testing.assert_array_equal(scores[same], true_scores[same])


def test_recall_survives_filters_removals_and_additions(pictures, queries):
    data, vectors, _, _ = pictures
    indexes = [make_index(kind, 192) for kind in ("exact", "lsh")]
    indexes[1] = make_index("lsh", 192, exact_below=20_000)
    more = data.pictures(3000)
    for index in indexes:
        index.fit(vectors)
        index.add(np.arange(30_000, 33_000), more)
        index.remove(np.arange(0, 33_000, 7))
    assert indexes[1].stats()["unfitted_rows"] == 3000
    for share in (1.0, 0.5, 0.1, 0.02):
        allow = np.random.default_rng(2).random(33_000) < share
        true, found = (index.search(queries, 10, allow=allow)[0] for index in indexes)
        assert recall_at_k(found, true) >= 0.88


def test_more_candidates_raise_recall_to_all(pictures, queries):
    _, _, exact, lsh = pictures
    true = exact.search(queries, 10)[0]
    recalls = [
        recall_at_k(lsh.search(queries, 10, probes=16, candidates=c)[0], true)
        for c in (50, 500, 4000, 30_000)
    ]
    assert recalls == sorted(recalls)
    assert recalls[0] < 0.9
    assert recalls[-1] == 1


def test_a_query_looks_at_a_part_of_the_rows(pictures):
    data, _, _, lsh = pictures
    tables = lsh._state.structure
    settings = lsh.settings
    for query in np.vstack([data.pictures(5), data.texts(5)]):
        positions, ranked = tables.candidates(
            tables.means @ query, None, settings.probes_for(tables.buckets), settings.candidates_for(30_000)
        )
        assert len(positions) == settings.candidates_for(30_000)
        assert len(positions) < ranked < 15_000
        assert (np.diff(positions) > 0).all()


def test_every_row_stands_once_in_every_table_and_means_are_of_the_members():
    vectors = ClipVectors(24, seed=4).pictures(3000)
    index = make_index("lsh", 24, exact_below=1, tables=3, bits=4)
    index.fit(vectors)
    tables = index._state.structure
    for table in range(3):
        np.testing.assert_array_equal(np.sort(tables.order[table]), np.arange(3000))
    for bucket in range(48):
        members = tables.order.ravel()[tables.starts[bucket] : tables.starts[bucket + 1]]
        assert (tables.codes.values[members, bucket // 16] == bucket).all()
        if len(members):
            np.testing.assert_allclose(tables.means[bucket], vectors[members].mean(axis=0), atol=1e-5)
        else:
            np.testing.assert_array_equal(tables.means[bucket], tables.centre)
    for table in tables.planes.reshape(3, 4, 24):
        np.testing.assert_allclose(table @ table.T, np.eye(4), atol=1e-5)


def test_the_same_seed_makes_the_same_tables():
    from pixie.index.rows import Rows

    rows = Rows.of(ClipVectors(24, seed=4).pictures(2000))
    first, again, other = (fit_tables(rows, 4, 5, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.codes.values, again.codes.values)
    assert (first.codes.values != other.codes.values).any()


def test_below_its_size_it_scans_and_from_there_on_it_uses_tables():
    vectors = random_rows(1000, 16)
    index = make_index("lsh", 16, exact_below=800)
    index.add(np.arange(799), vectors[:799])
    assert index.stats()["search"] == "exact scan"
    index.add([799], vectors[799:800])
    assert index.stats()["search"] == "hash tables"
    index.add(np.arange(800, 1000), vectors[800:])
    assert index.stats()["unfitted_rows"] == 200
    index.add([1000], random_rows(1, 16, seed=9))
    assert index.stats()["unfitted_rows"] == 0


def test_equal_rows_and_flat_data_can_be_fitted():
    flat = np.zeros((2000, 16), np.float32)
    flat[:, :2] = random_rows(2000, 2)
    for vectors in (np.repeat(random_rows(1, 16), 2000, axis=0), flat):
        index = make_index("lsh", 16, exact_below=1)
        index.fit(vectors)
        rows, scores = index.search(vectors[:3], 5)
        np.testing.assert_allclose(scores[:, 0], 1, atol=1e-6)
        assert (rows >= 0).all()


def test_bits_are_lowered_to_the_dimension():
    index = make_index("lsh", 2, exact_below=1, tables=4, bits=10)
    index.fit(random_rows(500, 2))
    assert index.stats()["buckets"] == 4


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"tables": 0}, "tables is 0, .* 1 to 64"),
        ({"bits": 17}, "bits is 17"),
        ({"bits": 2.0}, "bits is 2.0"),
        ({"probes": -1}, "probes is -1"),
        ({"candidates": 0}, "candidates is 0"),
        ({"candidates": True}, "candidates is True"),
        ({"seed": None}, "seed is None"),
        ({"tables": 64, "bits": 11}, "131072 buckets"),
        ({"trees": 3}, "'trees' is no setting here; there are: bits, candidates"),
    ],
)
def test_refuses_settings_out_of_their_range(settings, says):
    with pytest.raises(InvalidInputError, match=says):
        make_index("lsh", 8, **settings)


@pytest.mark.parametrize("dim", [0, -3, 1.5, True, "8", 1 << 20])
def test_refuses_a_dimension_that_is_none(dim):
    with pytest.raises(InvalidInputError, match="dim is"):
        make_index("exact", dim)


def test_refuses_an_unknown_kind_and_names_those_there_are():
    with pytest.raises(InvalidInputError, match="'hsnw'; there are: exact, lsh"):
        make_index("hsnw", 8)


def test_settings_of_the_tables_cannot_change_in_a_search():
    with pytest.raises(InvalidInputError, match="'tables' is no setting here; there are: candidates, probes"):
        make_index("lsh", 8).search(random_rows(1, 8), 1, tables=3)


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
