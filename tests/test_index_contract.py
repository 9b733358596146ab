"""What every kind of index keeps to. A new kind joins by a line in `INDEXES`."""

from __future__ import annotations

import itertools

import faiss
import numpy as np
import pytest

from index_vectors import ClipVectors, brute_force, random_rows, unit
from pixie.errors import InvalidInputError
from pixie.index import Index, device_scan, faiss_index, graph_walk, layered, make_index, pq

INDEXES = {
    "exact": ("exact", {}),
    "exact, small blocks": ("exact", {"block_rows": 256}),
    "exact, in bytes": ("exact", {"prefilter": 1}),
    "exact, on a device": ("exact", {"gpu": 1}),
    "lsh below its size": ("lsh", {"exact_below": 50_000}),
    "hnsw below its size": ("hnsw", {"exact_below": 50_000}),
    "pq below its size": ("pq", {"exact_below": 50_000}),
}

# These may miss rows; whatever they return must be as right as an exact one's.
APPROXIMATE = {
    "lsh": ("lsh", {"exact_below": 1, "flat_below": 1}),
    "lsh with little work": (
        "lsh",
        {"exact_below": 1, "flat_below": 1, "bits": 4, "probes": 3, "candidates": 50},
    ),
    "kmeans": ("kmeans", {"exact_below": 1, "flat_below": 1}),
    "flat": ("kmeans", {"exact_below": 1, "flat_below": 1 << 31}),
    "auto": ("auto", {"exact_below": 1, "flat_below": 1}),
    "hnsw": ("hnsw", {"exact_below": 1, "m": 16, "ef_construction": 50}),
    "hnsw with little work": ("hnsw", {"exact_below": 1, "m": 12, "ef_construction": 30, "ef": 40}),
    "pq": ("pq", {"exact_below": 1}),
    "pq with little work": ("pq", {"exact_below": 1, "m": 8, "buckets": 9, "probes": 5, "candidates": 400}),
}


@pytest.fixture(params=[*INDEXES, *APPROXIMATE])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    kind, settings = {**INDEXES, **APPROXIMATE}[request.param]
    # The threads of a build that takes no time only wait for each other, on a busy machine for seconds.
    if kind in ("hnsw", "pq"):
        faiss.omp_set_num_threads(1)
    # What is said to be a GPU is the processor: torch does the same on both.
    monkeypatch.setattr(device_scan, "DEVICE", "cpu")
    monkeypatch.setattr(device_scan, "has_gpu", lambda load: kind == "exact" and load)
    # Small tests are to go through layers, graphs and codes too.
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    monkeypatch.setattr(graph_walk, "KEPT", 0)
    monkeypatch.setattr(faiss_index, "EXTEND_ROWS", 100)
    monkeypatch.setattr(pq.Pq, "LEAST_ROWS", 16)

    def made(dim: int) -> Index:
        index = make_index(kind, dim, **settings)
        index.approximate = request.param in APPROXIMATE
        return index

    return made


def assert_right(index, vectors, numbers, queries, k, allow=None, **settings):
    """Rows found are allowed, best first, truly scored, and as many as there are; exact ones are the best."""
    vectors, numbers = np.asarray(vectors), np.asarray(numbers)
    permitted = np.ones(len(numbers), bool)
    if allow is not None:
        permitted = np.array([n < len(allow) and bool(allow[n]) for n in numbers.tolist()], bool)
    wanted, wanted_scores = brute_force(vectors[permitted], numbers[permitted], queries, k)
    rows, scores = index.search(queries, k, allow=allow, **settings)
    assert rows.dtype == np.int64
    assert scores.dtype == np.float32
    assert rows.shape == scores.shape == (len(queries), k)
    np.testing.assert_array_equal(np.isneginf(scores), rows == -1)
    np.testing.assert_array_equal((rows == -1).sum(axis=1), (wanted == -1).sum(axis=1))
    position = {int(n): p for p, n in enumerate(numbers)}
    for query, (found, cosines) in enumerate(zip(rows, scores, strict=True)):
        held = found[found >= 0].tolist()
        assert len(set(held)) == len(held)
        assert all(permitted[position[n]] for n in held)
        true = vectors[[position[n] for n in held]].astype(np.float64) @ queries[query].astype(np.float64)
        np.testing.assert_allclose(cosines[: len(held)], np.clip(true, -1, 1), atol=1e-7)
        order = list(zip((-cosines[: len(held)]).tolist(), held, strict=True))
        assert order == sorted(order)
    if not index.approximate:
        np.testing.assert_array_equal(rows, wanted)
        np.testing.assert_array_equal(scores, wanted_scores)


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 1000])
@pytest.mark.parametrize("dim", [8, 64, 768])
def test_finds_the_nearest_rows(make, count, dim):
    vectors, index = random_rows(count, dim, seed=count), make(dim)
    index.fit(vectors)
    assert len(index) == count
    assert_right(index, vectors, np.arange(count), random_rows(5, dim, seed=99), 10)


def test_finds_the_nearest_of_20000_rows_over_many_blocks(make):
    data = ClipVectors(32, seed=3)
    vectors, index = data.pictures(20_000), make(32)
    index.fit(vectors)
    assert_right(index, vectors, np.arange(20_000), data.texts(9), 50)


def test_a_stored_vector_is_its_own_nearest_with_score_one(make):
    vectors, index = random_rows(3000, 48), make(48)
    index.fit(vectors)
    rows, scores = index.search(vectors[::300], 1)
    np.testing.assert_array_equal(rows[:, 0], np.arange(0, 3000, 300))
    np.testing.assert_allclose(scores, 1, atol=1e-6)


def test_equal_rows_tie_and_come_by_lower_row(make):
    distinct = random_rows(40, 24)
    vectors, index = np.repeat(distinct, 25, axis=0), make(24)
    numbers = np.random.default_rng(1).permutation(1000)
    index.fit(vectors, numbers)
    rows, scores = index.search(distinct[:3], 25)
    for query in range(3):
        np.testing.assert_array_equal(rows[query], np.sort(numbers[query * 25 : query * 25 + 25]))
        assert np.unique(scores[query]).size == 1


def test_one_vector_held_five_thousand_times_is_returned_lowest_rows_first(make):
    vectors, index = np.repeat(random_rows(1, 16), 5000, axis=0), make(16)
    index.fit(vectors)
    assert_right(index, vectors, np.arange(5000), random_rows(2, 16, seed=4), 7)


def test_more_rows_asked_for_than_held_are_filled_up(make):
    vectors, index = random_rows(300, 12), make(12)
    index.fit(vectors)
    assert_right(index, vectors, np.arange(300), random_rows(2, 12, seed=5), 301)
    rows, scores = index.search(random_rows(1, 12), 1_000_000)
    assert set(rows[0, :300].tolist()) == set(range(300))
    assert (rows[0, 300:] == -1).all()
    assert np.isneginf(scores[0, 300:]).all()


def test_no_queries_give_no_rows(make):
    index = make(8)
    index.fit(random_rows(20, 8))
    rows, scores = index.search(np.empty((0, 8), np.float32), 3)
    assert rows.shape == scores.shape == (0, 3)


def test_a_query_scores_the_same_alone_and_in_a_batch(make):
    index = make(100)
    index.fit(random_rows(5000, 100))
    queries = random_rows(70, 100, seed=8)
    together = index.search(queries, 5)
    for query in (0, 33, 69):
        alone = index.search(queries[query : query + 1], 5)
        np.testing.assert_array_equal(alone[0][0], together[0][query])
        np.testing.assert_array_equal(alone[1][0], together[1][query])


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.01, 0.2, 0.5, 0.99, 1.0])
def test_returns_only_allowed_rows_and_all_of_them(make, share):
    data = ClipVectors(24, seed=6)
    vectors, index = data.pictures(4000), make(24)
    index.fit(vectors)
    allow = np.random.default_rng(7).random(4000) < share
    assert_right(index, vectors, np.arange(4000), data.texts(4), 20, allow)


def test_rows_past_the_end_of_allow_are_not_allowed(make):
    vectors, index = random_rows(100, 8), make(8)
    index.fit(vectors)
    for allow in (np.ones(40, bool), np.empty(0, bool), np.ones(500, bool)):
        assert_right(index, vectors, np.arange(100), random_rows(3, 8, seed=2), 60, allow)


def test_rows_may_have_any_numbers_in_any_order(make):
    vectors, index = random_rows(500, 16), make(16)
    numbers = np.random.default_rng(3).choice(10**12, 500, replace=False)
    index.fit(vectors, numbers)
    assert_right(index, vectors, numbers, random_rows(3, 16, seed=2), 30)
    numbers = np.random.default_rng(3).choice(900, 500, replace=False)
    index.fit(vectors, numbers)
    assert_right(index, vectors, numbers, random_rows(3, 16, seed=2), 30, np.arange(700) % 3 == 0)


def test_a_removed_row_is_not_found_and_its_number_may_come_again(make):
    vectors, index = random_rows(2000, 16), make(16)
    index.fit(vectors)
    assert index.remove([5, 5, 7, 99_999]) == 2
    assert index.remove([5]) == 0
    assert len(index) == 1998
    kept = np.setdiff1d(np.arange(2000), [5, 7])
    assert_right(index, vectors[kept], kept, vectors[5:8], 40)
    replacement = random_rows(1, 16, seed=77)
    index.add([5], replacement)
    assert_right(
        index,
        np.vstack([vectors[kept], replacement]),
        np.append(kept, 5),
        vectors[5:8],
        40,
        np.arange(2000) < 9,
    )
    assert index.search(replacement, 1)[0][0, 0] == 5


def test_everything_removed_leaves_an_index_that_can_be_filled_again(make):
    vectors, index = random_rows(900, 16), make(16)
    index.fit(vectors)
    index.remove(np.arange(900))
    assert len(index) == 0
    assert (index.search(vectors[:2], 3)[0] == -1).all()
    index.add(np.arange(900), vectors)
    assert_right(index, vectors, np.arange(900), vectors[:3], 4)


def test_added_rows_are_found_at_once_whatever_the_batches(make):
    data = ClipVectors(20, seed=9)
    vectors, index = data.pictures(6000), make(20)
    done = 0
    for size in itertools.chain([1, 1, 1, 13, 500], itertools.repeat(977)):
        part = vectors[done : done + size]
        if not len(part):
            break
        index.add(np.arange(done, done + len(part)), part)
        assert index.search(part[-1:], 1)[0][0, 0] == done + len(part) - 1
        done += len(part)
    assert_right(index, vectors, np.arange(6000), data.texts(3), 25)


def test_random_adds_and_removes_agree_with_brute_force(make):
    random, index = np.random.default_rng(11), make(12)
    held: dict[int, np.ndarray] = {}
    index.fit(np.empty((0, 12), np.float32))
    for step in range(60):
        fresh = np.setdiff1d(random.choice(2000, random.integers(1, 80), replace=False), list(held))
        vectors = random_rows(len(fresh), 12, seed=step)
        index.add(fresh, vectors)
        held.update(zip(fresh.tolist(), vectors, strict=True))
        gone = random.choice(2000, 40)
        assert index.remove(gone) == sum(held.pop(n, None) is not None for n in set(gone.tolist()))
        assert len(index) == len(held)
        numbers = np.array(list(held), np.int64)
        allow = random.random(1500) < 0.5 if step % 2 else None
        assert_right(
            index, np.array(list(held.values())), numbers, random_rows(2, 12, seed=step + 500), 9, allow
        )


def test_fit_again_replaces_what_was_held(make):
    index = make(8)
    index.fit(random_rows(50, 8))
    vectors = random_rows(30, 8, seed=1)
    index.fit(vectors, np.arange(100, 130))
    assert_right(index, vectors, np.arange(100, 130), vectors[:2], 40)


def test_added_vectors_are_copied_and_fitted_ones_left_alone(make):
    fitted, added, index = random_rows(60, 8), random_rows(40, 8, seed=1), make(8)
    held, room = np.vstack([fitted, added]), np.vstack([fitted, fitted])
    index.fit(room[:60])
    index.add(np.arange(60, 100), added)
    added[:] = unit(np.ones(8))
    assert_right(index, held, np.arange(100), held[70:72], 5)
    np.testing.assert_array_equal(room, np.vstack([fitted, fitted]))


def test_a_memory_mapped_matrix_is_referred_to(make, tmp_path):
    vectors = random_rows(700, 16)
    (tmp_path / "vectors.f32").write_bytes(vectors.tobytes())
    mapped = np.memmap(tmp_path / "vectors.f32", "<f4", "r").reshape(-1, 16)
    index = make(16)
    index.fit(mapped)
    index.add(np.arange(700, 710), random_rows(10, 16, seed=3))
    held = np.vstack([vectors, random_rows(10, 16, seed=3)])
    assert_right(index, held, np.arange(710), held[695:705], 12)
    assert np.shares_memory(index._state.rows.vectors.parts[0].values, mapped)


def test_the_modality_of_a_query_changes_no_score(make):
    index = make(8)
    index.fit(random_rows(500, 8))
    query = random_rows(1, 8, seed=1)
    plain = index.search(query, 5)
    for modality in ("image", "text"):
        assert all((a == b).all() for a, b in zip(plain, index.search(query, 5, modality), strict=True))


def test_stats_name_the_kind_and_count_the_rows(make):
    index = make(8)
    index.fit(random_rows(500, 8))
    index.remove([3, 4])
    stats = index.stats()
    assert stats["kind"] == index.kind
    assert (stats["dim"], stats["rows"], stats["dead_rows"]) == (8, 498, 2)
    assert stats["bytes"]["vectors"] == 500 * 8 * 4
    assert stats["bytes"]["index"] > 0
    assert stats["search"] in ("exact scan", "layers", "graph", "quantised")


def with_fault(row: int, value: float) -> np.ndarray:
    vectors = random_rows(20, 8)
    vectors[row, 3] = value
    return vectors


@pytest.mark.parametrize(
    ("vectors", "says"),
    [
        (with_fault(7, np.nan), "row (10)?7 .* NaN"),
        (with_fault(0, np.inf), "row (10)?0 .* infinite"),
        (with_fault(19, -np.inf), "row 1?19 .* infinite"),
        (with_fault(3, 3e38), "row (10)?3 .* norm 3e\\+38"),
        (with_fault(4, 2.5), "row (10)?4 .* norm 2"),
        (random_rows(20, 8) * np.where(np.arange(20) == 6, 0, 1)[:, None], "row (10)?6 .* zeros"),
        (random_rows(20, 7), r"\(20, 7\).*\(n, 8\)"),
        (random_rows(20, 8)[0], r"\(8,\)"),
        ([["a"] * 8], "no matrix"),
    ],
)
def test_refuses_vectors_that_are_not_unit_rows_and_changes_nothing(make, vectors, says):
    index, held = make(8), random_rows(30, 8, seed=5)
    index.fit(held)
    for call in (
        lambda: index.fit(vectors),
        lambda: index.add(np.arange(100, 100 + len(vectors)), vectors),
        lambda: index.search(vectors, 1),
    ):
        with pytest.raises(InvalidInputError, match=says):
            call()
    assert_right(index, held, np.arange(30), held[:2], 40)


def test_a_refused_row_is_named_by_its_number(make):
    index = make(8)
    vectors = with_fault(2, np.nan)[:4]
    with pytest.raises(InvalidInputError, match="row 30 ") as caught:
        index.add([10, 20, 30, 40], vectors)
    assert caught.value.item == "30"
    with pytest.raises(InvalidInputError, match="row 30 "):
        index.fit(vectors, [10, 20, 30, 40])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([1, 2], "2 row numbers for 3"),
        ([1, 2, 2], "row 2 is given twice"),
        ([1, -2, 3], "row -2 is negative"),
        ([1.0, 2.0, 3.0], "whole numbers"),
        ([8, 4, 9], "row 4 is already"),
    ],
)
def test_refuses_wrong_row_numbers_and_changes_nothing(make, rows, says):
    index, held = make(8), random_rows(5, 8)
    index.fit(held)
    with pytest.raises(InvalidInputError, match=says):
        index.add(rows, random_rows(3, 8, seed=1))
    assert_right(index, held, np.arange(5), held[:1], 9)


@pytest.mark.parametrize("k", [0, -1, True, 2.5, "3", None, 2**40])
def test_refuses_a_k_that_is_no_count(make, k):
    with pytest.raises(InvalidInputError, match="k is"):
        make(8).search(random_rows(1, 8), k)


def test_refuses_an_unknown_modality_setting_or_mask(make):
    index, query = make(8), random_rows(1, 8)
    with pytest.raises(InvalidInputError, match="modality is 'sound'"):
        index.search(query, 1, "sound")
    with pytest.raises(InvalidInputError, match="'depth' is no setting"):
        index.search(query, 1, depth=3)
    for allow in ([0, 1], np.ones((2, 2), bool), "yes"):
        with pytest.raises(InvalidInputError, match="allow must be"):
            index.search(query, 1, allow=allow)
