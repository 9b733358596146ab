"""The hnsw index: a graph whose edges lead from row to nearer row, by faiss."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pixie.index import faiss_library
from pixie.index.distinct import Distinct
from pixie.index.faiss_index import Asked, Built, FaissIndex, FaissSettings, sample_of
from pixie.index.graph_walk import Walk
from pixie.index.trace import Layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pixie.index.rows import Positions, Rows
    from pixie.index.trace import Trace

OUT_OF_RANGE = 0.01
"""Share of the coordinates of added rows outside the range that the bytes were fitted to, past which they are
fitted anew: rows of another modality lie around another mean, and would all be cut to the edge of it."""

_CHUNK = 2048
_MOST_EF = 1 << 20


@dataclass(frozen=True)
class HnswSettings(FaissSettings):
    """Settings of `hnsw`; see also `FaissSettings`. The defaults aim at recall@10 of 0.95.

    Attributes
    ----------
    m
        Edges of a node, 2 to 256; twice as many in the lowest layer. More raise recall at a given `ef`, and
        cost 8 bytes a row each and time to build.
    ef_construction
        Rows kept while a row's neighbours are looked for, 4 to 65,536. More make a better graph, and take as
        much longer to build.
    ef
        Rows kept by a search, 1 to 2**20; at least twice k are. More raise recall and take as much longer.
        None: by the modality.
    """

    m: int = 32
    ef_construction: int = 100
    ef: int | None = None

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {
        **FaissSettings.RANGES,
        "m": (2, 256),
        "ef_construction": (4, 1 << 16),
        "ef": (1, _MOST_EF),
    }
    AT_SEARCH: ClassVar[frozenset[str]] = frozenset({"ef"})

    EF: ClassVar[dict[str | None, int]] = {"image": 48, "text": 640, None: 640}
    """Rows kept by a search, by the modality a query is known to have."""

    def ef_for(self, modality: str | None) -> int:
        """Rows to keep for queries of `modality`."""
        return self.ef or self.EF[modality]


class Hnsw(FaissIndex):
    """A hierarchical navigable small world (Malkov and Yashunin 2016), from which a search keeps the best.

    The graph holds each row in bytes, a quarter of its floats: it finds the same rows as one of floats, in
    less time. Equal rows are one node. Texts, which lie apart from the pictures that the edges join, need a
    longer list than pictures do for the same recall.
    """

    kind = "hnsw"
    settings_type = HnswSettings
    settings: HnswSettings
    SEARCH = "graph"

    def _build(self, rows: Rows, /) -> Built:
        faiss = faiss_library.faiss()
        native = faiss.IndexHNSWSQ(
            self.dim, faiss.ScalarQuantizer.QT_8bit, self.settings.m, faiss.METRIC_INNER_PRODUCT
        )
        native.hnsw.efConstruction = self.settings.ef_construction
        native.train(sample_of(rows))
        return _with_rest(native, Distinct.none(), rows)

    def _grown(self, built: Built, rows: Rows, /) -> Built:
        if _share_out_of_range(built.native, rows, built.listed) > OUT_OF_RANGE:
            return self._build(rows)
        return _with_rest(faiss_library.faiss().clone_index(built.native), built.kept, rows)

    def _find(
        self, built: Built, asked: Asked, settings: HnswSettings, trace: Trace | None, /
    ) -> Sequence[Positions | None]:
        queries, k, modality, usable, allowed = asked
        began = time.perf_counter()
        distinct: Distinct = built.kept
        # Twice as many as are wanted, since a byte a coordinate swaps neighbours.
        wanted = min(2 * k, distinct.count)
        walk = Walk(built.native, distinct.count, wanted)
        ef = min(max(settings.ef_for(modality), wanted), distinct.count)
        # Of all rows a query finds the same in a batch as alone: tuning goes by it.
        if usable is None and not walk.pays(ef, 1, allowed):
            return [None] * len(queries)
        with faiss_library.one_thread():
            nodes = (
                walk.all(queries, ef)
                if usable is None
                else walk.among(queries, ef, k, distinct.usable(usable), allowed)
            )
        if trace is not None and walk.searched:
            kept = walk.kept / len(queries)
            trace.layers = [Layer("graph", kept, (time.perf_counter() - began) / len(queries))]
            trace.facts = {"ef": round(walk.kept / walk.searched), "nodes": distinct.count}
        return [None if some is None else distinct.positions(some, usable) for some in nodes]

    def _arrays(self, structure: Built | None, /) -> dict[str, npt.NDArray[Any]]:
        if structure is None:
            return {}
        distinct: Distinct = structure.kept
        blob = faiss_library.to_bytes(structure.native)
        return {"faiss": blob, "keys": distinct.keys, "nodes": distinct.nodes}

    def _bytes(self, structure: Built | None, /) -> int:
        if structure is None:
            return 0
        distinct: Distinct = structure.kept
        edges = structure.native.hnsw.neighbors.size() * 4
        return int(edges + distinct.count * self.dim + distinct.keys.nbytes + distinct.nodes.nbytes)

    def _restored(self, arrays: dict[str, npt.NDArray[Any]], rows: Rows, /) -> Built | None:
        if not arrays:
            return None
        keys, nodes = np.array(arrays["keys"]), np.array(arrays["nodes"])
        if keys.dtype != np.uint64 or nodes.dtype != np.int32 or keys.shape != (len(nodes),):
            raise ValueError(f"nodes are {nodes.dtype} {nodes.shape}")
        native = faiss_library.from_bytes(arrays["faiss"])
        count = int(nodes.max(initial=-1)) + 1
        sound = (
            isinstance(native, faiss_library.faiss().IndexHNSWSQ)
            and native.d == self.dim
            and native.ntotal == count
            and len(nodes) <= len(rows)
            and len(np.unique(nodes)) == count
            and int(nodes.min(initial=0)) >= 0
        )
        if not sound:
            raise ValueError("the graph is of other rows")
        return Built(native, len(nodes), Distinct(keys, nodes, count))

    def _facts(self, rows: Rows, structure: Built | None, /) -> dict[str, Any]:
        facts = super()._facts(rows, structure)
        if structure is not None:
            facts |= {"ef": self.settings.ef_for(None), "nodes": structure.kept.count}
        return facts


def _with_rest(native: Any, distinct: Distinct, rows: Rows) -> Built:
    """`native`, which is changed, with the rows that it lacks."""
    distinct, new = distinct.extended(rows)
    with faiss_library.building(len(new)):
        for start in range(0, len(new), _CHUNK):
            faiss_library.step()
            native.add(rows.take(new[start : start + _CHUNK]))
    return Built(native, len(rows), distinct)


def _share_out_of_range(native: Any, rows: Rows, first: int) -> float:
    faiss = faiss_library.faiss()
    low, width = faiss.vector_to_array(faiss.downcast_index(native.storage).sq.trained).reshape(2, -1)
    outside = 0
    for _, part in rows.chunks(_CHUNK, first):
        outside += int(np.count_nonzero((part < low) | (part > low + width)))
    return outside / max(1, (len(rows) - first) * rows.dim)
