"""The exact kind by way of bytes and of a device: always the answer of a scan of the floats."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index_vectors import ClipVectors, brute_force, random_rows, unit
from pixie.index import byte_scan, compiling, device_scan, exact, make_index, prefilter
from pixie.index.rows import Rows


@pytest.fixture
def _device_is_the_processor(monkeypatch):
    monkeypatch.setattr(device_scan, "DEVICE", "cpu")
    monkeypatch.setattr(device_scan, "has_gpu", lambda load: True)


def same_as_a_scan(index, vectors, queries, k, allow=None):
    numbers = np.arange(len(vectors))
    held = numbers if allow is None else numbers[allow]
    wanted = brute_force(vectors[held], held, queries, k)
    for left, right in zip(index.search(queries, k, allow=allow), wanted, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("dim", [1, 8, 63, 64, 65, 768, 1024])
@pytest.mark.parametrize("setting", ["prefilter", "gpu"])
@pytest.mark.usefixtures("_device_is_the_processor")
def test_any_dimension_and_filter_gives_the_answer_of_a_scan(dim, setting):
    data = ClipVectors(dim, seed=dim)
    vectors, index = data.pictures(3000), make_index("exact", dim, **{setting: 1})
    index.fit(vectors)
    for queries in (data.pictures(3), data.texts(1), random_rows(8, dim), vectors[:2]):
        for k in (1, 10, 400):
            same_as_a_scan(index, vectors, queries, k)
        for share in (0.05, 0.3, 0.9):
            same_as_a_scan(index, vectors, queries, 10, np.random.default_rng(2).random(3000) < share)


@pytest.mark.parametrize("setting", ["prefilter", "gpu"])
@pytest.mark.usefixtures("_device_is_the_processor")
def test_rows_that_hardly_differ_are_told_apart(setting):
    """No code tells them apart: the bounds of all of them overlap."""
    one, index = random_rows(1, 96), make_index("exact", 96, **{setting: 1})
    random = np.random.default_rng(5)
    spread = 10.0 ** random.integers(-8, -2, (2000, 1))
    vectors = unit(one + spread * random.standard_normal((2000, 96)))
    index.fit(vectors)
    same_as_a_scan(index, vectors, one, 30)
    same_as_a_scan(index, vectors, vectors[:5], 30)


def test_bounds_hold_for_every_row():
    data = ClipVectors(200, seed=8)
    vectors = np.vstack([data.pictures(500), data.texts(500), np.eye(200, dtype=np.float32)])
    held = prefilter.Bytes.of(Rows.of(vectors))
    queries = np.vstack([data.texts(3), data.pictures(3), np.eye(200, dtype=np.float32)[:2]])
    asked = prefilter.Asked.of(queries, held.centre, held.codes.room.shape[1])
    products = asked.products(held.codes.values, held.scales.values)
    true = queries.astype(np.float64) @ vectors.T.astype(np.float64)
    slack = held.errors.values * asked.longest + asked.error
    assert (np.abs(products - true) <= slack).all()
    assert slack.mean() < 0.02


def test_every_path_gives_the_same_products():
    random = np.random.default_rng(3)
    codes = random.integers(0, 256, (50, 192), np.uint8)
    asked = prefilter.Asked.of(random_rows(3, 180), np.zeros(180, np.float32), 192)
    made = []
    for path in compiling.possible_paths():
        out = np.empty((3, 50), np.float32)
        scales = np.full(50, 0.01, np.float32)
        byte_scan.products_on(path)(
            codes, scales, asked.coarse, asked.fine, asked.offsets, asked.units, asked.bases, out
        )
        made.append(out)
    assert all((out == made[0]).all() for out in made)


def test_bytes_are_made_once_there_have_been_many_calls(monkeypatch):
    monkeypatch.setattr(exact, "BYTES_FROM", 1000)
    data = ClipVectors(48, seed=4)
    vectors, index = data.pictures(2000), make_index("exact", 48)
    index.fit(vectors)
    queries = data.texts(exact.BYTES_AFTER)
    for query in queries[1:]:
        index.search(query[None], 5)
    assert index.settle(60)
    assert index.stats()["rows_in_bytes"] == 0
    size = index.stats()["bytes"]["index"]
    index.search(queries[:1], 5)
    assert index.settle(60)
    assert index.stats()["rows_in_bytes"] == 2000
    assert index.stats()["bytes"]["index"] >= size + 2000 * (64 + 8)
    names = [layer.name for layer in index.explain(queries[:1], 5)[2].layers]
    assert names == ["bytes", "vectors"]
    assert [layer.name for layer in index.explain(queries, 5)[2].layers] == ["vectors"]
    more = data.pictures(300)
    index.add(np.arange(2000, 2300), more)
    assert index.stats()["rows_in_bytes"] == 2300
    same_as_a_scan(index, np.vstack([vectors, more]), queries[:4], 20)


def test_bytes_are_never_made_where_that_is_asked(monkeypatch):
    monkeypatch.setattr(exact, "BYTES_FROM", 10)
    index = make_index("exact", 8, prefilter=0)
    index.fit(random_rows(100, 8))
    for _ in range(2 * exact.BYTES_AFTER):
        index.search(random_rows(1, 8), 3)
    assert index.settle(60)
    assert index.stats()["rows_in_bytes"] == 0


def test_threads_search_while_bytes_are_made(monkeypatch):
    monkeypatch.setattr(exact, "BYTES_FROM", 1000)
    data = ClipVectors(32, seed=4)
    vectors, index = data.pictures(5000), make_index("exact", 32)
    index.fit(vectors)
    queries = data.texts(200)
    wanted = brute_force(vectors, np.arange(5000), queries, 5)[0]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda query: index.search(query[None], 5)[0][0], queries))
    np.testing.assert_array_equal(np.array(found), wanted)
    assert index.settle(60)
    assert index.stats()["rows_in_bytes"] == 5000


@pytest.mark.parametrize("setting", ["prefilter", "gpu"])
@pytest.mark.usefixtures("_device_is_the_processor")
def test_a_damaged_row_of_a_mapped_matrix_is_never_a_hit(setting, tmp_path):
    vectors = random_rows(500, 24)
    vectors[[3, 50], 2] = np.nan, np.inf
    vectors[70] *= 1e20
    vectors[90, 5] = -np.inf
    (tmp_path / "vectors.f32").write_bytes(vectors.tobytes())
    index = make_index("exact", 24, **{setting: 1})
    index.fit(np.memmap(tmp_path / "vectors.f32", "<f4", "r").reshape(-1, 24))
    plain = make_index("exact", 24)
    plain.fit(np.memmap(tmp_path / "vectors.f32", "<f4", "r").reshape(-1, 24))
    queries = random_rows(6, 24, seed=2)
    for k in (10, 500):
        rows, scores = index.search(queries, k)
        assert not np.isin(rows, [3, 50, 90]).any()
        np.testing.assert_array_equal(rows, plain.search(queries, k)[0])
        assert (np.abs(scores[np.isfinite(scores)]) <= 1).all()


@pytest.mark.usefixtures("_device_is_the_processor")
def test_a_device_that_rounds_more_gives_the_same_answer():
    import torch

    data = ClipVectors(64, seed=1)
    vectors, index = data.pictures(2000), make_index("exact", 64, gpu=1)
    index.fit(vectors)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        same_as_a_scan(index, vectors, data.texts(20), 15)
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.usefixtures("_device_is_the_processor")
def test_a_device_follows_additions(monkeypatch):
    monkeypatch.setattr(exact, "GPU_FROM", 1000)
    data = ClipVectors(24, seed=1)
    vectors, index = data.pictures(2000), make_index("exact", 24)
    index.fit(vectors[:1500])
    for count, on_device in ((1500, 1500), (1600, 1500), (2000, 2000)):
        index.add(np.arange(len(index), count), vectors[len(index) : count])
        same_as_a_scan(index, vectors[:count], data.texts(3), 12)
        assert index.settle(60)
        assert index.stats()["rows_on_gpu"] == on_device
        same_as_a_scan(index, vectors[:count], data.texts(3), 12)


@pytest.mark.usefixtures("_device_is_the_processor")
def test_a_device_that_fails_leaves_the_work_to_the_processor(monkeypatch, caplog):
    # Tensors of this device have no values, so every product of them fails.
    monkeypatch.setattr(device_scan, "DEVICE", "meta")
    vectors, index = random_rows(900, 16), make_index("exact", 16, gpu=1)
    index.fit(vectors)
    for _ in range(3):
        same_as_a_scan(index, vectors, vectors[:4], 5)
    assert caplog.text.count("searched on the processor") == 1


def test_a_machine_without_a_gpu_searches_without(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    vectors, index = random_rows(900, 16), make_index("exact", 16, gpu=1)
    index.fit(vectors)
    same_as_a_scan(index, vectors, vectors[:4], 5)
    assert index.stats()["rows_on_gpu"] == 0
