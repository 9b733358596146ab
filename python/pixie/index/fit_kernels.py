"""What is compiled for fitting layers and merging rows into them."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

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


class FitKernels(NamedTuple):
    """What is compiled for fitting.

    ``bytes_of_rows`` quantises rows less their mean to unsigned bytes, each row with a scale of its own.
    ``sums_by_bucket`` adds each vector to the sum of its bucket. ``copy_lanes`` copies rows' codes, 4 bytes a
    group seen as one uint32, from some lanes to others.
    """

    bytes_of_rows: Any
    sums_by_bucket: Any
    copy_lanes: Any


@functools.cache
def fit_kernels() -> FitKernels:
    """All of them, so that none is left to be compiled in the background of a process that ends meanwhile."""
    f32, f64, i64, u32, u8 = types.float32, types.float64, types.int64, types.uint32, types.uint8
    return FitKernels(
        compiled(
            _bytes_of_rows,
            types.void(array(f32, 2), array(f32, 1), array(u8, 2, readonly=False), array(f32, 1, False)),
        ),
        compiled(_sums_by_bucket, types.void(array(f32, 2), array(i64, 1), array(f64, 2, readonly=False))),
        compiled(
            _copy_lanes,
            types.void(array(u32, 1), array(i64, 1), array(u32, 1, readonly=False), array(i64, 1), i64),
        ),
    )
