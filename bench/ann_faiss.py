"""The indexes of faiss, for bench/ann."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ann_method import (
    GRAPHS,
    LSH,
    QUANTISED,
    SCANS,
    Method,
    geometric,
    lists_for,
    rerank,
    settings,
    training_sample,
)

if TYPE_CHECKING:
    from ann_method import Ids, Setting, Vectors

_TRAINED_ON, _AT_ONCE = 200_000, 50_000


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
        """The index of faiss over all of `vectors`."""
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
        """The search parameters of faiss for a setting; None where it has none."""
        return None

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        wanted = max(k, min(setting.get("reranked", k), len(self.vectors)))
        parameters = self._parameters(setting)
        # Parameters refer to their selector without holding it.
        selector = _selector(setting.get("allow"))
        if selector is not None:
            parameters.sel = selector
        found: Ids = self.index.search(queries, wanted, params=parameters)[1]
        return found if wanted == k else rerank(self.vectors, queries, found, k)


def _selector(allow: Any) -> Any:
    """A filter of faiss for a mask over rows; None for none."""
    if allow is None:
        return None
    import faiss

    return faiss.IDSelectorBitmap(np.packbits(allow, bitorder="little"))


class FaissFlat(Faiss):
    name, group, description = "faiss Flat", SCANS, "Flat"

    def grid(self) -> list[Setting]:
        return [{}]


class FaissLsh(Faiss):
    """One bit a dimension, compared by Hamming distance; all are scanned."""

    name, group = "faiss IndexLSH", LSH

    def _built(self, faiss: Any, vectors: Vectors) -> Any:
        index = faiss.IndexLSH(vectors.shape[1], vectors.shape[1], True)
        # It rotates all that it is given at once, so parts keep its copy small.
        index.train(self._coded(vectors[:_TRAINED_ON]))
        for start in range(0, len(vectors), _AT_ONCE):
            index.add(self._coded(vectors[start : start + _AT_ONCE]))
        return index

    def _coded(self, vectors: Vectors) -> Vectors:
        """What the codes are made of."""
        return vectors

    def grid(self) -> list[Setting]:
        return settings(reranked=geometric(10, 5120))


class FaissLshCentred(FaissLsh):
    """The same over vectors less their mean, and queries less the mean of theirs, which helps most."""

    name = "faiss IndexLSH, centred"

    def _built(self, faiss: Any, vectors: Vectors) -> Any:
        self.mean = vectors.mean(axis=0)
        return super()._built(faiss, vectors)

    def _coded(self, vectors: Vectors) -> Vectors:
        return vectors - self.mean

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
