"""Other libraries for approximate nearest neighbours, each behind the same few methods, for bench/ann.

A library is imported when its index is built, and requirements.txt pins them all. Where a library only
estimates scores and has no rerank of its own, it gets one: exact float32 scores of as many candidates as the
setting says, by a compiled kernel.
"""

from __future__ import annotations

import importlib.util
import tempfile
from abc import ABC, abstractmethod
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Ids = npt.NDArray[np.int64]

Setting = dict[str, Any]
"""Arguments of a search. Of every number, more means more work and no lower recall."""

LSH, LIBRARIES_OF_LSH, GRAPHS, QUANTISED, LORANN, SCANS = (
    "IndexLSH",
    "nearpy, annoy",
    "HNSW",
    "best quantised",
    "lorann",
    "scans of float32",
)


class Method(ABC):
    """An index as the benchmark sees it."""

    name: str
    """What tables and curves call it."""

    group: str
    """The row of the table of ratios that it belongs to."""

    library: str
    """The module that must be installed."""

    def missing(self) -> str | None:
        """Why this method can't run here; None when it can."""
        return None if importlib.util.find_spec(self.library) else "not installed"

    @abstractmethod
    def build(self, vectors: Vectors, threads: int) -> None:
        """Index unit vectors; row numbers are their ids. `vectors` stays as it is and may be kept."""

    @abstractmethod
    def grid(self) -> list[Setting]:
        """Settings to try, each after those that ask for less."""

    @abstractmethod
    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        """Ids of the best k for each query, -1 where fewer were found; on the calling thread."""

    def bytes_per_vector(self) -> float | None:
        """Memory of the built index, its own copy of the vectors included; None when it does not tell."""
        return None


def geometric(first: int, last: int, per_octave: int = 2) -> list[int]:
    """Whole numbers from `first` to about `last`, each larger by the same factor."""
    steps = round(np.log2(last / first) * per_octave)
    return sorted({round(first * 2 ** (step / per_octave)) for step in range(steps + 1)})


def settings(**values: Sequence[int]) -> list[Setting]:
    """Every combination of `values`."""
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def lists_for(count: int) -> int:
    """Inverted lists for `count` vectors: a power of two near 2.3 times the root, 1,024 for 200,000."""
    return 1 << max(2, round(float(np.log2(2.3 * np.sqrt(count)))))


def training_sample(vectors: Vectors) -> Vectors:
    """The first vectors, 60 a list; they were drawn in no order."""
    return vectors[: 60 * lists_for(len(vectors))]


@numba.njit(fastmath=True)
def _dot(a: Any, b: Any) -> Any:
    total = np.float32(0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@numba.njit
def rerank(vectors: Any, queries: Any, candidates: Any, k: int) -> Any:
    """The k of each query's candidates with the highest product; -1 is no candidate."""
    best = np.full((len(queries), k), -1, np.int64)
    scores = np.empty(k, np.float32)
    for query in range(len(queries)):
        scores[:] = -np.inf
        for candidate in candidates[query]:
            if candidate < 0:
                continue
            score = _dot(vectors[candidate], queries[query])
            place = k
            while place > 0 and score > scores[place - 1]:
                place -= 1
            if place < k:
                scores[place + 1 :] = scores[place:-1].copy()
                best[query, place + 1 :] = best[query, place:-1].copy()
                scores[place], best[query, place] = score, candidate
    return best


def _padded(found: list[Any], k: int) -> Ids:
    """Lists of ids as rows of k."""
    ids = np.full((len(found), k), -1, np.int64)
    for row, some in zip(ids, found, strict=True):
        row[: len(some)] = some[:k]
    return ids


class Faiss(Method):
    """What faiss makes from the description of an index."""

    library = "faiss"
    description: ClassVar[str]
    """As index_factory takes it; {lists} stands for the number of inverted lists."""

    def build(self, vectors: Vectors, threads: int) -> None:
        import faiss

        self.vectors, self.lists = vectors, lists_for(len(vectors))
        faiss.omp_set_num_threads(threads)
        self.index = self._built(faiss, vectors)
        faiss.omp_set_num_threads(1)

    def _built(self, faiss: Any, vectors: Vectors) -> Any:
        description = self.description.format(lists=self.lists)
        index = faiss.index_factory(vectors.shape[1], description, faiss.METRIC_INNER_PRODUCT)
        index.train(training_sample(vectors))
        index.add(vectors)
        return index

    def bytes_per_vector(self) -> float | None:
        import faiss

        sizes: list[int] = []
        # Counted as they are written, which needs no second copy in memory.
        faiss.write_index(self.index, faiss.PyCallbackIOWriter(lambda part: sizes.append(len(part))))
        return sum(sizes) / len(self.vectors)

    def _parameters(self, _setting: Setting) -> Any:
        """The search parameters of faiss for a setting."""
        return None

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        wanted = max(k, min(setting.get("reranked", k), len(self.vectors)))
        found: Ids = self.index.search(queries, wanted, params=self._parameters(setting))[1]
        return found if wanted == k else rerank(self.vectors, queries, found, k)


class FaissFlat(Faiss):
    name, group, description = "faiss Flat", SCANS, "Flat"

    def grid(self) -> list[Setting]:
        return [{}]


class FaissLsh(Faiss):
    """One bit a dimension, compared by Hamming distance; all are scanned."""

    name, group = "faiss IndexLSH", LSH

    def _built(self, faiss: Any, vectors: Vectors) -> Any:
        index = faiss.IndexLSH(vectors.shape[1], vectors.shape[1], True)
        index.train(vectors)
        index.add(vectors)
        return index

    def grid(self) -> list[Setting]:
        return settings(reranked=geometric(10, 5120))


class FaissLshCentred(FaissLsh):
    """The same over vectors less their mean, and queries less the mean of theirs, which helps most."""

    name = "faiss IndexLSH, centred"

    def _built(self, faiss: Any, vectors: Vectors) -> Any:
        return super()._built(faiss, vectors - vectors.mean(axis=0))

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        wanted = max(k, min(setting["reranked"], len(self.vectors)))
        found = self.index.search(queries - queries.mean(axis=0), wanted)[1]
        return rerank(self.vectors, queries, found, k)


class FaissHnsw(Faiss):
    name, group = "faiss HNSW32", GRAPHS

    def _built(self, faiss: Any, vectors: Vectors) -> Any:
        index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        index.add(vectors)
        return index

    def grid(self) -> list[Setting]:
        return settings(ef=geometric(10, 4096))

    def _parameters(self, setting: Setting) -> Any:
        import faiss

        return faiss.SearchParametersHNSW(efSearch=setting["ef"])


class FaissIvfFlat(Faiss):
    name, group, description = "faiss IVF, Flat", SCANS, "IVF{lists},Flat"

    def grid(self) -> list[Setting]:
        return settings(nprobe=[n for n in geometric(1, 512) if n <= self.lists])

    def _parameters(self, setting: Setting) -> Any:
        import faiss

        return faiss.SearchParametersIVF(nprobe=setting["nprobe"])


class FaissIvfPq(FaissIvfFlat):
    """Two dimensions a code of four bits, scored by the fast scan."""

    name, group, description = "faiss IVF, PQ fast scan", QUANTISED, "IVF{lists},PQ384x4fs"

    def grid(self) -> list[Setting]:
        return settings(
            nprobe=[n for n in geometric(4, 512) if n <= self.lists],
            reranked=[10, 20, 50, 100, 200, 500, 1000, 2000],
        )


class FaissIvfRabitq(FaissIvfPq):
    """One bit a dimension; queries of four bits."""

    name, description = "faiss IVF, RaBitQ", "IVF{lists},RaBitQ"

    def _parameters(self, setting: Setting) -> Any:
        import faiss

        parameters = faiss.IVFRaBitQSearchParameters()
        parameters.nprobe, parameters.qb, parameters.centered = setting["nprobe"], 4, False
        return parameters


class Hnswlib(Method):
    name, group, library = "hnswlib", GRAPHS, "hnswlib"

    def build(self, vectors: Vectors, threads: int) -> None:
        import hnswlib

        self.index = hnswlib.Index("ip", vectors.shape[1])
        self.index.init_index(len(vectors), ef_construction=200, M=16)
        self.index.add_items(vectors, num_threads=threads)

    def grid(self) -> list[Setting]:
        return settings(ef=geometric(10, 4096))

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        self.index.set_ef(setting["ef"])
        return self.index.knn_query(queries, k, num_threads=1)[0].astype(np.int64)

    def bytes_per_vector(self) -> float | None:
        return self.index.index_file_size() / self.index.element_count


class Usearch(Method):
    name, group, library = "usearch", GRAPHS, "usearch"
    dtype: ClassVar[str] = "f32"

    def build(self, vectors: Vectors, threads: int) -> None:
        from usearch.index import Index

        self.index = Index(ndim=vectors.shape[1], metric="ip", dtype=self.dtype)
        self.index.add(np.arange(len(vectors), dtype=np.uint64), vectors, threads=threads)

    def grid(self) -> list[Setting]:
        return settings(expansion=geometric(10, 4096))

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        self.index.expansion_search = setting["expansion"]
        return self.index.search(queries, k, threads=1).keys.astype(np.int64)

    def bytes_per_vector(self) -> float | None:
        return self.index.serialized_length / len(self.index)


class UsearchBf16(Usearch):
    """Half the memory; the rounding swaps neighbours, which a rerank of twice as many puts right."""

    name, dtype = "usearch bf16", "bf16"

    def build(self, vectors: Vectors, threads: int) -> None:
        self.vectors = vectors
        super().build(vectors, threads)

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        return rerank(self.vectors, queries, super().search(queries, 2 * k, setting), k)


class Annoy(Method):
    name, group, library = "annoy", LIBRARIES_OF_LSH, "annoy"

    def build(self, vectors: Vectors, threads: int) -> None:
        from annoy import AnnoyIndex

        self.index = AnnoyIndex(vectors.shape[1], "angular")
        for row, vector in enumerate(vectors):
            self.index.add_item(row, vector)
        self.index.build(50, n_jobs=threads)

    def grid(self) -> list[Setting]:
        return settings(search_k=geometric(500, 128_000, 1))

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        find = self.index.get_nns_by_vector
        return _padded([find(query, k, search_k=setting["search_k"]) for query in queries], k)


class Nearpy(Method):
    """Random hyperplanes, each bucket a Python list; a search goes through some of the tables."""

    name, group, library = "nearpy", LIBRARIES_OF_LSH, "nearpy"

    def build(self, vectors: Vectors, threads: int) -> None:  # noqa: ARG002 - it is pure Python
        from nearpy import Engine
        from nearpy.filters import NearestFilter
        from nearpy.hashes import RandomBinaryProjections

        self.tables = [RandomBinaryProjections(str(table), 8, rand_seed=table) for table in range(24)]
        self.engine = Engine(vectors.shape[1], lshashes=self.tables, vector_filters=[NearestFilter(10)])
        for row, vector in enumerate(vectors):
            self.engine.store_vector(vector, row)

    def grid(self) -> list[Setting]:
        return settings(tables=[3, 6, 12, 24])

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        self.engine.lshashes = self.tables[: setting["tables"]]
        return _padded([[row for _, row, _ in self.engine.neighbours(query)] for query in queries], k)


class Scann(Method):
    """Codes of two dimensions with the anisotropic loss; its own rerank."""

    name, group, library = "scann", QUANTISED, "scann"

    def build(self, vectors: Vectors, threads: int) -> None:
        from scann import scann_ops_pybind

        self.leaves = lists_for(len(vectors))
        builder = scann_ops_pybind.builder(vectors, 10, "dot_product").set_n_training_threads(threads)
        sample = len(training_sample(vectors))
        tree = builder.tree(self.leaves, min(100, self.leaves), training_sample_size=sample)
        self.index = tree.score_ah(2, anisotropic_quantization_threshold=0.2).reorder(100).build()

    def grid(self) -> list[Setting]:
        return settings(
            leaves=[n for n in geometric(4, 512) if n <= self.leaves],
            reranked=[20, 50, 100, 200, 500, 1000, 2000],
        )

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        found = self.index.search_batched(queries, k, setting["reranked"], setting["leaves"])[0]
        return found.astype(np.int64)


class Rabitqlib(Method):
    """RaBitQ by its authors: one bit a dimension, and its own rerank on the vectors it keeps."""

    name, group, library = "rabitqlib IVF", QUANTISED, "rabitqlib"

    def build(self, vectors: Vectors, threads: int) -> None:
        import rabitqlib

        (count, dim), self.lists = vectors.shape, lists_for(len(vectors))
        clusters = rabitqlib.RaBitQKMeans(dim, self.lists, num_threads=threads)
        clusters.train(vectors)
        self.index = rabitqlib.IvfIndex(dim, count, self.lists, 32, metric="ip")
        self.index.build(vectors, clusters.centroids, clusters.assignments, num_threads=threads)

    def grid(self) -> list[Setting]:
        return settings(nprobe=[n for n in geometric(1, 512) if n <= self.lists])

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        return np.asarray(self.index.search(queries, k, setting["nprobe"], num_threads=1)[0]).astype(np.int64)

    def bytes_per_vector(self) -> float | None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "index")
            self.index.save(str(file))
            return file.stat().st_size / self.index.num_points


class ScalableVs(Method):
    """A Vamana graph over locally adaptive codes of four bits, and eight more for the rerank."""

    name, group, library = "scalable-vs LVQ4x8", QUANTISED, "svs"
    degree = 64

    def missing(self) -> str | None:
        info = Path("/proc/cpuinfo")
        if info.exists() and "GenuineIntel" not in info.read_text(encoding="utf-8", errors="replace"):
            return "its LVQ runs on Intel's processors alone, and ends the process elsewhere"
        return super().missing()

    def build(self, vectors: Vectors, threads: int) -> None:
        import svs

        self.dim = vectors.shape[1]
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder, "vectors.fvecs"))
            svs.write_vecs(vectors, file)
            rows = svs.VectorDataLoader(file, svs.DataType.float32, dims=self.dim)
            codes = svs.LVQLoader(rows, primary=4, residual=8)
            how = svs.VamanaBuildParameters(alpha=0.95, graph_max_degree=self.degree, window_size=128)
            self.index = svs.Vamana.build(how, codes, svs.DistanceType.MIP, num_threads=threads)
        self.index.num_threads = 1

    def grid(self) -> list[Setting]:
        return settings(window=geometric(10, 2048))

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        self.index.search_window_size = setting["window"]
        return self.index.search(queries, k)[0].astype(np.int64)

    def bytes_per_vector(self) -> float | None:
        return self.dim * 12 / 8 + self.degree * 4


class Lorann(Method):
    """Scores of a cluster's members from a low-rank map of the query; its own rerank."""

    name, group, library = "lorann", LORANN, "lorann"

    def build(self, vectors: Vectors, threads: int) -> None:
        from lorann import IP, LorannIndex

        self.clusters = lists_for(len(vectors)) // 2
        self.index = LorannIndex(vectors, self.clusters, 128, quantization_bits=8, rank=32, distance=IP)
        self.index.build(n_threads=threads)

    def grid(self) -> list[Setting]:
        return settings(
            clusters=[n for n in geometric(4, 512) if n <= self.clusters],
            reranked=[20, 30, 50, 100, 200, 400, 800, 1600],
        )

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        found = self.index.search(queries, k, setting["clusters"], setting["reranked"], n_threads=1)
        return found.astype(np.int64)


PEERS: tuple[type[Method], ...] = (
    FaissFlat,
    FaissIvfFlat,
    FaissLsh,
    FaissLshCentred,
    Nearpy,
    Annoy,
    FaissHnsw,
    Hnswlib,
    Usearch,
    UsearchBf16,
    FaissIvfRabitq,
    FaissIvfPq,
    Scann,
    Rabitqlib,
    ScalableVs,
    Lorann,
)
