"""Other libraries for approximate nearest neighbours, each behind the same few methods, for bench/ann.

A library is imported when its index is built, and requirements.txt pins them all.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from ann_faiss import (
    FaissFlat,
    FaissHnsw,
    FaissIvfFlat,
    FaissIvfPq,
    FaissIvfRabitq,
    FaissLsh,
    FaissLshCentred,
)
from ann_method import (
    GRAPHS,
    LIBRARIES_OF_LSH,
    LORANN,
    QUANTISED,
    Method,
    geometric,
    lists_for,
    padded,
    rerank,
    settings,
    training_sample,
)

if TYPE_CHECKING:
    from ann_method import Ids, Setting, Vectors


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
        return padded([find(query, k, search_k=setting["search_k"]) for query in queries], k)


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
        return padded([[row for _, row, _ in self.engine.neighbours(query)] for query in queries], k)


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
    """Scores of a cluster's members from a low-rank map of the query; its own rerank.

    Parameters
    ----------
    clusters
        Into how many the vectors are put.
    reduced
        Dimensions that the maps work in, a multiple of 32.
    """

    group, library = LORANN, "lorann"

    def __init__(self, clusters: int, reduced: int) -> None:
        self.clusters, self.reduced = clusters, reduced
        self.name = f"lorann {clusters} x {reduced}"

    def build(self, vectors: Vectors, threads: int) -> None:
        from lorann import IP, LorannIndex

        # It refers to the vectors without holding them.
        self.vectors = vectors
        self.index = LorannIndex(
            vectors, self.clusters, self.reduced, quantization_bits=8, rank=32, distance=IP
        )
        self.index.build(n_threads=threads)

    def grid(self) -> list[Setting]:
        return settings(
            clusters=[n for n in geometric(4, 512) if n <= self.clusters],
            reranked=[20, 30, 50, 100, 200, 400, 800, 1600],
        )

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        found = self.index.search(queries, k, setting["clusters"], setting["reranked"], n_threads=1)
        return found.astype(np.int64)

    def bytes_per_vector(self) -> float | None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "index")
            self.index.save(str(file))
            # The file holds the vectors, which in memory are the caller's.
            return (file.stat().st_size - self.vectors.nbytes) / len(self.vectors)


def peers(count: int) -> list[Method]:
    """Every method there is for so many vectors, not built."""
    lists = lists_for(count)
    return [
        FaissFlat(),
        FaissIvfFlat(),
        FaissLsh(),
        FaissLshCentred(),
        FaissIvfRabitq(),
        FaissIvfPq(),
        Scann(),
        Rabitqlib(),
        ScalableVs(),
        *(Lorann(clusters, reduced) for clusters in (lists // 2, lists) for reduced in (64, 128, 256)),
        FaissHnsw(),
        Hnswlib(),
        Usearch(),
        UsearchBf16(),
        Annoy(),
        Nearpy(),
    ]
