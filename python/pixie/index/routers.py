"""What tells the bucket of a row: the layered kinds differ in this and in nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from pixie.index.threads import in_parts

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Positions = npt.NDArray[np.int64]

_PRODUCTS = 1 << 20
"""Products worked out at once, so that they lie in the processor's cache until the largest is found."""


class Router(Protocol):
    """Fitted once, immutable."""

    name: ClassVar[str]

    @property
    def array(self) -> Floats:
        """What `ROUTERS` make the same router of."""

    def route(self, heads: Floats, threads: int = 1, /) -> Positions:
        """The bucket of each row, int64 (n,), by its head, float32 (n, h); on so many threads."""


@dataclass(frozen=True)
class OneBucket:
    """All rows in one: so few that looking for the right buckets takes longer than scanning all heads."""

    name: ClassVar[str] = "flat"
    array: Floats

    @classmethod
    def fitted(cls) -> OneBucket:
        """The one there is."""
        return cls(np.zeros((1, 1), np.float32))

    def route(self, heads: Floats, _threads: int = 1, /) -> Positions:
        """Bucket 0 for every row."""
        return np.zeros(len(heads), np.int64)


@dataclass(frozen=True)
class Hyperplanes:
    """A bucket for each set of sides of some planes; ``array`` is float32 (bits, bits), a rotation."""

    name: ClassVar[str] = "hyperplanes"
    array: Floats

    def route(self, heads: Floats, _threads: int = 1, /) -> Positions:
        """A bit for each plane: on which side of it a row lies."""
        bits = len(self.array)
        sides: Positions = (heads[:, :bits] @ self.array > 0).astype(np.int64)
        return sides @ (1 << np.arange(bits))


@dataclass(frozen=True)
class Centres:
    """A bucket for each centre; ``array`` is float32 (buckets, d + 1), `with_halves` of the centres."""

    name: ClassVar[str] = "centres"
    array: Floats

    def route(self, heads: Floats, threads: int = 1, /) -> Positions:
        """The centre nearest each row's first d coordinates."""
        return nearest_centres(heads[:, : self.array.shape[1] - 1], self.array, threads)


@dataclass(frozen=True)
class TwoLevelCentres:
    """A bucket for each fine centre, looked for among those of the nearest coarse centre alone.

    ``array`` is float32 (coarse + buckets, d + 2): the coarse centres and then the fine ones, `with_halves`,
    and in the last column the number of a fine centre's coarse one, in ascending order; -1 for coarse ones.
    """

    name: ClassVar[str] = "centres of two levels"
    array: Floats

    def route(self, heads: Floats, threads: int = 1, /) -> Positions:
        """The fine centre nearest each row's first d coordinates, of those of its coarse centre."""
        parents = self.array[:, -1].astype(np.int64)
        centres = self.array[:, :-1]
        coarse = int(np.count_nonzero(parents < 0))
        rows = np.ascontiguousarray(heads[:, : centres.shape[1] - 1])
        nearest = nearest_centres(rows, centres[:coarse], threads)
        order = np.argsort(nearest, kind="stable")
        ends = np.cumsum(np.bincount(nearest, minlength=coarse))
        firsts = coarse + np.searchsorted(parents[coarse:], np.arange(coarse + 1))
        buckets = np.empty(len(rows), np.int64)
        for parent in np.unique(nearest).tolist():
            members = order[ends[parent - 1] if parent else 0 : ends[parent]]
            fine = centres[firsts[parent] : firsts[parent + 1]]
            buckets[members] = nearest_centres(rows[members], fine, threads) + (firsts[parent] - coarse)
        return buckets


ROUTERS: dict[str, type[OneBucket] | type[Hyperplanes] | type[Centres] | type[TwoLevelCentres]] = {
    router.name: router for router in (OneBucket, Hyperplanes, Centres, TwoLevelCentres)
}
"""Class of each router, by name."""


def with_halves(centres: Floats) -> Floats:
    """Centres, each with minus half of its square behind it, float32 (number, width + 1)."""
    halves = np.einsum("ij,ij->i", centres, centres) / np.float32(-2)
    return np.hstack([centres, halves[:, None]])


def nearest_centres(rows: Floats, centres: Floats, threads: int = 1) -> Positions:
    """The centre nearest each row, int64 (n,): that of the largest ``row . centre - |centre|**2 / 2``.

    Parameters
    ----------
    rows
        float32 (n, d).
    centres
        As `with_halves` makes them.
    threads
        How many may share the rows.
    """
    nearest = np.empty(len(rows), np.int64)
    chunk = max(64, _PRODUCTS // len(centres))

    def fill(first: int, end: int) -> None:
        # The halves are weighed with 1, which makes them part of the product.
        weights = np.ones((min(chunk, end - first), centres.shape[1]), np.float32)
        products = np.empty((len(weights), len(centres)), np.float32)
        for start in range(first, end, chunk):
            part = rows[start : min(start + chunk, end)]
            weights[: len(part), :-1] = part
            found = np.matmul(weights[: len(part)], centres.T, out=products[: len(part)])
            np.argmax(found, axis=1, out=nearest[start : start + len(part)])

    in_parts(fill, len(rows), chunk, threads)
    return nearest
