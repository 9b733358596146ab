"""Layers over rows: buckets, 4-bit codes, bytes, the rows themselves; each reads far fewer than the last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pixie.index.codes import LANES, Codec, signed_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows

    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.uint8]
    Route = Callable[[Floats, Floats], Positions]

ROWS_MEAN = "rows"
"""Name of the mean that queries of no known modality are taken to lie around."""

SAMPLE_ROWS = 100_000
"""Rows that a structure is fitted to, at most."""

_CHUNK = 16_384
_ALL_USABLE = np.empty(0, np.bool_)
_MISSING = np.float32(-np.inf)


class Work(NamedTuple):
    """How far a search looks: buckets opened, rows kept by the codes, rows kept by the bytes."""

    probes: int
    candidates: int
    reranked: int


class Found(NamedTuple):
    """What a search found.

    ``positions`` int64 (q, k), -1 where there are no more, and ``scores`` float32 (q, k). ``looked_at`` int64
    (q, 4): buckets opened, rows scored by their codes, by their bytes, and exactly.
    """

    positions: Positions
    scores: Floats
    looked_at: Positions


@dataclass(frozen=True)
class Layers:
    """An immutable structure over the first positions of some rows.

    Attributes
    ----------
    codec
        How rows are coded.
    router
        What tells the bucket of a row, float32 and of two dimensions; its meaning is the kind's.
    codes
        uint8 (blocks * h / 8 * 64,), 16 rows a block, bucket after bucket; see `vector_code.head_scores`.
    places
        int32 (blocks * 16,), the position in each lane, -1 in those left over.
    starts
        int64 (buckets + 1,), the first block of each bucket.
    row_codes, row_scales
        uint8 (n, width) and float32 (n,): ``mean + scale * (code - 128)`` is nearly the row. The width is a
        multiple of 64.
    centres
        float32 (buckets, h), the mean head of each bucket's rows.
    norms
        float32 (buckets,), about the length of each bucket's mean row.
    means
        float32 (m, dim): the mean of the rows, and of the queries of each modality that is known.
    names
        What each of the means is of.
    biases
        float32 (m, blocks * 16), ``mean . (x - codec.mean)`` of each row, -inf in lanes left over.
    centre_biases
        float32 (m, buckets), their means by bucket.
    """

    codec: Codec
    router: Floats
    codes: Bytes
    places: npt.NDArray[np.int32]
    starts: Positions
    row_codes: Bytes
    row_scales: Floats
    centres: Floats
    norms: Floats
    means: Floats
    names: tuple[str, ...]
    biases: Floats
    centre_biases: Floats

    @classmethod
    def fitted(
        cls,
        rows: Rows,
        fit_router: Callable[[Floats], Floats],
        route: Route,
        query_means: Mapping[str, Floats],
    ) -> Layers:
        """Layers over all of `rows`.

        Parameters
        ----------
        rows
            What to code, at least one.
        fit_router
            Makes a router for rows with these heads, float32 (n, h).
        route
            Tells the bucket of each row, int64 (n,), by its head and a router.
        query_means
            Means of the queries of some modalities.
        """
        from pixie.index import kernels

        count = len(rows)
        # Spread evenly: rows that were added together are often alike.
        step = max(1, count // SAMPLE_ROWS)
        codec = Codec.fitted(rows.take(np.arange(0, count, step, dtype=np.int64)))
        heads = np.empty((count, len(codec.steps)), np.float32)
        width = -(-rows.dim // 64) * 64
        row_codes, row_scales = np.full((count, width), 128, np.uint8), np.empty(count, np.float32)
        to_bytes = kernels.bytes_of_rows()
        for start, part in rows.chunks(_CHUNK):
            end = start + len(part)
            part = np.ascontiguousarray(part)
            heads[start:end] = codec.heads(part)
            to_bytes(part, codec.mean, row_codes[start:end], row_scales[start:end])
        router = fit_router(heads)
        buckets = route(heads, router)
        number = int(buckets.max()) + 1
        sizes = np.bincount(buckets, minlength=number)
        starts = np.concatenate([[0], np.cumsum(-(-sizes // LANES))]).astype(np.int64)
        order = np.argsort(buckets, kind="stable")
        first_of_bucket = np.cumsum(sizes) - sizes
        lanes = starts[buckets[order]] * LANES + np.arange(count) - first_of_bucket[buckets[order]]
        places = np.full(starts[-1] * LANES, -1, np.int32)
        places[lanes] = order
        packed = np.full((len(places), heads.shape[1] // 2), 0x88, np.uint8)
        for start in range(0, count, _CHUNK):
            taken = slice(start, start + _CHUNK)
            packed[lanes[taken]] = codec.packed(heads[order[taken]])
        groups = heads.shape[1] // 8
        codes = packed.reshape(-1, LANES, groups, 4).transpose(0, 2, 1, 3).reshape(-1)
        sums = np.zeros((number, heads.shape[1]), np.float64)
        kernels.sums_by_bucket()(heads, buckets, sums)
        centres = (sums / np.maximum(sizes, 1)[:, None]).astype(np.float32)
        made = cls(
            codec=codec,
            router=router,
            codes=np.ascontiguousarray(codes),
            places=places,
            starts=starts,
            row_codes=row_codes,
            row_scales=row_scales,
            centres=centres,
            norms=np.ones(number, np.float32),
            means=np.empty((0, rows.dim), np.float32),
            names=(),
            biases=np.empty((0, len(places)), np.float32),
            centre_biases=np.empty((0, number), np.float32),
        ).with_mean(ROWS_MEAN, codec.mean, rows)
        inner = float(codec.mean @ codec.mean)
        squares = inner + 2 * made.centre_biases[0] + np.einsum("ij,ij->i", centres, centres)
        # Empty buckets have no rows, so their length does not matter.
        made = replace(made, norms=np.sqrt(np.maximum(squares, 0.05)).astype(np.float32))
        for name, mean in query_means.items():
            made = made.with_mean(name, mean, rows)
        return made

    @property
    def listed(self) -> int:
        """How many positions are coded; those after them are not."""
        return len(self.row_scales)

    @property
    def buckets(self) -> int:
        """How many buckets there are."""
        return len(self.starts) - 1

    @cached_property
    def _mean_heads(self) -> Floats:
        return self.codec.heads(self.means)

    def with_mean(self, name: str, mean: Floats, rows: Rows) -> Layers:
        """These layers with the mean of one more modality, which reads every row once."""
        products = np.empty(self.listed, np.float32)
        for start, part in rows.chunks(_CHUNK):
            if start < self.listed:
                taken = part[: self.listed - start]
                products[start : start + len(taken)] = taken @ mean
        products -= np.float32(self.codec.mean @ mean)
        held = self.places >= 0
        bias = np.full(len(self.places), _MISSING, np.float32)
        bias[held] = products[self.places[held]]
        bucket_of_lane = np.repeat(np.arange(self.buckets), np.diff(self.starts) * LANES)
        sums = np.bincount(bucket_of_lane[held], weights=bias[held], minlength=self.buckets)
        sizes = np.bincount(bucket_of_lane[held], minlength=self.buckets)
        centre_bias = np.where(sizes > 0, sums / np.maximum(sizes, 1), _MISSING).astype(np.float32)
        return replace(
            self,
            means=np.vstack([self.means, mean[None]]),
            names=(*self.names, name),
            biases=np.vstack([self.biases, bias[None]]),
            centre_biases=np.vstack([self.centre_biases, centre_bias[None]]),
        )

    def slots(self, queries: FloatMatrix, modality: str | None) -> Positions:
        """Which mean each query is taken to lie around: its modality's if known, else the nearest."""
        if modality in self.names:
            return np.full(len(queries), self.names.index(modality), np.int64)
        squares = np.einsum("ij,ij->i", self.means, self.means)
        nearest: Positions = np.argmin(squares - 2 * (queries @ self.means.T), axis=1).astype(np.int64)
        return nearest

    def search(
        self,
        rows: Rows,
        queries: FloatMatrix,
        slots: Positions,
        route: Route,
        k: int,
        usable: Mask | None,
        work: Work,
    ) -> Found:
        """The k best listed and usable positions that this much work finds, best first."""
        from pixie.index import kernels

        count = len(queries)
        centred = self.codec.heads(queries)
        heads: Floats = centred - self._mean_heads[slots]
        head_bytes, offsets, scales = self.codec.asked(heads)
        bases = queries @ self.codec.mean
        bucket_scores = heads @ self.centres.T
        bucket_scores += self.centre_biases[slots]
        bucket_scores += bases[:, None]
        bucket_scores /= self.norms
        # A row finds itself, also where buckets' means say little: its own bucket comes first.
        own = route(centred, self.router)
        held = np.flatnonzero(own < self.buckets)
        bucket_scores[held, own[held]] = np.inf
        query_codes = np.zeros((count, self.row_codes.shape[1]), np.int8)
        query_codes[:, : rows.dim], query_scales = signed_bytes(queries)
        found = np.full((count, k), -1, np.int64)
        scores = np.full((count, k), -np.inf, np.float32)
        looked_at = np.zeros((count, 4), np.int64)
        blocks = [block.values for block in rows.blocks]
        kernels.search_on(kernels.chosen_path())(
            queries.astype(np.float64),
            bucket_scores,
            min(work.probes, self.buckets),
            head_bytes,
            offsets,
            scales,
            slots,
            self.codes,
            self.biases,
            self.places,
            self.starts,
            self.row_codes,
            self.row_scales,
            query_codes,
            128 * query_codes.sum(axis=1, dtype=np.int32),
            query_scales,
            bases,
            np.array([block.ctypes.data for block in blocks], np.uintp),
            rows.starts[:-1],
            rows.numbers,
            _ALL_USABLE if usable is None else usable,
            work.candidates,
            work.reranked,
            found,
            scores,
            looked_at,
        )
        return Found(found, scores, looked_at)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays to be saved, by name."""
        named = {f"bias_{name}": bias for name, bias in zip(self.names, self.biases, strict=True)}
        named |= {f"mean_{name}": mean for name, mean in zip(self.names, self.means, strict=True)}
        named |= {
            f"centre_bias_{name}": bias for name, bias in zip(self.names, self.centre_biases, strict=True)
        }
        return {
            "directions": self.codec.directions,
            "router": self.router,
            "steps": self.codec.steps,
            "codes": self.codes,
            "places": self.places,
            "starts": self.starts,
            "row_codes": self.row_codes,
            "row_scales": self.row_scales,
            "centres": self.centres,
            "norms": self.norms,
            **named,
        }

    @classmethod
    def of(cls, arrays: dict[str, npt.NDArray[Any]], rows: Rows) -> Layers:
        """Layers again from `arrays`; raises ValueError when they do not belong together or to `rows`."""
        prefix = "centre_bias_"
        names = [name.removeprefix(prefix) for name in arrays if name.startswith(prefix)]
        names = [ROWS_MEAN, *(name for name in names if name != ROWS_MEAN)]
        try:
            steps, places, starts = arrays["steps"], arrays["places"], arrays["starts"]
            width, lanes, buckets = len(steps), len(places), len(starts) - 1
            listed = len(arrays["row_scales"])
            expected = {
                "directions": (np.float32, (rows.dim, width)),
                "steps": (np.float32, (width,)),
                "codes": (np.uint8, (lanes * width // 2,)),
                "places": (np.int32, (lanes,)),
                "starts": (np.int64, (buckets + 1,)),
                "row_codes": (np.uint8, (listed, -(-rows.dim // 64) * 64)),
                "row_scales": (np.float32, (listed,)),
                "centres": (np.float32, (buckets, width)),
                "norms": (np.float32, (buckets,)),
            }
            for name in names:
                expected[f"bias_{name}"] = (np.float32, (lanes,))
                expected[f"mean_{name}"] = (np.float32, (rows.dim,))
                expected[f"centre_bias_{name}"] = (np.float32, (buckets,))
            router = arrays["router"]
            expected["router"] = (np.float32, (*router.shape[:1], *router.shape[1:2]))
            for name, (dtype, shape) in expected.items():
                if arrays[name].dtype != dtype or arrays[name].shape != shape:
                    raise ValueError(f"{name} is {arrays[name].dtype} {arrays[name].shape}")
        except KeyError as error:
            raise ValueError(f"the array {error} is missing") from error
        sound = (
            set(arrays) == set(expected)
            and width % 8 == 0
            and buckets >= 1
            and listed <= len(rows)
            and starts[0] == 0
            and starts[-1] * LANES == lanes
            and bool((np.diff(starts) >= 0).all())
            and int(places.min(initial=-1)) >= -1
            and int(places.max(initial=-1)) < listed
        )
        if not sound:
            raise ValueError("the layers do not belong together")
        return cls(
            router=arrays["router"],
            codec=Codec(np.array(arrays[f"mean_{ROWS_MEAN}"]), arrays["directions"], steps),
            codes=arrays["codes"],
            places=places,
            starts=starts,
            row_codes=arrays["row_codes"],
            row_scales=arrays["row_scales"],
            centres=arrays["centres"],
            norms=arrays["norms"],
            means=np.stack([arrays[f"mean_{name}"] for name in names]),
            names=tuple(names),
            biases=np.stack([arrays[f"bias_{name}"] for name in names]),
            centre_biases=np.stack([arrays[f"centre_bias_{name}"] for name in names]),
        )
