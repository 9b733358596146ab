"""What is done to layers in the background, which neither searches nor writers wait for."""

from __future__ import annotations

import itertools
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index_vectors import ClipVectors, random_rows
from pixie.index import auto, layered, make_index, recall_at_k
from pixie.index.upkeep import Upkeep

DIM = 48


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)
    monkeypatch.setattr(layered, "MERGE_ROWS", 100)
    monkeypatch.setattr(layered, "REFIT_AT_ONCE", 0)


@pytest.fixture(scope="module")
def data():
    return ClipVectors(DIM, seed=5)


@pytest.fixture(params=["lsh", "kmeans", "auto"])
def index(request):
    return make_index(request.param, DIM, exact_below=1, flat_below=1)


def exact_index(vectors, removed=()):
    index = make_index("exact", DIM)
    index.fit(vectors)
    index.remove(removed)
    return index


def test_rows_are_found_before_during_and_after_they_are_put_into_buckets(index, data):
    vectors, more = data.pictures(3000), data.pictures(400)
    index.fit(vectors)
    with index._writing:
        # The background can't swap anything in meanwhile.
        index.add(np.arange(3000, 3400), more)
        assert index.stats()["rows_outside_buckets"] == 400
        np.testing.assert_array_equal(index.search(more, 1)[0][:, 0], np.arange(3000, 3400))
    assert index.settle(60)
    assert index.stats()["rows_outside_buckets"] == 0
    np.testing.assert_array_equal(index.search(more, 1)[0][:, 0], np.arange(3000, 3400))
    assert index.stats()["fitted_rows"] == 3000


def test_rows_that_come_while_others_are_merged_stay_outside(index, data, monkeypatch):
    vectors = data.pictures(2600)
    index.fit(vectors[:2000])
    merging, go_on = threading.Event(), threading.Event()
    merged = type(index._state.structure).merged

    def slowly(layers, alive):
        made = merged(layers, alive)
        merging.set()
        assert go_on.wait(60)
        return made

    monkeypatch.setattr(type(index._state.structure), "merged", slowly)
    index.add(np.arange(2000, 2300), vectors[2000:2300])
    assert merging.wait(60)
    index.add(np.arange(2300, 2350), vectors[2300:2350])
    index.remove([2310])
    monkeypatch.undo()
    go_on.set()
    assert index.settle(60)
    assert index.stats()["rows_outside_buckets"] == 50
    found = index.search(vectors[:2350], 1)[0][:, 0]
    assert (np.delete(found, 2310) == np.delete(np.arange(2350), 2310)).mean() > 0.99
    assert 2310 not in found
    np.testing.assert_array_equal(found[2300:2310], np.arange(2300, 2310))


def test_rows_that_come_while_a_mean_is_learnt_have_their_part_of_it(index, data, monkeypatch):
    vectors, texts = data.pictures(2600), data.texts(16)
    index.fit(vectors[:2000])
    learn = type(index._state.structure).with_mean

    def slowly(layers, name, mean, rows):
        made = learn(layers, name, mean, rows)
        if len(index) == 2000:
            index.add(np.arange(2000, 2060), vectors[2000:2060])
        return made

    monkeypatch.setattr(type(index._state.structure), "with_mean", slowly)
    index.search(texts, 3, modality="text")
    assert index.settle(60)
    monkeypatch.undo()
    structure = index._state.structure
    assert structure.names == ("rows", "text")
    assert structure.delta.count == 60
    lanes = structure.delta.biases.transpose(1, 0, 2).reshape(2, -1)[:, :60]
    wanted = structure.means @ (vectors[2000:2060] - structure.codec.mean).T
    np.testing.assert_allclose(lanes, wanted, atol=1e-5)


def test_a_thread_that_cannot_be_had_is_asked_for_again(index, data, monkeypatch, caplog):
    vectors = data.pictures(1500)
    index.fit(vectors[:1000])

    def no_more(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", no_more)
        index.add(np.arange(1000, 1300), vectors[1000:1300])
        assert index.settle(60)
    assert "can't start new thread" in caplog.text
    assert index.stats()["rows_outside_buckets"] == 300
    index.add(np.arange(1300, 1500), vectors[1300:])
    assert index.settle(60)
    assert index.stats()["rows_outside_buckets"] == 0


def test_buckets_that_are_merged_are_those_of_a_fit(index, data):
    vectors = data.pictures(3000)
    index.fit(vectors[:2500])
    index.add(np.arange(2500, 3000), vectors[2500:])
    index.remove(np.arange(0, 3000, 3))
    index.add([3000], data.pictures(1))
    assert index.settle(60)
    rows, structure = index._state
    structure = structure.merged(rows.alive)
    held = structure.places >= 0
    np.testing.assert_array_equal(np.sort(structure.places[held]), np.flatnonzero(rows.alive))
    every = rows.take(np.arange(len(rows)))
    heads = structure.codec.heads(every)
    bucket_of_lane = np.repeat(np.arange(structure.buckets), np.diff(structure.starts) * 16)
    routed = structure.router.route(heads)[structure.places[held]]
    assert np.mean(routed == bucket_of_lane[held]) > 0.999
    packed = structure.codes.reshape(-1, heads.shape[1] // 8, 16, 4).transpose(0, 2, 1, 3)
    codes = packed.reshape(len(held), -1)[held]
    same = codes == structure.codec.packed(heads)[structure.places[held]]
    assert same.mean() > 0.999
    products = (every - structure.codec.mean) @ structure.means[0]
    np.testing.assert_allclose(structure.biases[0][held], products[structure.places[held]], atol=1e-5)


def test_twice_the_rows_are_fitted_anew_and_dead_ones_leave_their_lanes(index, data):
    vectors = data.pictures(4100)
    index.fit(vectors[:2000])
    for start in range(2000, 4100, 700):
        part = np.arange(start, start + 700)
        index.add(part, vectors[part])
    assert index.settle(60)
    assert index.stats()["fitted_rows"] > 4000
    index.remove(np.arange(0, 4000, 2))
    queries = data.pictures(100)
    true = exact_index(vectors, np.arange(0, 4000, 2)).search(queries, 10)[0]
    assert recall_at_k(index.search(queries, 10)[0], true) > 0.85


def test_searches_and_changes_at_once_see_whole_states(index, data):
    vectors = data.pictures(6000)
    index.fit(vectors[:1500])
    stop = threading.Event()
    here = np.zeros(6000, bool)
    here[:1500] = True
    going, gone = np.zeros(6000, bool), np.zeros(6000, bool)

    def search(seed):
        chance = np.random.default_rng(seed)
        for _ in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            before, dead = here.copy(), gone.copy()
            asked = chance.integers(0, 6000, 50)
            rows, scores = index.search(vectors[asked], 3, modality=("image", None)[seed % 2], probes=20)
            assert not dead[rows[rows >= 0]].any()
            own = before[asked] & ~going[asked]
            assert not own.any() or (rows[own, 0] == asked[own]).mean() > 0.9
            true = np.einsum("qd,qkd->qk", vectors[asked], vectors[np.maximum(rows, 0)])
            np.testing.assert_allclose(scores[rows >= 0], true[rows >= 0], atol=1e-5)

    with ThreadPoolExecutor(3) as pool:
        searches = [pool.submit(search, seed) for seed in range(3)]
        for start in range(1500, 6000, 150):
            part = np.arange(start, start + 150)
            index.add(part, vectors[part])
            here[part] = True
            old = np.arange(start - 1500, start - 1450)
            going[old] = True
            index.remove(old)
            gone[old] = True
        stop.set()
        for one in searches:
            one.result(timeout=120)
    assert index.settle(60)
    assert len(index) == 6000 - gone.sum()


def test_an_index_that_is_saved_while_rows_are_outside_has_them_in_buckets(index, data, tmp_path):
    vectors = data.pictures(2050)
    index.fit(vectors[:2000])
    index.add(np.arange(2000, 2050), vectors[2000:])
    index.save(tmp_path)
    loaded = type(index).load(tmp_path)
    assert loaded.stats()["rows_outside_buckets"] == 0
    for one in (index, loaded):
        np.testing.assert_array_equal(one.search(vectors[2000:], 1)[0][:, 0], np.arange(2000, 2050))


def test_auto_goes_from_flat_to_hyperplanes_to_clusters(data, monkeypatch):
    monkeypatch.setattr(auto, "QUIET_SECONDS", 1e9)
    index = make_index("auto", DIM, exact_below=200, flat_below=1000)
    vectors = data.pictures(4000)
    index.add(np.arange(100), vectors[:100])
    assert index.stats()["because"] == "fewer than 200 rows"
    index.add(np.arange(100, 400), vectors[100:400])
    assert index.stats()["buckets_by"] == "flat"
    index.add(np.arange(400, 2000), vectors[400:2000])
    assert index.settle(60)
    assert index.stats()["buckets_by"] == "hyperplanes"
    assert "rows are coming in" in index.stats()["because"]
    monkeypatch.setattr(auto, "QUIET_SECONDS", -1.0)
    index.search(vectors[:1], 1)
    assert index.settle(60)
    assert index.stats()["buckets_by"] == "centres"
    assert "k-means" in index.stats()["because"]
    np.testing.assert_array_equal(index.search(vectors[:200], 1)[0][:, 0], np.arange(200))


def test_auto_is_saved_with_clusters_and_fitted_to_them_at_once(data, tmp_path):
    vectors = data.pictures(2600)
    index = make_index("auto", DIM, exact_below=1, flat_below=1)
    index.fit(vectors[:1200])
    assert index.stats()["buckets_by"] == "centres"
    index.add(np.arange(1200, 2600), vectors[1200:])
    assert index.settle(60)
    assert index.stats()["buckets_by"] == "hyperplanes"
    index.save(tmp_path)
    assert type(index).load(tmp_path).stats()["buckets_by"] == "centres"


def test_work_that_fails_is_logged_and_searches_go_on(index, data, monkeypatch, caplog):
    vectors = data.pictures(1300)
    index.fit(vectors[:1000])

    def fails(_layers, _alive):
        raise MemoryError("no room")

    monkeypatch.setattr(type(index._state.structure), "merged", fails)
    with caplog.at_level(logging.ERROR, "pixie"):
        index.add(np.arange(1000, 1300), vectors[1000:])
        assert index.settle(60)
    assert "no room" in caplog.text
    np.testing.assert_array_equal(index.search(vectors[1000:], 1)[0][:, 0], np.arange(1000, 1300))
    monkeypatch.undo()
    index.add([1300], random_rows(1, DIM))
    assert index.settle(60)
    assert index.stats()["rows_outside_buckets"] in {0, 301}


def test_upkeep_runs_on_one_thread_until_nothing_is_due():
    threads, at_once = set(), []

    class Work:
        left = 5

        def step(self):
            threads.add(threading.get_ident())
            at_once.append(len([t for t in threading.enumerate() if t.name == "pixie-index-upkeep"]))
            self.left -= 1
            return self.left > 0

    work = Work()
    upkeep = Upkeep(work.step)
    for _ in range(20):
        upkeep.start()
    assert upkeep.wait(60)
    assert work.left <= 0
    assert max(at_once) == 1
    assert threading.get_ident() not in threads
