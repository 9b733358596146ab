"""Layers over rows: buckets, 4-bit codes, bytes, the rows themselves; each reads far fewer than the last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pixie.index import laying_out
from pixie.index.blocks import Blocks
from pixie.index.codes import LANES, Codec, Columns
from pixie.index.delta import Delta
from pixie.index.growing import Growing
from pixie.index.routers import Hyperplanes
from pixie.index.work import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from pixie.index.routers import Router
    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows
    from pixie.index.work import Work

    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int32]

ROWS_MEAN = "rows"
"""Name of the mean that queries of no known modality are taken to lie around."""

_ALL_USABLE = np.empty(0, np.bool_)


@dataclass(frozen=True)
class Layers:
    """An immutable structure over all positions of some rows.

    The first ``listed`` of them lie in buckets, those that came later in the delta, which every search scans.

    Attributes
    ----------
    codec
        How rows are coded.
    router
        What tells the bucket of a row.
    codes
        uint8 (blocks * h / 8 * 64,), 16 rows a block, bucket after bucket; see `coded_products.head_scores`.
    places
        int32 (blocks * 16,), the position in each lane, -1 in those left over.
    starts
        int64 (buckets + 1,), the first block of each bucket.
    delta
        The codes of the positions from ``listed`` on.
    row_codes, row_scales
        uint8 (n, width) and float32 (n,): ``mean + scale * (code - 128)`` is nearly the row. The width is a
        multiple of 64.
    centres
        float32 (buckets, h), the mean head of each bucket's rows.
    means
        float32 (m, dim): the mean of the rows, and of the queries of each modality that is known.
    names
        What each of the means is of.
    biases
        float32 (m, blocks * 16), ``mean . (x - codec.mean)`` of each row, -inf in lanes left over.
    centre_biases
        float32 (m, buckets), their means by bucket.
    fitted_rows
        How many rows there were when codec and router were fitted.
    """

    codec: Codec
    router: Router
    codes: Bytes
    places: Places
    starts: Positions
    delta: Delta
    row_codes: Blocks
    row_scales: Growing
    centres: Floats
    means: Floats
    names: tuple[str, ...]
    biases: Floats
    centre_biases: Floats
    fitted_rows: int

    @classmethod
    def fitted(
        cls,
        rows: Rows,
        fit_router: Callable[[Floats, int], Router],
        query_means: Mapping[str, Floats],
        threads: int = 1,
    ) -> Layers:
        """Layers over all of `rows`.

        Parameters
        ----------
        rows
            What to code, at least one.
        fit_router
            Makes a router for rows with these heads, float32 (n, h), on so many threads.
        query_means
            Means of the queries of some modalities.
        threads
            How many may share the rows.
        """
        from pixie.index.fit_kernels import fit_kernels

        codec = Codec.fitted(laying_out.sample_of(rows))
        heads, row_codes, row_scales = laying_out.coded(codec, rows, 0, threads)
        router = fit_router(heads, threads)
        buckets = router.route(heads, threads)
        number = int(buckets.max()) + 1
        order = np.argsort(buckets, kind="stable")
        order = order[rows.alive[order]]
        lanes, starts = laying_out.lanes_of(buckets[order], number)
        places = laying_out.placed(order, lanes, starts)
        codes = laying_out.in_blocks(codec, heads, order, lanes, len(places))
        sums = np.zeros((number, heads.shape[1]), np.float64)
        fit_kernels().sums_by_bucket(heads, buckets, sums)
        sizes = np.bincount(buckets, minlength=number)
        made = cls(
            codec=codec,
            router=router,
            codes=codes,
            places=places,
            starts=starts,
            delta=Delta.empty(heads.shape[1], 0),
            row_codes=Blocks.of(row_codes),
            row_scales=Growing.holding(row_scales),
            centres=(sums / np.maximum(sizes, 1)[:, None]).astype(np.float32),
            means=np.empty((0, rows.dim), np.float32),
            names=(),
            biases=np.empty((0, len(places)), np.float32),
            centre_biases=np.empty((0, number), np.float32),
            fitted_rows=len(rows),
        ).with_mean(ROWS_MEAN, codec.mean, rows)
        for name, mean in query_means.items():
            made = made.with_mean(name, mean, rows)
        return made

    @property
    def listed(self) -> int:
        """How many positions lie in buckets."""
        return len(self) - self.delta.count

    def __len__(self) -> int:
        """How many positions are coded."""
        return self.row_scales.count

    @property
    def buckets(self) -> int:
        """How many buckets there are."""
        return len(self.starts) - 1

    @property
    def nbytes(self) -> int:
        """Bytes in memory, rows' codes and what stands for the buckets."""
        arrays = (self.codes, self.places, self.centres, self.biases, self.codec.directions)
        of_rows: int = len(self) * (self.row_codes.empty.shape[1] + 4)
        return sum(array.nbytes for array in arrays) + of_rows + self.delta.nbytes

    @cached_property
    def _centres_in_bytes(self) -> Columns:
        return Columns.of(self.centres.T)

    @cached_property
    def _squares(self) -> Floats:
        squares: Floats = np.einsum("ij,ij->i", self.centres, self.centres)
        return squares

    @cached_property
    def _inverse_norms(self) -> Floats:
        """One over about the length of each bucket's mean row; a bucket without rows is never the best."""
        inner = float(self.codec.mean @ self.codec.mean)
        squares = inner + 2 * self.centre_biases[0] + self._squares
        inverse: Floats = (1 / np.sqrt(np.maximum(squares, 0.05))).astype(np.float32)
        return inverse

    @cached_property
    def _own_terms(self) -> Floats:
        """What makes the product of a query's head and a centre into how near they are."""
        terms: Floats = self.codec.heads(self.means) @ self.centres.T - self._squares / 2
        return terms

    @cached_property
    def _planes(self) -> tuple[Floats, Floats]:
        """The router's planes in the vectors' own space, if any: normals (bits, dim) and offsets (bits,)."""
        if not isinstance(self.router, Hyperplanes):
            return np.empty((0, len(self.codec.mean)), np.float32), np.empty(0, np.float32)
        bits = len(self.router.array)
        normals = np.ascontiguousarray((self.codec.directions[:, :bits] @ self.router.array).T)
        return normals, normals @ self.codec.mean

    def with_mean(self, name: str, mean: Floats, rows: Rows) -> Layers:
        """These layers with the mean of one more modality, which reads every row once."""
        products = np.empty(len(self), np.float32)
        for start, part in rows.chunks(laying_out.CHUNK):
            if start < len(self):
                taken = part[: len(self) - start]
                products[start : start + len(taken)] = taken @ mean
        products -= np.float32(self.codec.mean @ mean)
        bias = laying_out.in_lanes(products, self.places)
        of_buckets = laying_out.means_by_bucket(bias, self.starts)[None]
        return replace(
            self,
            means=np.vstack([self.means, mean[None]]),
            names=(*self.names, name),
            biases=np.vstack([self.biases, bias[None]]),
            centre_biases=np.vstack([self.centre_biases, of_buckets]),
            delta=self.delta.with_mean(products[self.listed :]),
        )

    def extended(self, rows: Rows) -> Layers:
        """These layers over all of `rows`, which go on where these end; only the newest may be extended."""
        heads, row_codes, row_scales = laying_out.coded(self.codec, rows, len(self))
        return replace(
            self,
            delta=self.delta.extended(heads, self.codec.packed(heads), self._biases(rows)),
            row_codes=self.row_codes.extended(row_codes),
            row_scales=self.row_scales.appended(row_scales),
        )

    def merged(self, alive: Mask) -> Layers:
        """These layers with the delta's rows in buckets, and without the lanes of rows that are not alive."""
        from pixie.index.fit_kernels import fit_kernels

        delta, groups = self.delta, self.delta.heads.shape[1] // 8
        kept = np.flatnonzero((self.places >= 0) & alive[np.maximum(self.places, 0)])
        old = np.repeat(np.arange(self.buckets), np.diff(self.starts) * LANES)[kept]
        came = np.flatnonzero(alive[self.listed : len(self)])
        heads = delta.heads[came]
        new = np.minimum(self.router.route(heads), self.buckets - 1)
        sources = np.concatenate([kept, came])
        buckets = np.concatenate([old, new])
        order = np.argsort(buckets, kind="stable")
        lanes, starts = laying_out.lanes_of(buckets[order], self.buckets)
        positions = np.concatenate([self.places[kept], came + self.listed])[order]
        places = laying_out.placed(positions, lanes, starts)
        codes = np.full(len(places) * groups, 0x88888888, np.uint32)
        biases = np.full((len(self.names), len(places)), laying_out.MISSING, np.float32)
        from_delta = order >= len(kept)
        for source, of_mean, taken in (
            (self.codes, self.biases, ~from_delta),
            (delta.codes, delta.biases.transpose(1, 0, 2).reshape(len(self.names), -1), from_delta),
        ):
            lanes_from, lanes_to = sources[order[taken]], lanes[taken]
            words = source.reshape(-1).view(np.uint32)
            fit_kernels().copy_lanes(words, lanes_from, codes, lanes_to, groups)
            biases[:, lanes_to] = of_mean[:, lanes_from]
        sums = self.centres * np.bincount(old, minlength=self.buckets)[:, None].astype(np.float64)
        fit_kernels().sums_by_bucket(heads, new, sums)
        sizes = np.bincount(buckets, minlength=self.buckets)
        return replace(
            self,
            codes=codes.view(np.uint8),
            places=places,
            starts=starts,
            delta=Delta.empty(delta.heads.shape[1], len(self.names)),
            centres=(sums / np.maximum(sizes, 1)[:, None]).astype(np.float32),
            biases=biases,
            centre_biases=np.stack([laying_out.means_by_bucket(bias, starts) for bias in biases]),
        )

    def followed(self, newest: Layers, rows: Rows) -> Layers:
        """These layers, made of what `newest` was earlier, with the rows that came to it since.

        Parameters
        ----------
        newest
            Codes rows as these layers do. Where its delta's room is theirs as well, what is written there is
            what is there already.
        rows
            All rows of `newest`.
        """
        since = slice(newest.delta.count - (len(newest) - len(self)), newest.delta.count)
        heads = newest.delta.heads[since]
        return replace(
            self,
            delta=self.delta.extended(heads, self.codec.packed(heads), self._biases(rows)),
            row_codes=newest.row_codes,
            row_scales=newest.row_scales,
        )

    def _biases(self, rows: Rows) -> Floats:
        """``mean . (x - codec.mean)`` for each mean and each of the rows after these, float32 (m, r)."""
        products = [part @ self.means.T for _, part in rows.chunks(laying_out.CHUNK, len(self))]
        biases: Floats = (np.concatenate(products) - self.means @ self.codec.mean).T
        return biases

    def slots(self, queries: FloatMatrix, modality: str | None) -> Positions:
        """Which mean each query is taken to lie around: its modality's if known, else the nearest."""
        if modality in self.names:
            return np.full(len(queries), self.names.index(modality), np.int64)
        squares = np.einsum("ij,ij->i", self.means, self.means)
        nearest: Positions = np.argmin(squares - 2 * (queries @ self.means.T), axis=1).astype(np.int64)
        return nearest

    def search(
        self, rows: Rows, queries: FloatMatrix, slots: Positions, k: int, usable: Mask | None, work: Work
    ) -> Found:
        """The k best usable rows that this much work finds, best first."""
        from pixie.index import compiling, search_kernel

        count = len(queries)
        found = Found(
            rows=np.full((count, k), -1, np.int64),
            scores=np.full((count, k), -np.inf, np.float32),
            looked_at=np.zeros((count, 4), np.int64),
            cycles=np.zeros(4, np.int64),
        )
        search_kernel.search_on(compiling.chosen_path())(
            queries,
            slots,
            self.codec.mean,
            self.means,
            *self.codec.directions_in_bytes,
            self.codec.steps,
            *self._centres_in_bytes,
            self.centre_biases,
            self._inverse_norms,
            self._own_terms,
            *self._planes,
            self.codes,
            self.biases,
            self.places,
            self.starts,
            self.delta.codes,
            self.delta.biases,
            self.delta.count,
            self.row_codes.addresses,
            self.row_codes.starts,
            self.row_scales.values,
            rows.vectors.addresses,
            rows.vectors.starts,
            rows.numbers,
            _ALL_USABLE if usable is None else usable,
            min(work.probes, self.buckets),
            work.wider,
            work.candidates,
            work.reranked,
            *found,
        )
        return found
