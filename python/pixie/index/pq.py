"""The pq index: k-means buckets of product-quantised rows, read by faiss's fast scan."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pixie.index import faiss_library, layered
from pixie.index.faiss_index import Asked, Built, FaissIndex, FaissSettings, sample_of
from pixie.index.trace import Layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Positions, Rows
    from pixie.index.trace import Trace

BUCKETS_PER_ROOT = 2.0
"""Buckets, as a multiple of the square root of the rows."""

FAR = 1.5
"""How many times as far from the means of their buckets as the rows that all was fitted to, in squares, added
rows may lie before it is fitted anew: the codes are fitted to those differences."""

LEAST_PROBES = 32
"""Buckets that are opened at least, unless told: of few buckets, the shares are too few."""

LEAST_PARTS = 256
"""Parts of a row at least, where there are as many dimensions: 128 bytes, two cache lines."""

_BITS = 4
"""Of a code: the 16 products of a part of the query are looked up in one register."""

_ROWS_A_BUCKET = 60
_CHUNK = 16_384
_MOST_BUCKETS = 1 << 16

_BATCH = 16
"""Queries that faiss is given at once. From 20 on it compares them with the buckets by a matrix product,
which rounds differently, so that a query would open other buckets in a batch than alone."""


@dataclass(frozen=True)
class PqSettings(FaissSettings):
    """Settings of `pq`; see also `FaissSettings`. The defaults aim at recall@10 of 0.95.

    Attributes
    ----------
    buckets
        How many, 1 to 65,536. None: twice the square root of the rows held.
    m
        Parts that a row is cut into, each of which has a code of 4 bits, 1 to 4,096 and no more than there
        are dimensions. More raise recall for given `candidates`, and cost half a byte a row each and time.
        None: one for two dimensions, or 256 where that makes more, and never more than dimensions.
    probes
        Buckets opened, 1 to 65,536. None: a share of them that depends on the modality.
    candidates
        Rows kept by their codes, of which the best are found by their floats, 1 to 2**20; at least four times
        k are. None: by the modality.
    seed
        Seed of what is drawn when the buckets are fitted, 0 to 2**31 - 1.
    """

    buckets: int | None = None
    m: int | None = None
    probes: int | None = None
    candidates: int | None = None
    seed: int = 0

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {
        **FaissSettings.RANGES,
        "buckets": (1, _MOST_BUCKETS),
        "m": (1, 4096),
        "probes": (1, _MOST_BUCKETS),
        "candidates": (1, 1 << 20),
        "seed": (0, (1 << 31) - 1),
    }
    AT_SEARCH: ClassVar[frozenset[str]] = frozenset({"probes", "candidates"})

    PROBE_SHARES: ClassVar[dict[str | None, float]] = {"image": 0.025, "text": 0.1, None: 0.1}
    """Share of the buckets that are opened, by the modality a query is known to have."""

    FILTER_POWERS: ClassVar[dict[str | None, float]] = {"image": -0.85, "text": -0.55, None: -0.55}
    """A filter that allows a share s of the rows has s to this power times as many buckets opened. Of rows at
    random s**-0.55 would do for pictures too; alike ones lie in other buckets than the nearest."""

    CANDIDATES: ClassVar[dict[str | None, int]] = {"image": 60, "text": 150, None: 150}
    """Rows kept by their codes, by the modality a query is known to have."""

    def buckets_for(self, count: int) -> int:
        """Buckets for `count` rows."""
        wanted = self.buckets or round(BUCKETS_PER_ROOT * float(np.sqrt(count)))
        return max(1, min(wanted, count, _MOST_BUCKETS))

    def parts_for(self, dim: int) -> int:
        """Parts that a row of `dim` dimensions is cut into."""
        return min(self.m or max(-(-dim // 2), LEAST_PARTS), dim)

    def probes_for(self, buckets: int, modality: str | None, share: float = 1.0) -> int:
        """Buckets to open of `buckets` for queries of `modality`, when a share of the rows is allowed."""
        wanted = self.probes or max(LEAST_PROBES, self.PROBE_SHARES[modality] * buckets)
        return min(buckets, round(float(wanted * share ** self.FILTER_POWERS[modality])))

    def candidates_for(self, modality: str | None) -> int:
        """Rows to keep by their codes, for queries of `modality`."""
        return self.candidates or self.CANDIDATES[modality]


class Pq(FaissIndex):
    """Rows in buckets by k-means; their codes choose those that are scored by their floats.

    A row's difference from the mean of its bucket is cut into parts, and each coded by the nearest of 16
    vectors for that part (Jégou, Douze and Schmid 2011), which takes a quarter of a byte a dimension. Sums of
    looked-up products rank 32 rows at once (André, Kermarrec and Le Scouarnec 2015).
    """

    kind = "pq"
    settings_type = PqSettings
    settings: PqSettings
    SEARCH = "quantised"
    LEAST_ROWS = 1000

    def _build(self, rows: Rows, /) -> Built:
        faiss = faiss_library.faiss()
        parts = self.settings.parts_for(self.dim)
        # Parts are of one width: zeros behind the last dimension change no product.
        width = -(-self.dim // parts) * parts
        buckets = self.settings.buckets_for(len(rows))
        means = faiss.IndexFlatIP(width)
        native = faiss.IndexIVFPQFastScan(means, width, buckets, parts, _BITS, faiss.METRIC_INNER_PRODUCT)
        for clusters in (native.cp, native.pq.cp):
            # It warns on stderr of samples that are smaller than it would like.
            clusters.min_points_per_centroid = 1
            clusters.seed = self.settings.seed
        sample = sample_of(rows)
        drawn = np.random.default_rng(self.settings.seed).permutation(len(sample))
        sample = _padded(sample[np.sort(drawn[: buckets * _ROWS_A_BUCKET])], width)
        with faiss_library.building(len(rows)):
            native.train_q1(len(sample), faiss.swig_ptr(sample), False, native.metric_type)
        # The parts are many small clusterings: see `faiss_library.ALONE_BELOW`.
        with faiss_library.one_thread():
            faiss_library.step()
            native.train(sample)
        return _with_rest(native, 0, rows, (float(len(rows)), _distance(native, sample)))

    def _grown(self, built: Built, rows: Rows, /) -> Built:
        native, (count, distance) = built.native, built.kept
        added = _padded(rows.take(np.arange(built.listed, len(rows))), native.d)
        if len(rows) > 2 * count or _distance(native, added) > FAR * distance:
            return self._build(rows)
        return _with_rest(faiss_library.faiss().clone_index(native), built.listed, rows, built.kept)

    def _find(
        self, built: Built, asked: Asked, settings: PqSettings, trace: Trace | None, /
    ) -> Sequence[Positions | None]:
        queries, k, modality, usable, allowed = asked
        if allowed <= max(layered.SCAN_ROWS, layered.SCAN_SHARE * built.listed):
            return [None] * len(queries)
        began = time.perf_counter()
        native = built.native
        probes = settings.probes_for(native.nlist, modality, min(1.0, allowed / built.listed))
        candidates = min(max(settings.candidates_for(modality), 4 * k), built.listed)
        chosen = None if usable is None else faiss_library.selector(usable[: built.listed])
        how = faiss_library.faiss().SearchParametersIVF(nprobe=probes, sel=chosen)
        wanted = _padded(queries, native.d)
        found: list[Positions] = []
        with faiss_library.one_thread():
            for start in range(0, len(wanted), _BATCH):
                _, positions = native.search(wanted[start : start + _BATCH], candidates, params=how)
                found += [some[some >= 0] for some in positions]
        if trace is not None:
            seconds = (time.perf_counter() - began) / len(queries)
            trace.layers = [
                Layer("buckets", probes, None),
                Layer("codes", _read(native, wanted, probes), seconds),
            ]
            trace.facts = {"buckets": native.nlist, "probes": probes, "candidates": candidates}
        return found

    def _arrays(self, structure: Built | None, /) -> dict[str, npt.NDArray[Any]]:
        if structure is None:
            return {}
        return {"faiss": faiss_library.to_bytes(structure.native), "fitted": np.array(structure.kept)}

    def _bytes(self, structure: Built | None, /) -> int:
        if structure is None:
            return 0
        native = structure.native
        return int(structure.listed * (native.code_size + 8) + native.nlist * native.d * 4)

    def _restored(self, arrays: dict[str, npt.NDArray[Any]], rows: Rows, /) -> Built | None:
        if not arrays:
            return None
        fitted, native = arrays["fitted"], faiss_library.from_bytes(arrays["faiss"])
        parts = self.settings.parts_for(self.dim)
        sound = (
            fitted.dtype == np.float64
            and fitted.shape == (2,)
            and isinstance(native, faiss_library.faiss().IndexIVFPQFastScan)
            and native.d == -(-self.dim // parts) * parts
            and native.ntotal <= len(rows)
        )
        if not sound:
            raise ValueError("the codes are of other rows")
        return Built(native, native.ntotal, (float(fitted[0]), float(fitted[1])))

    def _facts(self, rows: Rows, structure: Built | None, /) -> dict[str, Any]:
        facts = super()._facts(rows, structure)
        if structure is not None:
            buckets = structure.native.nlist
            facts |= {
                "buckets": buckets,
                "parts": structure.native.pq.M,
                "probes": self.settings.probes_for(buckets, None),
                "candidates": self.settings.candidates_for(None),
            }
        return facts


def _padded(vectors: FloatMatrix, width: int) -> FloatMatrix:
    """The vectors with zeros behind them, to a width."""
    missing = width - vectors.shape[1]
    return np.pad(vectors, ((0, 0), (0, missing))) if missing else np.ascontiguousarray(vectors)


def _with_rest(native: Any, listed: int, rows: Rows, fitted: tuple[float, float]) -> Built:
    """`native`, which is changed, with the rows that it lacks."""
    with faiss_library.building(len(rows) - listed):
        for _, part in rows.chunks(_CHUNK, listed):
            faiss_library.step()
            native.add(_padded(part, native.d))
    return Built(native, len(rows), fitted)


def _distance(native: Any, vectors: FloatMatrix) -> float:
    """The mean of the squares of the vectors' distances from the means of their buckets."""
    means = native.quantizer.reconstruct_n(0, native.nlist)
    _, buckets = native.quantizer.search(vectors, 1)
    return float(np.square(vectors - means[buckets[:, 0]]).sum(axis=1).mean(dtype=np.float64))


def _read(native: Any, queries: FloatMatrix, probes: int) -> float:
    """How many codes are in the buckets that a query opens, as a mean over the queries."""
    sizes = np.array([native.invlists.list_size(bucket) for bucket in range(native.nlist)])
    with faiss_library.one_thread():
        _, opened = native.quantizer.search(queries, probes)
    return float(sizes[opened].sum(axis=1).mean())
