"""The lsh index: learnt hyperplanes put rows into buckets, layers of codes find the best rows in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from pixie.index.layered import Layered, LayeredSettings
from pixie.index.routers import Hyperplanes

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.routers import Router

    Floats = npt.NDArray[np.float32]

ROWS_A_BUCKET = 200
"""Rows a bucket is meant to hold."""

MOST_BITS = 16

_ITERATIONS = 30
_SAMPLE = 20_000


@dataclass(frozen=True)
class LshSettings(LayeredSettings):
    """Settings of `lsh`; see also `LayeredSettings`. The defaults aim at recall@10 of 0.95.

    Attributes
    ----------
    bits
        Hyperplanes, 1 to 16; they make ``2**bits`` buckets. More cut finer, so that fewer rows are looked at,
        but every query is compared with the mean of every bucket. None: buckets of about 200 rows.
    """

    bits: int | None = None

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {**LayeredSettings.RANGES, "bits": (1, MOST_BITS)}


class Lsh(Layered):
    """Buckets by hyperplanes that are learnt from the rows, which takes no time worth speaking of.

    The hyperplanes are those of iterative quantization (Gong and Lazebnik 2011): the strongest principal
    components, rotated so that rows lie far from the planes. Buckets are opened in the order of their mean
    rows' cosines, so it does not matter on which side of a plane a query falls.
    """

    kind = "lsh"
    settings_type = LshSettings
    settings: LshSettings

    def _fit_router(self, heads: Floats, _threads: int, /) -> Router:
        return hyperplanes(heads, self.settings.bits or bits_for(len(heads)), self.settings.seed)


def bits_for(rows: int) -> int:
    """How many hyperplanes make buckets of about `ROWS_A_BUCKET` of these rows."""
    return int(np.clip(round(np.log2(max(rows, 1) / ROWS_A_BUCKET)), 1, MOST_BITS))


def hyperplanes(heads: Floats, bits: int, seed: int) -> Hyperplanes:
    """Planes through rows with these heads, `bits` at most, fitted to a sample of them."""
    bits = min(bits, heads.shape[1])
    sample = heads[:: max(1, len(heads) // _SAMPLE), :bits]
    return Hyperplanes(quantising_rotation(np.ascontiguousarray(sample), seed))


def quantising_rotation(sample: Floats, seed: int) -> Floats:
    """The rotation R that brings rows of `sample` near the corners of a cube: least ``|sign(X R) - X R|``.

    By turns the corners are chosen for R and R for the corners (orthogonal Procrustes); Gong and Lazebnik,
    "Iterative Quantization" (2011).
    """
    bits = sample.shape[1]
    start = np.random.default_rng(seed).standard_normal((bits, bits))
    rotation: Floats = np.linalg.qr(start)[0].astype(np.float32)
    for _ in range(_ITERATIONS):
        corners = np.where(sample @ rotation > 0, np.float32(1), np.float32(-1))
        left, _, right = np.linalg.svd(sample.T @ corners)
        rotation = (left @ right).astype(np.float32)
    return rotation
