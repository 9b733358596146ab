"""What is compiled for fitting layers and merging rows into them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import types

from pixie.index.codes import LANES
from pixie.index.compiling import array, compiled


def _bytes_of_rows(rows, centre, codes, scales):  # type: ignore[no-untyped-def]
    for row in range(len(rows)):
        largest = np.float32(0)
        for i in range(rows.shape[1]):
            largest = max(largest, abs(rows[row, i] - centre[i]))
        scale = largest / np.float32(127) if largest > 0 else np.float32(1)
        scales[row] = scale
        inverse = np.float32(1) / scale
        for i in range(rows.shape[1]):
            codes[row, i] = np.uint8(np.rint((rows[row, i] - centre[i]) * inverse) + 128)


def _sums_by_bucket(vectors, buckets, sums):  # type: ignore[no-untyped-def]
    for row in range(len(vectors)):
        bucket = buckets[row]
        for i in range(vectors.shape[1]):
            sums[bucket, i] += vectors[row, i]


def _copy_lanes(codes, lanes, into, to_lanes, groups):  # type: ignore[no-untyped-def]
    for i in range(len(lanes)):
        source = lanes[i] // LANES * groups * LANES + lanes[i] % LANES
        target = to_lanes[i] // LANES * groups * LANES + to_lanes[i] % LANES
        for group in range(groups):
            into[target + group * LANES] = codes[source + group * LANES]


@functools.cache
def bytes_of_rows() -> Any:
    """Quantises rows less their mean to unsigned bytes, each row with a scale of its own."""
    f32 = types.float32
    return compiled(
        _bytes_of_rows,
        types.void(array(f32, 2), array(f32, 1), array(types.uint8, 2, readonly=False), array(f32, 1, False)),
    )


@functools.cache
def sums_by_bucket() -> Any:
    """Adds each vector to the sum of its bucket."""
    return compiled(
        _sums_by_bucket,
        types.void(array(types.float32, 2), array(types.int64, 1), array(types.float64, 2, readonly=False)),
    )


@functools.cache
def copy_lanes() -> Any:
    """Copies rows' codes, 4 bytes a group seen as one uint32, from some lanes to others."""
    u32, i64 = types.uint32, types.int64
    return compiled(
        _copy_lanes,
        types.void(array(u32, 1), array(i64, 1), array(u32, 1, readonly=False), array(i64, 1), i64),
    )
