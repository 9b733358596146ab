"""The compiled part of `prefilter`: products of rows in bytes with a few queries."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import types

from pixie.index import vector_code as code
from pixie.index.coded_products import byte_dot
from pixie.index.compiling import array, compiled
from pixie.index.emit import PATHS


def _products(path, codes, scales, coarse, fine, offsets, units, bases, out):  # type: ignore[no-untyped-def]
    width = codes.shape[1]
    for row in range(len(codes)):
        at_row = code.address(codes) + np.uintp(row * width)
        for query in range(len(coarse)):
            shift = np.uintp(query * width)
            whole = byte_dot(path, at_row, code.address(coarse) + shift, width // 64)
            rest = byte_dot(path, at_row, code.address(fine) + shift, width // 64)
            steps = np.int64(whole) * 254 + np.int64(rest) - offsets[query]
            out[query, row] = np.float32(bases[query] + units[query] * scales[row] * np.float64(steps))


@functools.cache
def products_on(path: str) -> Any:
    """The products, compiled for a path; `prefilter.Bytes` says what the arguments are."""
    f32, f64, i64 = types.float32, types.float64, types.int64
    signature = types.void(
        types.UniTuple(i64, PATHS[path]),
        array(types.uint8, 2),  # codes
        array(f32, 1),  # scales
        array(types.int8, 2),  # coarse
        array(types.int8, 2),  # fine
        array(i64, 1),  # offsets
        array(f64, 1),  # units
        array(f64, 1),  # bases
        array(f32, 2, readonly=False),  # out
    )
    return functools.partial(compiled(_products, signature), (0,) * PATHS[path])
