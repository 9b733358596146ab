"""The kinds on faiss: recall, growing by copies, damage, and life beside other libraries."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest

from conftest import ROOT
from index_vectors import ClipVectors, brute_force, random_rows, unit
from pixie.errors import CollectionError, PixieError
from pixie.index import arrays, load_index, make_index, recall_at_k

# The defaults of pq open a tenth of the buckets, which are few here.
FLOOR = {"hnsw": 0.95, "pq": 0.9}
KINDS = pytest.mark.parametrize("kind", ["hnsw", "pq"])


@pytest.fixture(autouse=True)
def _build_on_one_thread():
    # On a busy machine the threads of a small build only wait for each other.
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="module")
def data() -> ClipVectors:
    return ClipVectors(64, seed=21)


@pytest.fixture(scope="module")
def pictures(data: ClipVectors):
    return data.pictures(12_000)


@pytest.fixture(scope="module", params=["hnsw", "pq"])
def index(request, pictures):
    made = make_index(request.param, 64, exact_below=1)
    made.fit(pictures)
    return made


def recall(index, vectors, queries, allow=None, **settings) -> float:
    numbers = np.arange(len(vectors))
    held = numbers if allow is None else numbers[allow]
    truth = brute_force(vectors[held], held, queries, 10)[0]
    return recall_at_k(index.search(queries, 10, allow=allow, **settings)[0], truth)


@pytest.mark.parametrize("modality", ["image", "text", None])
def test_defaults_find_most(index, data, pictures, modality):
    queries = data.texts(60) if modality == "text" else data.pictures(60)
    assert recall(index, pictures, queries, modality=modality) >= FLOOR[index.kind]


@pytest.mark.parametrize("share", [0.5, 0.2, 0.05])
def test_recall_holds_under_a_filter(index, data, pictures, share):
    allow = np.random.default_rng(4).random(len(pictures)) < share
    assert recall(index, pictures, data.texts(40), allow, modality="text") >= FLOOR[index.kind]


def test_more_work_finds_more(pictures, data):
    queries = data.texts(60)
    for kind, steps in {
        "hnsw": [{"ef": 10}, {"ef": 60}, {"ef": 2000}],
        "pq": [{"probes": 1, "candidates": 40}, {"probes": 16, "candidates": 40}, {"probes": 9999}],
    }.items():
        index = make_index(kind, 64, exact_below=1)
        index.fit(pictures)
        found = [recall(index, pictures, queries, **settings) for settings in steps]
        assert found[0] < found[1] < found[2]
        assert found[2] > 0.98


@KINDS
@pytest.mark.parametrize("dim", [1, 2, 7, 8, 33, 513, 1024])
def test_any_dimension_is_taken(kind, dim):
    index = make_index(kind, dim, exact_below=1)
    vectors = random_rows(1200, dim, seed=dim)
    index.fit(vectors)
    rows, scores = index.search(vectors[:30], 1)
    np.testing.assert_allclose(scores, 1, atol=1e-6)
    if dim > 2:
        np.testing.assert_array_equal(rows[:, 0], np.arange(30))


@KINDS
def test_ten_thousand_rows_are_built_unless_told_otherwise(kind):
    settings = {"hnsw": {"m": 8, "ef_construction": 30}, "pq": {"candidates": 300}}[kind]
    data = ClipVectors(16, seed=2)
    vectors, index = data.pictures(50_000), make_index(kind, 16, **settings)
    index.fit(vectors[:9999])
    assert index.stats()["search"] == "exact scan"
    assert index.stats()["because"] == "fewer than 10000 rows"
    faiss.omp_set_num_threads(2)
    index.add(np.arange(9999, 50_000), vectors[9999:])
    assert index.stats()["search"] == {"hnsw": "graph", "pq": "quantised"}[kind]
    assert recall(index, vectors, data.pictures(50)) >= FLOOR[kind]


def test_few_rows_are_not_quantised_and_stats_say_why():
    index = make_index("pq", 32, exact_below=1)
    index.fit(random_rows(999, 32))
    assert index.stats()["because"] == "fewer than 1000 rows"
    index.add([999], random_rows(1, 32, seed=1))
    assert index.stats()["search"] == "quantised"


@pytest.mark.parametrize(("distinct", "copies"), [(100, 150), (1000, 20)])
def test_rows_that_are_held_many_times_stay_in_reach(distinct, copies):
    rows, index = random_rows(distinct, 48), make_index("hnsw", 48, exact_below=1, m=16)
    vectors = np.tile(rows, (copies, 1))
    index.fit(vectors[: distinct * copies // 2])
    index.add(np.arange(distinct * copies // 2, distinct * copies), vectors[distinct * copies // 2 :])
    assert index.settle(60)
    assert index.stats()["nodes"] == distinct
    found, scores = index.search(rows, 5)
    np.testing.assert_array_equal(found, np.arange(distinct)[:, None] + distinct * np.arange(5))
    np.testing.assert_allclose(scores, 1, atol=1e-6)
    allow = np.zeros(len(vectors), bool)
    allow[7 * distinct :] = True
    assert (index.search(rows, 2, allow=allow, ef=3000)[0] >= 7 * distinct).all()


@KINDS
def test_additions_go_into_a_copy_once_they_are_many(kind, data, pictures):
    index = make_index(kind, 64, exact_below=1)
    index.fit(pictures[:9000])
    native = index._state.structure.native
    index.add(np.arange(9000, 9900), pictures[9000:9900])
    assert index._state.structure.native is native
    assert index.stats()["unfitted_rows"] == 900
    index.add(np.arange(9900, 10_100), pictures[9900:10_100])
    assert index.settle(60)
    assert index.stats()["unfitted_rows"] == 0
    assert native.ntotal == 9000
    assert index._state.structure.native.ntotal == 10_100
    assert recall(index, pictures[:10_100], data.texts(40), modality="text") >= FLOOR[kind]
    np.testing.assert_array_equal(index.search(pictures[9950:9960], 1)[0][:, 0], np.arange(9950, 9960))


@KINDS
def test_codes_are_fitted_anew_for_rows_unlike_those_before(kind, data, pictures):
    index = make_index(kind, 64, exact_below=1)
    index.fit(pictures[:6000])
    elsewhere = unit(-2 * data.picture_mean + data.texts(1500))
    index.add(np.arange(6000, 7500), elsewhere)
    assert index.settle(60)
    anew = make_index(kind, 64, exact_below=1)
    anew.fit(np.vstack([pictures[:6000], elsewhere]))
    queries = unit(-2 * data.picture_mean + data.texts(30))
    for left, right in zip(index.search(queries, 10), anew.search(queries, 10), strict=True):
        np.testing.assert_array_equal(left, right)


@KINDS
def test_a_search_explains_itself(kind, data, pictures):
    index = make_index(kind, 64, exact_below=1)
    index.fit(pictures)
    queries = data.texts(3)
    rows, scores, why = index.explain(queries, 10, "text")
    told = why.to_json()
    assert told["search"] == {"hnsw": "graph", "pq": "quantised"}[kind]
    names = {"hnsw": ["graph", "vectors"], "pq": ["buckets", "codes", "vectors"]}[kind]
    assert [layer["name"] for layer in told["layers"]] == names
    looked_at = [layer["looked_at"] for layer in told["layers"]]
    assert all(0 < number < len(pictures) for number in looked_at)
    assert looked_at[-1] < looked_at[-2]
    for left, right in zip((rows, scores), index.search(queries, 10, "text"), strict=True):
        np.testing.assert_array_equal(left, right)
    few = np.arange(len(pictures)) < 50
    assert index.explain(data.texts(1), 10, allow=few)[2].search == "exact scan"


@KINDS
def test_no_damage_reaches_the_library(kind, tmp_path, monkeypatch):
    """Its bytes are checked even where arrays of their size are not."""
    monkeypatch.setattr(arrays, "CHECKED_ON_OPEN", 0)
    index = make_index(kind, 16, exact_below=1)
    index.fit(random_rows(2000, 16))
    index.save(tmp_path)
    entry = arrays._header(tmp_path)["arrays"]["faiss"]
    file = next(tmp_path.glob("arrays-*.bin"))
    whole, (size,) = file.read_bytes(), entry["shape"]
    for spot in [0, 3, 4, 8, 20, 60, size // 3, size // 2, size - 1]:
        place = entry["offset"] + spot
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x81]) + whole[place + 1 :])
        with pytest.raises(CollectionError, match="the checksum of faiss is wrong") as caught:
            load_index(tmp_path)
        assert caught.value.code == "damaged"


@KINDS
@pytest.mark.parametrize("blob", [b"", b"IxHs", b"\xff" * 500, "other"])
def test_a_blob_that_is_no_index_of_these_rows_is_refused(kind, blob, tmp_path):
    index = make_index(kind, 16, exact_below=1)
    index.fit(random_rows(2000, 16))
    index.save(tmp_path)
    about, parts = arrays.read(tmp_path)
    if blob == "other":
        blob = faiss.serialize_index(faiss.IndexFlatIP(16)).tobytes()
    arrays.write(tmp_path, about, {**parts, "faiss": np.frombuffer(blob, np.uint8)})
    with pytest.raises(CollectionError, match="do not fit together") as caught:
        load_index(tmp_path)
    assert caught.value.code == "damaged"


@KINDS
def test_a_graph_or_codes_of_other_rows_are_refused(kind, tmp_path):
    index, other = make_index(kind, 16, exact_below=1), make_index(kind, 18, exact_below=1)
    index.fit(random_rows(2000, 16))
    other.fit(random_rows(2000, 18))
    for made in (index, other):
        made.save(tmp_path / str(made.dim))
    about, parts = arrays.read(tmp_path / "16")
    theirs = arrays.read(tmp_path / "18")[1]["faiss"]
    arrays.write(tmp_path / "16", about, {**parts, "faiss": theirs})
    with pytest.raises(CollectionError, match="of other rows"):
        load_index(tmp_path / "16")


def test_a_missing_library_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    index = make_index("hnsw", 8, exact_below=10)
    index.fit(random_rows(5, 8))
    with pytest.raises(PixieError, match="need the library faiss") as caught:
        index.fit(random_rows(20, 8))
    assert "faiss-cpu" in caught.value.fix
    assert len(index) == 5


def test_searches_take_one_thread_and_leave_the_number_as_it_was(index, data):
    for threads in (1, 2):
        faiss.omp_set_num_threads(threads)
        index.search(data.texts(3), 5)
        assert faiss.omp_get_max_threads() == threads


def test_threads_that_search_one_state_agree(index, data):
    queries = data.texts(64)
    alone = index.search(queries, 10)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda at: index.search(queries[at : at + 8], 10), range(0, 64, 8))
        together = [np.concatenate(part) for part in zip(*parts, strict=True)]
    for left, right in zip(alone, together, strict=True):
        np.testing.assert_array_equal(left, right)


LIBRARIES = {
    "torch": "import torch; work.append(lambda: float((torch.ones(300, 300) @ torch.ones(300, 300))[0, 0]))",
    "numba": """
from pixie.index.fit_kernels import fit_kernels
def quantise():
    rows, mean = numpy.eye(64, dtype=numpy.float32), numpy.zeros(64, numpy.float32)
    codes, scales = numpy.empty((64, 64), numpy.uint8), numpy.empty(64, numpy.float32)
    fit_kernels().bytes_of_rows(rows, mean, codes, scales)
    return int(codes[0, 0])
work.append(quantise)""",
    "faiss": """
from pixie.index import make_index
rows = numpy.random.default_rng(0).standard_normal((3000, 32)).astype(numpy.float32)
rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)
indexes = [make_index(kind, 32, exact_below=1) for kind in ("hnsw", "pq")]
for index in indexes: index.fit(rows)
work.append(lambda: [int(index.search(rows[5:6], 1)[0][0, 0]) for index in indexes])""",
}


# Of any two, each comes first in one of these.
ORDERS = [("torch", "numba", "faiss"), ("numba", "faiss", "torch"), ("faiss", "torch", "numba")]


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_torch_numba_and_faiss_live_in_one_process(order):
    """Each brings threads of its own; loaded in any order, they work in turn and at once."""
    script = f"""
import sys, numpy
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, {str(ROOT / "python")!r})
work = []
{chr(10).join(LIBRARIES[name] for name in order)}
first = [job() for job in work]
with ThreadPoolExecutor(6) as pool:
    for _ in range(5):
        assert list(pool.map(lambda job: job(), work * 4)) == first * 4
indexes[0].add(range(3000, 4500), -rows[:1500])
print(sorted(map(str, first)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['255', '300.0', '[5, 5]']\n"


@KINDS
def test_a_process_may_end_while_rows_are_put_in(kind):
    script = f"""
import sys
sys.path[:0] = [{str(ROOT / "python")!r}, {str(ROOT / "tests")!r}]
from index_vectors import random_rows
from pixie.index import make_index
index = make_index({kind!r}, 64, exact_below=1)
index.fit(random_rows(3000, 64))
index.add(range(3000, 20000), random_rows(17000, 64, seed=1))
assert not index.settle(0)
print("ends")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ends\n", "")
