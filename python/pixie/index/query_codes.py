"""A query as the compiled search multiplies it: what sets it apart from its mean, and that in bytes."""

from __future__ import annotations

import numpy as np

from pixie.index import vector_code as code
from pixie.index.coded_products import column_dots
from pixie.index.codes import LANES
from pixie.index.compiling import inlined


@inlined
def prepare(queries, query, means, slot, exact, rest):  # type: ignore[no-untyped-def]
    """Write a query in float64, and what sets it apart from its mean in float32."""
    for i in range(queries.shape[1]):
        exact[i] = np.float64(queries[query, i])
        rest[i] = queries[query, i] - means[slot, i]


@inlined
def signed_bytes(numbers, out):  # type: ignore[no-untyped-def]
    """Write a multiple of 16 numbers as signed bytes, -127 to 127; their scale, and the sum of the bytes."""
    top = code.largest_magnitude(code.address(numbers), len(numbers) // LANES)
    scale = top / np.float32(127) if top > 0 else np.float32(1)
    inverse = np.float32(1) / scale
    total = np.int32(0)
    for i in range(len(numbers)):
        byte = np.int8(np.rint(numbers[i] * inverse))
        out[i] = byte
        total += np.int32(byte)
    return scale, total


@inlined
def products_of(path, query, matrix, scales, columns, weighted, query_bytes, dots, out):  # type: ignore[no-untyped-def]
    """Write the products of a query with the columns of a matrix, which is a `codes.Columns`."""
    for i in range(len(scales)):
        weighted[i] = query[i] * scales[i]
    scale, total = signed_bytes(weighted, query_bytes)
    groups = len(scales) // 4
    for block in range(columns // LANES):
        column_dots(
            path,
            code.address(matrix) + np.uintp(block * groups * 64),
            code.address(query_bytes),
            groups,
            code.address(dots) + np.uintp(block * LANES * 4),
        )
    for i in range(columns):
        out[i] = scale * np.float32(dots[i] - 64 * total)
