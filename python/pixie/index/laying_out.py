"""How rows are coded and laid out in buckets: 16 lanes to a block, and every bucket begins with a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pixie.index.codes import LANES
from pixie.index.threads import in_parts

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.codes import Codec
    from pixie.index.rows import Positions, Rows

    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.uint8]

CHUNK = 16_384
"""Rows that are taken at once."""

SAMPLE_ROWS = 100_000
"""Rows that a structure is fitted to, about."""

MISSING = np.float32(-np.inf)
"""The bias of a lane without a row, and of a bucket without rows."""


def sample_of(rows: Rows) -> Floats:
    """Rows to fit to, spread evenly: those that were added together are often alike."""
    step = max(1, len(rows) // SAMPLE_ROWS)
    return rows.take(np.arange(0, len(rows), step, dtype=np.int64))


def coded(codec: Codec, rows: Rows, first: int, threads: int = 1) -> tuple[Floats, Bytes, Floats]:
    """Heads, bytes and their scales of the positions from `first` on."""
    from pixie.index.fit_kernels import fit_kernels

    count = len(rows) - first
    heads = np.empty((count, len(codec.steps)), np.float32)
    row_codes = np.empty((count, -(-rows.dim // 64) * 64), np.uint8)
    row_codes[:, rows.dim :] = 128
    row_scales = np.empty(count, np.float32)
    to_bytes = fit_kernels().bytes_of_rows

    def fill(begin: int, end: int) -> None:
        for start, part in rows.chunks(CHUNK, first + begin):
            start -= first
            if start >= end:
                return
            part = np.ascontiguousarray(part[: end - start])
            taken = slice(start, start + len(part))
            codec.heads(part, out=heads[taken])
            to_bytes(part, codec.mean, row_codes[taken], row_scales[taken])

    in_parts(fill, count, CHUNK, threads)
    return heads, row_codes, row_scales


class Lanes(NamedTuple):
    """Where rows lie: ``lanes`` int64 (n,), 16 to a block, and ``starts`` int64 (buckets + 1,) in blocks."""

    lanes: Positions
    starts: Positions


def lanes_of(buckets: Positions, number: int) -> Lanes:
    """Lanes for rows of these buckets, which ascend; every bucket begins with a new block."""
    sizes = np.bincount(buckets, minlength=number)
    starts = np.concatenate([[0], np.cumsum(-(-sizes // LANES))]).astype(np.int64)
    first_of_bucket = np.cumsum(sizes) - sizes
    return Lanes(starts[buckets] * LANES + np.arange(len(buckets)) - first_of_bucket[buckets], starts)


def placed(positions: Positions, lanes: Positions, starts: Positions) -> npt.NDArray[np.int32]:
    """The position in each lane, -1 in those left over."""
    places = np.full(starts[-1] * LANES, -1, np.int32)
    places[lanes] = positions
    return places


def in_blocks(codec: Codec, heads: Floats, order: Positions, lanes: Positions, room: int) -> Bytes:
    """Codes of the heads of some rows in their lanes, block after block; see `coded_products.head_scores`."""
    packed = np.full((room, heads.shape[1] // 2), 0x88, np.uint8)
    for start in range(0, len(order), CHUNK):
        taken = slice(start, start + CHUNK)
        packed[lanes[taken]] = codec.packed(heads[order[taken]])
    groups = heads.shape[1] // 8
    return np.ascontiguousarray(packed.reshape(-1, LANES, groups, 4).transpose(0, 2, 1, 3).reshape(-1))


def in_lanes(biases: Floats, places: npt.NDArray[np.int32]) -> Floats:
    """The bias of the position in each lane, `MISSING` in those left over."""
    bias = np.full(len(places), MISSING, np.float32)
    held = places >= 0
    bias[held] = biases[places[held]]
    return bias


def means_by_bucket(bias: Floats, starts: Positions) -> Floats:
    """The mean of a bias over the rows of each bucket, -inf for those without any."""
    number = len(starts) - 1
    bucket_of_lane = np.repeat(np.arange(number), np.diff(starts) * LANES)
    held = bias > MISSING
    sums = np.bincount(bucket_of_lane[held], weights=bias[held], minlength=number)
    sizes = np.bincount(bucket_of_lane[held], minlength=number)
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), MISSING).astype(np.float32)
