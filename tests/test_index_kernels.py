"""The compiled kernels: what each path computes, that all paths agree, and which one is chosen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numba
import numpy as np
import pytest

from index_vectors import ClipVectors, random_rows
from pixie.errors import InvalidInputError
from pixie.index import compiling, layered, make_index, recall_at_k, selection
from pixie.index import vector_code as code
from pixie.index.coded_products import byte_dot, column_dots, head_scores
from pixie.index.codes import Columns
from pixie.index.emit import PATHS
from pixie.index.fit_kernels import fit_kernels

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=list(PATHS))
def path(request: pytest.FixtureRequest) -> str:
    if request.param not in compiling.possible_paths():
        pytest.skip(f"this processor can't run {request.param}")
    return request.param


@numba.njit
def _head_scores(path, codes, query, offset, scale, bias, out):
    head_scores(
        path,
        code.address(codes),
        code.address(query),
        len(query) // 8,
        offset,
        scale,
        code.address(bias),
        code.address(out),
    )


@numba.njit
def _byte_dot(path, row, query):
    return byte_dot(path, code.address(row), code.address(query), len(row) // 64)


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
    scale = np.float32(0.001)
    _head_scores((0,) * PATHS[path], packed.copy(), query, np.int32(77), scale, bias, out)
    whole = 2 * (numbers @ query.astype(np.int64)) - 77
    np.testing.assert_array_equal(out, bias + scale * whole.astype(np.float32))


@pytest.mark.parametrize("length", [64, 256, 1024])
def test_byte_dots_are_exact_up_to_the_largest_bytes(path, length):
    chance = np.random.default_rng(length)
    for row, query in (
        (chance.integers(0, 256, length), chance.integers(-127, 128, length)),
        (np.full(length, 255), np.full(length, 127)),
        (np.full(length, 255), np.full(length, -127)),
    ):
        found = _byte_dot((0,) * PATHS[path], row.astype(np.uint8), query.astype(np.int8))
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
    index = make_index(kind, dim, exact_below=1, flat_below=1)
    index.fit(data.pictures(3000))
    queries = np.vstack([data.pictures(20), data.texts(20)])
    allow = np.random.default_rng(1).random(3000) < 0.5
    results = []
    for path in compiling.possible_paths():
        monkeypatch.setenv("PIXIE_KERNELS", path)
        results.append([*index.search(queries, 10), *index.search(queries, 10, allow=allow)])
    for result in results[1:]:
        for found, first in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(found, first)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 1000, 50_000])
@pytest.mark.parametrize("kind", ["lsh", "kmeans", "auto"])
def test_every_path_finds_what_a_scan_finds_at_every_size(monkeypatch, kind, count):
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    monkeypatch.setattr(layered, "MERGE_ROWS", 1 << 30)
    data = ClipVectors(16, seed=count)
    vectors = np.vstack([data.pictures(count), np.repeat(data.pictures(1), 20, axis=0)])
    queries = np.vstack([data.pictures(20), vectors[-1:]])
    whole = make_index("exact", 16)
    whole.fit(vectors)
    # All buckets and many candidates, so that only the codes decide; the last rows stay outside the buckets.
    index = make_index(kind, 16, exact_below=1, flat_below=1, probes=65_536, candidates=4000)
    index.fit(vectors[: count + 3])
    index.add(np.arange(count + 3, count + 20), vectors[count + 3 :])
    true, scores = whole.search(queries, 10)
    for path in compiling.possible_paths():
        monkeypatch.setenv("PIXIE_KERNELS", path)
        found, found_scores = index.search(queries, 10)
        assert recall_at_k(found, true) > 0.995
        np.testing.assert_array_equal(found_scores[found == true], scores[found == true])
        np.testing.assert_array_equal(found[-1], np.arange(count, count + 10))


def test_the_fastest_path_is_chosen_unless_told(monkeypatch):
    monkeypatch.delenv("PIXIE_KERNELS", raising=False)
    assert compiling.chosen_path() == compiling.possible_paths()[0]
    monkeypatch.setenv("PIXIE_KERNELS", "plain")
    assert compiling.chosen_path() == "plain"
    monkeypatch.setenv("PIXIE_KERNELS", "sse9")
    with pytest.raises(InvalidInputError, match=r"PIXIE_KERNELS is 'sse9', and this processor runs .*plain"):
        compiling.chosen_path()


def test_they_are_compiled_where_nothing_can_be_kept(monkeypatch, tmp_path):
    (tmp_path / "home").write_text("a file, no folder")
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path / "home"))
    sums = np.zeros((2, 8))
    fit_kernels.__wrapped__().sums_by_bucket(np.ones((3, 8), np.float32), np.array([1, 1, 0]), sums)
    np.testing.assert_array_equal(sums[:, 0], [1, 2])


@numba.njit
def _largest(scores, count, most):
    columns = np.empty(selection.columns_for(most), np.float32)
    best, places = np.empty(count + 16, np.float32), np.empty(count + 16, np.int64)
    held = selection.largest(scores, count, most, columns, best, places)
    return best[:held], places[:held]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 200, 5000])
@pytest.mark.parametrize("most", [1, 7, 60])
def test_the_largest_are_chosen_whatever_their_order_and_scale(count, most):
    chance = np.random.default_rng(count + most)
    for values in (
        chance.standard_normal(count),
        1e-6 * chance.standard_normal(count),
        1e9 * chance.standard_normal(count),
        np.sort(chance.standard_normal(count)),
        chance.integers(0, 3, count),
        np.zeros(count),
    ):
        scores = np.full(count + 16, 1e9, np.float32)
        scores[:count] = values
        best, places = _largest(scores, count, most)
        wanted = np.sort(values.astype(np.float32))[::-1][:most]
        np.testing.assert_array_equal(np.sort(best)[::-1], wanted)
        np.testing.assert_array_equal(values.astype(np.float32)[places], best)
        assert len(np.unique(places)) == len(places)


def test_what_is_not_there_is_never_chosen():
    scores = np.full(64, -np.inf, np.float32)
    scores[[5, 40]] = [0.25, -3.0]
    best, places = _largest(scores, 48, 10)
    assert (sorted(places), sorted(best)) == ([5, 40], [-3.0, 0.25])
    assert len(_largest(np.full(64, -np.inf, np.float32), 48, 10)[0]) == 0


@numba.njit
def _column_dots(path, numbers, query, groups, out):
    for block in range(len(out) // 16):
        at = np.uintp(block * groups * 64)
        column_dots(
            path,
            code.address(numbers) + at,
            code.address(query),
            groups,
            code.address(out) + np.uintp(block * 64),
        )


@pytest.mark.parametrize(("rows", "columns"), [(4, 16), (8, 5), (30, 100), (768, 128)])
def test_products_with_columns_are_near_those_of_the_matrix(path, rows, columns):
    chance = np.random.default_rng(rows)
    matrix = chance.standard_normal((rows, columns)).astype(np.float32)
    matrix[0] *= 50
    made = Columns.of(matrix)
    query = chance.integers(-127, 128, len(made.scales)).astype(np.int8)
    query[rows:] = 0
    out = np.empty(-(-columns // 16) * 16, np.int32)
    _column_dots((0,) * PATHS[path], made.numbers, query, len(made.scales) // 4, out)
    whole = np.rint(matrix / made.scales[:rows, None]).astype(np.int64)
    wanted = query[:rows].astype(np.int64) @ (whole + 64)
    np.testing.assert_array_equal(out[:columns], wanted)
    assert np.abs(whole).max() <= 63


@numba.njit
def _selections(scores, floor):
    where = code.address(scores)
    chunks = len(scores) // 16
    bits = code.at_least(where, floor)
    return (
        bits,
        code.count_at_least(where, chunks, floor),
        code.largest_of(where, chunks),
        code.largest_magnitude(where, chunks),
    )


@numba.njit
def _raise_to(numbers, others):
    code.raise_to(code.address(numbers), code.address(others), len(numbers) // 16)


def test_the_larger_of_pairs_is_kept():
    chance = np.random.default_rng(4)
    numbers, others = chance.standard_normal((2, 64)).astype(np.float32)
    wanted = np.maximum(numbers, others)
    _raise_to(numbers, others)
    np.testing.assert_array_equal(numbers, wanted)


def test_scores_are_compared_16_at_once():
    scores = np.random.default_rng(2).standard_normal(160).astype(np.float32)
    scores[3] = np.float32(0.5)
    bits, count, largest, magnitude = _selections(scores, np.float32(0.5))
    np.testing.assert_array_equal([(bits >> lane) & 1 for lane in range(16)], scores[:16] >= 0.5)
    assert count == np.count_nonzero(scores >= 0.5)
    assert largest == scores.max()
    assert magnitude == np.abs(scores).max()


_COMPILE = """
import logging, sys
logging.basicConfig(stream=sys.stdout, format="%(message)s")
import numpy as np
from pixie.index.fit_kernels import fit_kernels
sums = np.zeros((2, 8))
fit_kernels().sums_by_bucket(np.ones((3, 8), np.float32), np.array([1, 1, 0]), sums)
print(sums[:, 0].tolist())
"""


def test_what_was_compiled_is_kept_and_what_old_versions_left_goes(tmp_path: Path) -> None:
    kernels = tmp_path / "cache" / "kernels"
    month_old, week_old = kernels / "0000aaaa", kernels / "0000bbbb"
    for folder, days in ((month_old, 31), (week_old, 7)):
        (folder / "compiled").mkdir(parents=True)
        os.utime(folder, (time.time() - days * 24 * 3600,) * 2)
    environment = {**os.environ, "PIXIE_HOME": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))}
    command = [sys.executable, "-c", _COMPILE]
    said = [
        subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=120
        ).stdout
        for _ in range(2)
    ]
    assert said[0].startswith("compiling the search kernels for this machine, once")
    assert said[0].endswith(said[1])
    assert said[1] == "[1.0, 2.0]\n"
    assert not month_old.exists()
    assert week_old.exists()
