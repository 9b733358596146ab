"""Which buckets a query opens, as functions for the compiled search to call."""

from __future__ import annotations

import numpy as np

from pixie.index import vector_code as code
from pixie.index.codes import LANES
from pixie.index.compiling import inlined
from pixie.index.selection import enough, largest, padded

_BLOCKS_COUNTED = 8
"""Blocks of a bucket in which allowed rows are counted, about."""


@inlined
def score_buckets(  # type: ignore[no-untyped-def]
    products, base, biases, inverse_norms, own_terms, slot, side, scores
):
    """The cosine of each bucket's mean row; the bucket that the query itself belongs to comes first.

    That is bucket `side`, or where this is negative the one whose mean is nearest.
    """
    buckets = biases.shape[1]
    for bucket in range(buckets):
        scores[bucket] = (products[bucket] + biases[slot, bucket] + base) * inverse_norms[bucket]
        products[bucket] += own_terms[slot, bucket]
    # A row finds itself, also where buckets' means say little.
    for bucket in range(buckets, padded(buckets)):
        scores[bucket] = products[bucket] = -np.inf
    chunks = padded(buckets) // LANES
    nearest = code.largest_of(code.address(products), chunks)
    top = code.largest_of(code.address(scores), chunks)
    for bucket in range(buckets):
        if bucket == side or (side < 0 and products[bucket] == nearest):
            scores[bucket] = top + np.float32(1)


@inlined
def side_of(query, dim, planes, offsets):  # type: ignore[no-untyped-def]
    """The bucket of a query by `routers.Hyperplanes`; -1 where there are no planes."""
    if len(offsets) == 0:
        return -1
    side = 0
    for plane in range(len(offsets)):
        along = code.cosine(code.address(planes) + np.uintp(plane * dim * 4), query, dim)
        side += (np.float32(along) > offsets[plane]) << plane
    return side


@inlined
def count_allowed(usable, places, starts, allowed):  # type: ignore[no-untyped-def]
    """Write about how many rows of each bucket may be returned; 0 only where there are none.

    Gives their mean, and how alike allowed rows are: their share in the bucket that one of them lies in, over
    that in all buckets; 1 of rows drawn at random.
    """
    rows = total = around = np.float32(0)
    for bucket in range(len(allowed)):
        first, end = starts[bucket], starts[bucket + 1]
        step = max(1, (end - first) // _BLOCKS_COUNTED)
        size = count = np.float32(0)
        for block in range(first, end, step):
            for lane in range(block * LANES, (block + 1) * LANES):
                place = places[lane]
                size += place >= 0
                count += place >= 0 and usable[place]
        if step > 1:
            # There may be one in a block that was not seen.
            count = max(count, np.float32(0.5))
        allowed[bucket] = count * np.float32(step)
        rows += size * np.float32(step)
        total += allowed[bucket]
        around += allowed[bucket] * count / max(size, np.float32(1))
    alike = around * rows / (total * total) if total > 0 else np.float32(1)
    return total / np.float32(len(allowed)), alike


@inlined
def open_allowed(  # type: ignore[no-untyped-def]
    scores, buckets, allowed, wanted, fewest, most, columns, best, chosen
):
    """The best buckets that hold `wanted` allowed rows together, `fewest` to `most`; how many."""
    for bucket in range(buckets):
        if allowed[bucket] == 0:
            scores[bucket] = -np.inf
    held = largest(scores, buckets, most, columns, best, chosen)
    return enough(allowed, wanted, fewest, held, best, chosen) if held else 0
