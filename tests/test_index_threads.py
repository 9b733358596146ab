"""Searches while other threads add and remove: no crash, nothing removed, everything added."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index_vectors import ClipVectors, random_rows
from pixie.index import load_index, make_index

INDEXES = {
    "exact": ("exact", {}),
    "exact, in bytes": ("exact", {"prefilter": 1}),
    "lsh": ("lsh", {"exact_below": 500, "bits": 4}),
    "hnsw": ("hnsw", {"exact_below": 500}),
    "pq": ("pq", {"exact_below": 500}),
}


@pytest.fixture(params=INDEXES)
def index(request):
    kind, settings = INDEXES[request.param]
    return make_index(kind, 16, **settings)


def test_searches_see_every_finished_add_and_remove(index):
    vectors = random_rows(6000, 16)
    index.fit(vectors[:1000])
    done = threading.Event()
    added, removed = (
        1000,
        0,
    )  # rows below `added` were added, rows below `removed` removed, before they were set

    def change() -> None:
        nonlocal added, removed
        try:
            for start in range(1000, 6000, 50):
                index.add(np.arange(start, start + 50), vectors[start : start + 50])
                added = start + 50
                index.remove(np.arange(removed, removed + 20))
                removed += 20
        finally:
            done.set()

    def watch(seed: int) -> int:
        random, searches = np.random.default_rng(seed), 0
        while not done.is_set() or searches < 5:
            gone, there = removed, added
            target = int(random.integers(gone + 500, there))
            rows, scores = index.search(vectors[[target, max(gone - 1, 0)]], 10)
            if target >= removed:
                assert rows[0, 0] == target
            assert (rows >= gone).all()
            assert (np.diff(scores, axis=1) <= 0).all()
            searches += 1
        return searches

    with ThreadPoolExecutor(5) as pool:
        watchers = [pool.submit(watch, seed) for seed in range(4)]
        pool.submit(change).result()
        assert all(watcher.result() >= 5 for watcher in watchers)
    assert len(index) == 6000 - removed


def test_writers_take_turns(index):
    vectors = random_rows(4000, 16)

    def write(part: int) -> None:
        rows = np.arange(part, 4000, 8)
        for at in range(0, len(rows), 25):
            index.add(rows[at : at + 25], vectors[rows[at : at + 25]])
            index.remove(rows[at : at + 5])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(index) == 3200
    kept = np.array([r for r in range(4000) if (r // 8) % 25 >= 5])
    np.testing.assert_array_equal(np.sort(index.search(vectors[:1], 4000)[0][0, :3200]), kept)


def test_searches_run_while_it_is_fitted_and_saved(index, tmp_path):
    data = ClipVectors(16, seed=1)
    first, second = data.pictures(3000), data.pictures(3000)
    index.fit(first)
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            row = index.search(first[:1], 1)[0].item()
            assert row == 0 or row >= 10_000

    with ThreadPoolExecutor(3) as pool:
        searchers = [pool.submit(search) for _ in range(2)]
        for turn in range(6):
            index.fit(second if turn % 2 else first, np.arange(3000) + 10_000 * (turn % 2))
            index.save(tmp_path)
            assert len(load_index(tmp_path)) == 3000
        done.set()
        for searcher in searchers:
            searcher.result()
