"""Rows in bytes, which bound their cosines: what they rule out need not be read.

With x' the row that its bytes stand for and q' the query in two bytes a dimension

    |q . x - q' . x'|  <=  |q| |x - x'|  +  |q - q'| |x' - m|

where m is the mean that both leave out. The length of x - x' is kept for each row and that of q - q' is
small, so each row has a highest and a lowest possible cosine. Rows whose highest is below the k-th of the
lowest are not among the k best; all others are scored by their floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pixie.index.growing import Growing
from pixie.index.ranking import ROUNDING, Best

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import FloatMatrix, Mask, Positions, Rows

    Floats = npt.NDArray[np.float32]

_CHUNK = 16_384
_SAMPLE = 20_000
_FINE = 254
"""Steps of the second byte in one of the first: it holds -127 to 127 for half a step to either side."""

_UNIT = 0.02
"""How far from 1 the square of a row's length may be; `checks` allows a tenth of that."""

_GATHERED = 1024


@dataclass(frozen=True)
class Bytes:
    """The first positions of some rows, in bytes.

    Attributes
    ----------
    centre
        float32 (dim,), about the mean of the rows.
    codes
        uint8 (n, width): ``centre + scale * (code - 128)`` is nearly the row. The width is a multiple of 64.
    scales
        float32 (n,).
    errors
        float32 (n,), no less than the distance of each row from what its bytes stand for.
    """

    centre: Floats
    codes: Growing
    scales: Growing
    errors: Growing

    @classmethod
    def of(cls, rows: Rows) -> Bytes:
        """All of `rows` in bytes, which reads them once."""
        step = max(1, len(rows) // _SAMPLE)
        sample = rows.take(np.arange(0, len(rows), step, dtype=np.int64))
        sound = sample[_are_unit(sample)]
        centre = sound.sum(axis=0, dtype=np.float64) / max(1, len(sound))
        width = -(-rows.dim // 64) * 64
        like = np.empty((0, width), np.uint8)
        some = np.empty(0, np.float32)
        count = len(rows)
        return cls(
            centre.astype(np.float32),
            Growing.empty(count, like),
            Growing.empty(count, some),
            Growing.empty(count, some),
        ).extended(rows)

    @property
    def listed(self) -> int:
        """How many positions are held."""
        return self.codes.count

    @property
    def nbytes(self) -> int:
        """Bytes in memory, but for spare room."""
        return sum(part.values.nbytes for part in (self.codes, self.scales, self.errors))

    def extended(self, rows: Rows) -> Bytes:
        """These and all later positions of `rows`. Only the newest may be extended."""
        from pixie.index.fit_kernels import fit_kernels

        made = self
        for _, part in rows.chunks(_CHUNK, self.listed):
            part = np.ascontiguousarray(part)
            codes = np.full((len(part), self.codes.room.shape[1]), 128, np.uint8)
            scales = np.empty(len(part), np.float32)
            fit_kernels().bytes_of_rows(part, self.centre, codes, scales)
            errors = _errors(part, codes, scales, self.centre)
            # Of a row that was damaged on disk nothing is known, so it is always read.
            damaged = ~_are_unit(part)
            codes[damaged], scales[damaged], errors[damaged] = 128, 0, np.inf
            made = Bytes(
                made.centre,
                made.codes.appended(codes),
                made.scales.appended(scales),
                made.errors.appended(errors),
            )
        return made

    def candidates(self, rows: Rows, queries: FloatMatrix, k: int, usable: Mask | None) -> list[Positions]:
        """For each query every usable position held here that may be among the k best of those."""
        asked = Asked.of(queries, self.centre, self.codes.room.shape[1])
        bounds = [Bounds(k) for _ in range(len(queries))]
        for start in range(0, self.listed, _CHUNK):
            part = slice(start, min(start + _CHUNK, self.listed))
            errors = self.errors.values[part] * asked.longest + asked.error
            if usable is not None:
                errors = np.where(usable[part], errors, np.float32(-np.inf))
            products = asked.products(self.codes.values[part], self.scales.values[part])
            for query, kept in enumerate(bounds):
                kept.offer(start, products[query], errors)
        return [_best(rows, queries[query], kept.positions(), k) for query, kept in enumerate(bounds)]


def _errors(rows: FloatMatrix, codes: npt.NDArray[np.uint8], scales: Floats, centre: Floats) -> Floats:
    """No less than how far rows are from what their bytes stand for."""
    with np.errstate(over="ignore", invalid="ignore"):
        left = codes[:, : rows.shape[1]].astype(np.float32)
        left -= 128
        left *= scales[:, None]
        left += centre
        left -= rows
        # Rounding moves these lengths by a millionth of themselves.
        errors: Floats = np.sqrt(np.einsum("ij,ij->i", left, left)) * np.float32(1 + 1e-5)
    return errors


def _are_unit(rows: FloatMatrix) -> Mask:
    """Which rows are about of length 1; others were damaged on disk."""
    with np.errstate(over="ignore", invalid="ignore"):
        unit: Mask = np.abs(np.einsum("ij,ij->i", rows, rows) - 1) < _UNIT
    return unit


@dataclass(frozen=True)
class Asked:
    """Queries in two bytes a dimension, and what that and rounding can move a product by."""

    coarse: npt.NDArray[np.int8]
    fine: npt.NDArray[np.int8]
    offsets: npt.NDArray[np.int64]
    units: npt.NDArray[np.float64]
    bases: npt.NDArray[np.float64]
    longest: np.float32
    error: np.float32

    @classmethod
    def of(cls, queries: FloatMatrix, centre: Floats, width: int) -> Asked:
        """Unit queries for rows in bytes around `centre`, `width` of them each."""
        dim = queries.shape[1]
        coarse, fine = np.zeros((2, len(queries), width), np.int8)
        scales = np.abs(queries).max(axis=1, initial=0).astype(np.float64) / 127
        wide = queries / scales[:, None]
        coarse[:, :dim] = np.rint(wide)
        fine[:, :dim] = np.rint((wide - coarse[:, :dim]) * _FINE)
        steps = coarse.astype(np.int64) * _FINE + fine
        units = scales / _FINE
        left = queries - steps[:, :dim] * units[:, None]
        # The centre lies within the unit ball, and so no row is further than 2.01 from it.
        lost = 2.01 * float(np.sqrt(np.einsum("ij,ij->i", left, left)).max(initial=0))
        longest = float(np.sqrt(np.einsum("ij,ij->i", queries, queries)).max(initial=0))
        return cls(
            coarse,
            fine,
            128 * steps.sum(axis=1),
            units,
            queries.astype(np.float64) @ centre.astype(np.float64),
            np.float32(longest * (1 + 1e-5)),
            np.float32(lost + ROUNDING),
        )

    def products(self, codes: npt.NDArray[np.uint8], scales: Floats) -> Floats:
        """About the cosines of the queries and the rows that these bytes stand for, float32 (q, n)."""
        from pixie.index import byte_scan, compiling

        out = np.empty((len(self.coarse), len(codes)), np.float32)
        byte_scan.products_on(compiling.chosen_path())(
            codes, scales, self.coarse, self.fine, self.offsets, self.units, self.bases, out
        )
        return out


class Bounds:
    """What may still be among the k best of one query, as blocks of products and their errors come in."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._floor = np.float32(-np.inf)
        self._positions: list[Positions] = []
        self._highest: list[Floats] = []
        self._lowest = np.empty(0, np.float32)

    def offer(self, first: int, products: Floats, errors: Floats) -> None:
        """Take in the run that starts at a position; an error of -inf leaves a row out."""
        highest = products + errors
        above = np.flatnonzero(highest > self._floor)
        if not above.size:
            return
        self._positions.append(above + first)
        self._highest.append(highest[above])
        lowest = np.concatenate([self._lowest, products[above] - errors[above]])
        if len(lowest) > self._k:
            lowest = np.partition(lowest, len(lowest) - self._k)[len(lowest) - self._k :]
        if len(lowest) == self._k:
            self._floor = max(self._floor, lowest.min())
        self._lowest = lowest

    def positions(self) -> Positions:
        """Every position that may be among the k best, in order."""
        if not self._positions:
            return np.empty(0, np.int64)
        kept = np.concatenate(self._highest) >= self._floor
        positions: Positions = np.concatenate(self._positions)[kept]
        return positions


def _best(rows: Rows, query: Floats, positions: Positions, k: int) -> Positions:
    """Those of `positions` that may be among the k best by their floats."""
    best = Best(k)
    for start in range(0, len(positions), _GATHERED):
        part = positions[start : start + _GATHERED]
        best.offer(part, rows.take(part) @ query)
    return best.positions()
