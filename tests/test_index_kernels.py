"""The compiled kernels: what each path computes, that all paths agree, and which one is chosen."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from index_vectors import ClipVectors, random_rows
from pixie.errors import InvalidInputError
from pixie.index import kernels, layered, make_index
from pixie.index import vector_code as code


@pytest.fixture(params=list(code.PATHS))
def path(request: pytest.FixtureRequest) -> str:
    if request.param not in kernels.possible_paths():
        pytest.skip(f"this processor can't run {request.param}")
    return request.param


@numba.njit
def _head_scores(path, codes, query, offset, scale, bias, floor, out):
    return code.head_scores(
        path,
        code.address(codes),
        code.address(query),
        len(query) // 8,
        offset,
        scale,
        code.address(bias),
        floor,
        code.address(out),
    )


@numba.njit
def _byte_dot(path, row, query):
    return code.byte_dot(path, code.address(row), code.address(query), len(row) // 64)


@numba.njit
def _cosine(row, query):
    return code.cosine(code.address(row), code.address(query), len(row))


@pytest.mark.parametrize("groups", [1, 2, 16])
@pytest.mark.parametrize("extreme", [False, True])
def test_head_scores_are_those_of_the_codes(path, groups, extreme):
    chance = np.random.default_rng(groups)
    numbers = chance.integers(0, 16, (16, groups * 8))
    query = chance.integers(-127, 128, groups * 8).astype(np.int8)
    if extreme:
        numbers[:], query[:] = 15, np.where(np.arange(len(query)) % 5, 127, -127)
    parts = numbers.reshape(16, groups, 2, 4)
    packed = (parts[:, :, 0] | parts[:, :, 1] << 4).astype(np.uint8).transpose(1, 0, 2).ravel()
    bias = chance.standard_normal(16).astype(np.float32)
    bias[3] = -np.inf
    out = np.empty(16, np.float32)
    scale, floor = np.float32(0.001), np.float32(0.1)
    arguments = ((0,) * code.PATHS[path], packed.copy(), query, np.int32(77), scale, bias, floor, out)
    mask = _head_scores(*arguments)
    whole = 2 * (numbers @ query.astype(np.int64)) - 77
    np.testing.assert_array_equal(out, bias + scale * whole.astype(np.float32))
    np.testing.assert_array_equal([(mask >> lane) & 1 for lane in range(16)], out > floor)


@pytest.mark.parametrize("length", [64, 256, 1024])
def test_byte_dots_are_exact_up_to_the_largest_bytes(path, length):
    chance = np.random.default_rng(length)
    for row, query in (
        (chance.integers(0, 256, length), chance.integers(-127, 128, length)),
        (np.full(length, 255), np.full(length, 127)),
        (np.full(length, 255), np.full(length, -127)),
    ):
        found = _byte_dot((0,) * code.PATHS[path], row.astype(np.uint8), query.astype(np.int8))
        assert found == int(row @ query)


@pytest.mark.parametrize("dim", [1, 7, 8, 9, 768])
def test_cosines_are_added_up_in_float64(dim):
    row, query = random_rows(1, dim)[0], random_rows(1, dim, seed=2)[0].astype(np.float64)
    assert _cosine(row, query) == pytest.approx(float(row.astype(np.float64) @ query), abs=1e-15)


@pytest.mark.parametrize("dim", [8, 100, 256, 768, 1024])
@pytest.mark.parametrize("kind", ["lsh", "kmeans"])
def test_every_path_gives_the_same_results(monkeypatch, kind, dim):
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    data = ClipVectors(dim, seed=dim)
    index = make_index(kind, dim, exact_below=1)
    index.fit(data.pictures(3000))
    queries = np.vstack([data.pictures(20), data.texts(20)])
    allow = np.random.default_rng(1).random(3000) < 0.5
    results = []
    for path in kernels.possible_paths():
        monkeypatch.setenv("PIXIE_KERNELS", path)
        results.append([*index.search(queries, 10), *index.search(queries, 10, allow=allow)])
    for result in results[1:]:
        for found, first in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(found, first)


def test_the_fastest_path_is_chosen_unless_told(monkeypatch):
    monkeypatch.delenv("PIXIE_KERNELS", raising=False)
    assert kernels.chosen_path() == kernels.possible_paths()[0]
    monkeypatch.setenv("PIXIE_KERNELS", "plain")
    assert kernels.chosen_path() == "plain"
    monkeypatch.setenv("PIXIE_KERNELS", "sse9")
    with pytest.raises(InvalidInputError, match=r"PIXIE_KERNELS is 'sse9', and this processor runs .*plain"):
        kernels.chosen_path()


def test_they_are_compiled_where_nothing_can_be_kept(monkeypatch, tmp_path):
    (tmp_path / "home").write_text("a file, no folder")
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path / "home"))
    sums = np.zeros((2, 8))
    kernels.sums_by_bucket.__wrapped__()(np.ones((3, 8), np.float32), np.array([1, 1, 0]), sums)
    np.testing.assert_array_equal(sums[:, 0], [1, 2])


def test_the_best_are_kept_whatever_their_order():
    chance = np.random.default_rng(3)
    for count, most in ((50, 7), (50, 50), (50, 1), (1, 1)):
        for values in (chance.integers(0, 9, count), np.zeros(count), chance.standard_normal(count)):
            scores = values.astype(np.float32)
            places = np.arange(count)
            kept, least = kernels._keep_best(scores, places, np.empty(count, np.float32), count, most)
            assert kept == most
            wanted = np.sort(values.astype(np.float32))[::-1][:most]
            np.testing.assert_array_equal(np.sort(scores[:most])[::-1], wanted)
            np.testing.assert_array_equal(values[places[:most]].astype(np.float32), scores[:most])
            assert least == wanted[-1]
