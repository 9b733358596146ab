"""Scoring rows by their heads, block by block, as functions for the compiled search to call."""

from __future__ import annotations

import numpy as np

from pixie.index import vector_code as code
from pixie.index.coded_products import head_scores
from pixie.index.codes import LANES
from pixie.index.compiling import inlined
from pixie.index.last_layers import ask_for

_BLOCKS_AHEAD = 8
"""Blocks of heads asked for before they are scored."""


@inlined
def by_bucket(opened, counts, starts, first, members, blocks, buckets_of):  # type: ignore[no-untyped-def]
    """Turn what buckets each query opened into what queries opened each bucket.

    ``opened`` (g, probes) holds the `counts` (g,) buckets of each query. Queries and turns of bucket b become
    ``members[first[b]:first[b + 1]]``, and the blocks of all opened buckets, in order, ``blocks`` with their
    ``buckets_of``; how many blocks they are is returned.
    """
    first[:] = 0
    for query in range(len(counts)):
        for turn in range(counts[query]):
            first[opened[query, turn] + 2] += 1
    listed = 0
    for bucket in range(len(starts) - 1):
        if first[bucket + 2] > 0:
            for block in range(starts[bucket], starts[bucket + 1]):
                blocks[listed], buckets_of[listed] = block, bucket
                listed += 1
        first[bucket + 2] += first[bucket + 1]
    for query in range(len(counts)):
        for turn in range(counts[query]):
            bucket = opened[query, turn]
            members[first[bucket + 1], 0], members[first[bucket + 1], 1] = query, turn
            first[bucket + 1] += 1
    return listed


@inlined
def score_heads(  # type: ignore[no-untyped-def]
    path,
    heads,
    offsets,
    scales,
    slots,
    codes,
    groups,
    biases,
    blocks,
    buckets_of,
    listed,
    starts,
    first,
    members,
    places_of,
    scores,
):
    """Write the scores of the rows in opened buckets; a block is read once for all queries that opened it."""
    lanes = biases.shape[1]
    for i in range(listed):
        # Buckets lie here and there, and are too short for the processor to see what comes.
        if i + _BLOCKS_AHEAD < listed:
            ask_for(codes + np.uintp(blocks[i + _BLOCKS_AHEAD] * groups * 64), groups * 64)
        block, bucket = blocks[i], buckets_of[i]
        for member in range(first[bucket], first[bucket + 1]):
            query, turn = members[member, 0], members[member, 1]
            head_scores(
                path,
                codes + np.uintp(block * groups * 64),
                code.address(heads) + np.uintp(query * heads.shape[1]),
                groups,
                offsets[query],
                scales[query],
                code.address(biases) + np.uintp((slots[query] * lanes + block * LANES) * 4),
                code.address(scores)
                + np.uintp((places_of[query, turn] + (block - starts[bucket]) * LANES) * 4),
            )


@inlined
def score_delta(  # type: ignore[no-untyped-def]
    path, heads, offsets, scales, slots, codes, groups, biases, rows, ends, scores
):
    """Write the scores of the rows outside the buckets, behind those of each query's buckets."""
    blocks = -(-rows // LANES)
    for block in range(blocks):
        for query in range(len(offsets)):
            head_scores(
                path,
                code.address(codes) + np.uintp(block * groups * 64),
                code.address(heads) + np.uintp(query * heads.shape[1]),
                groups,
                offsets[query],
                scales[query],
                code.address(biases) + np.uintp((block * biases.shape[1] + slots[query]) * LANES * 4),
                code.address(scores) + np.uintp((ends[query] + block * LANES) * 4),
            )
    for query in range(len(offsets)):
        for place in range(ends[query] + rows, ends[query] + blocks * LANES):
            scores[place] = -np.inf


@inlined
def list_lanes(opened, query, count, starts, lanes):  # type: ignore[no-untyped-def]
    """Write the first lane of each block whose rows a query scored, in the order of their scores."""
    listed = 0
    for turn in range(count):
        bucket = opened[query, turn]
        for block in range(starts[bucket], starts[bucket + 1]):
            lanes[listed] = block * LANES
            listed += 1


@inlined
def leave_out(usable, scores, lanes, count, places, delta_place, delta_rows):  # type: ignore[no-untyped-def]
    """Take away the scores of rows that may not be returned; `lanes` tells those of the first `count`."""
    for i in range(count):
        place = places[lanes[i // LANES] + i % LANES]
        if place >= 0 and not usable[place]:
            scores[i] = -np.inf
    for row in range(delta_rows):
        if not usable[delta_place + row]:
            scores[count + row] = -np.inf
