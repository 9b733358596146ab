"""The compiled search: buckets, heads, bytes and rows of one batch of queries, without the interpreter."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import types

from pixie.index import vector_code as code
from pixie.index.bucket_choice import count_allowed, open_allowed, score_buckets, side_of
from pixie.index.codes import LANES
from pixie.index.compiling import array, compiled, inlined
from pixie.index.last_layers import ask_for, find_places, keep_by_bytes, write_ranked
from pixie.index.query_codes import prepare, products_of, signed_bytes
from pixie.index.selection import columns_for, largest, padded
from pixie.index.vector_code import PATHS

_WIDER_YET = 4
"""Times as many buckets are opened at most where allowed rows are few in those near a query."""

_BLOCKS_AHEAD = 8
"""Blocks of heads asked for before they are scored."""

_MOST_TOGETHER = 256
"""Queries of a batch for which a bucket is read once."""

_SCORES_TOGETHER = 1 << 21
"""Scores of heads, of all queries that are searched together: 8 MB."""


@inlined
def _by_bucket(opened, counts, starts, first, members, blocks, buckets_of):  # type: ignore[no-untyped-def]
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
def _score_heads(  # type: ignore[no-untyped-def]
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
            code.head_scores(
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
def _score_delta(  # type: ignore[no-untyped-def]
    path, heads, offsets, scales, slots, codes, groups, biases, rows, ends, scores
):
    """Write the scores of the rows outside the buckets, behind those of each query's buckets."""
    blocks = -(-rows // LANES)
    for block in range(blocks):
        for query in range(len(offsets)):
            code.head_scores(
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
def _list_lanes(opened, query, count, starts, lanes):  # type: ignore[no-untyped-def]
    """Write the first lane of each block whose rows a query scored, in the order of their scores."""
    listed = 0
    for turn in range(count):
        bucket = opened[query, turn]
        for block in range(starts[bucket], starts[bucket + 1]):
            lanes[listed] = block * LANES
            listed += 1


@inlined
def _leave_out(usable, scores, lanes, count, places, delta_place, delta_rows):  # type: ignore[no-untyped-def]
    """Take away the scores of rows that may not be returned; `lanes` tells those of the first `count`."""
    for i in range(count):
        place = places[lanes[i // LANES] + i % LANES]
        if place >= 0 and not usable[place]:
            scores[i] = -np.inf
    for row in range(delta_rows):
        if not usable[delta_place + row]:
            scores[count + row] = -np.inf


def _search(  # type: ignore[no-untyped-def]
    path,
    queries,
    slots,
    mean,
    means,
    directions,
    direction_scales,
    steps,
    centres,
    centre_scales,
    centre_biases,
    inverse_norms,
    own_terms,
    planes,
    plane_offsets,
    codes,
    biases,
    places,
    starts,
    delta_codes,
    delta_biases,
    delta_rows,
    byte_bases,
    byte_starts,
    row_scales,
    row_bases,
    row_starts,
    numbers,
    usable,
    probes,
    wider,
    candidates,
    reranked,
    found,
    found_scores,
    looked_at,
    cycles,
):
    """Search one batch; `Layers.search` says what the arguments are."""
    dim, groups, buckets, k = queries.shape[1], len(steps) // 8, len(starts) - 1, found.shape[1]
    width, wide = padded(len(steps)), -(-dim // 64) * 64
    delta_place, delta_lanes = len(row_scales) - delta_rows, padded(delta_rows)
    allowed = np.empty(buckets if len(usable) > 0 and wider > 1 else 0, np.float32)
    wanted, most_probes = np.float32(0), probes
    if len(allowed) > 0:
        mean_allowed, alike = count_allowed(usable, places, starts, allowed)
        # The mean of a bucket says less about such of its rows as are alike.
        average = probes * wider * np.sqrt(alike)
        wanted = np.float32(average) * mean_allowed
        most_probes = min(buckets, np.int64(np.ceil(_WIDER_YET * average)))
    # As many queries at once as keep their scores in cache.
    lanes = probes * (len(places) // buckets + LANES) + delta_lanes
    together = max(1, min(len(queries), _MOST_TOGETHER, _SCORES_TOGETHER // lanes))
    columns = np.empty(columns_for(max(most_probes, candidates)), np.float32)
    many = padded(buckets) + LANES
    products, bucket_scores = np.empty(many, np.float32), np.empty(many, np.float32)
    best_buckets, chosen_buckets = np.empty(many, np.float32), np.empty(many, np.int64)
    dots = np.empty(max(width, many), np.int32)
    head, weighted_head = np.zeros(width, np.float32), np.zeros(width, np.float32)
    rest, weighted_rest = np.zeros(wide, np.float32), np.zeros(wide, np.float32)
    head_bytes, rest_bytes = np.zeros((together, width), np.int8), np.zeros(wide, np.int8)
    exact, query_bases = np.empty(dim, np.float64), np.empty(together, np.float32)
    offsets, scales = np.empty(together, np.int32), np.empty(together, np.float32)
    opened, counts = np.empty((together, most_probes), np.int32), np.empty(together, np.int64)
    places_of = np.empty((together, most_probes), np.int64)
    begins, ends = np.empty(together, np.int64), np.empty(together, np.int64)
    first, members = np.empty(buckets + 2, np.int64), np.empty((together * most_probes, 2), np.int32)
    blocks, buckets_of = np.empty(len(places) // LANES, np.int64), np.empty(len(places) // LANES, np.int32)
    room = most = 0
    scores, scratch = np.empty(room, np.float32), np.empty(most, np.float32)
    best, chosen = np.empty(most, np.float32), np.empty(most, np.int64)
    start = 0
    while start < len(queries):
        began = code.cycles()
        total = group = 0
        # Buckets are as large as they happen to be, so what they come to decides how many go together.
        while group < min(together, len(queries) - start) and total < _SCORES_TOGETHER:
            query = group
            group += 1
            slot = slots[start + query]
            prepare(queries, start + query, means, slot, exact, rest)
            base = np.float32(code.cosine(code.address(mean), code.address(exact), dim))
            products_of(
                path,
                rest,
                directions,
                direction_scales,
                width,
                weighted_rest,
                rest_bytes,
                dots,
                head,
            )
            products_of(
                path,
                head,
                centres,
                centre_scales,
                padded(buckets),
                weighted_head,
                head_bytes[query],
                dots,
                products,
            )
            side = side_of(code.address(exact), dim, planes, plane_offsets)
            score_buckets(products, base, centre_biases, inverse_norms, own_terms, slot, side, bucket_scores)
            if len(allowed) > 0:
                count = open_allowed(
                    bucket_scores,
                    buckets,
                    allowed,
                    wanted,
                    probes,
                    most_probes,
                    columns,
                    best_buckets,
                    chosen_buckets,
                )
            else:
                count = largest(bucket_scores, buckets, probes, columns, best_buckets, chosen_buckets)
            begins[query] = total
            for turn in range(count):
                bucket = chosen_buckets[turn]
                opened[query, turn], places_of[query, turn] = bucket, total
                total += (starts[bucket + 1] - starts[bucket]) * LANES
            ends[query] = total
            most = max(most, total + delta_lanes - begins[query])
            total += delta_lanes
            counts[query], query_bases[query] = count, base
            for j in range(len(steps)):
                weighted_head[j] = head[j] * steps[j]
            scale, sum_of_bytes = signed_bytes(weighted_head, head_bytes[query])
            # A code c stands for the middle of its step, c - 7.5, and products are doubled to stay whole.
            offsets[query], scales[query] = np.int32(15) * sum_of_bytes, scale / np.float32(2)
        if total > room:
            room = total + total // 4
            scores = np.empty(room, np.float32)
        if most + LANES > len(best):
            scratch, best = np.empty(2 * most + LANES, np.float32), np.empty(2 * most + LANES, np.float32)
            chosen = np.empty(2 * most + LANES, np.int64)
        bucketed = code.cycles()
        listed = _by_bucket(opened, counts[:group], starts, first, members, blocks, buckets_of)
        _score_heads(
            path,
            head_bytes,
            offsets,
            scales,
            slots[start:],
            code.address(codes),
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
        )
        _score_delta(
            path,
            head_bytes,
            offsets[:group],
            scales,
            slots[start:],
            delta_codes,
            groups,
            delta_biases,
            delta_rows,
            ends,
            scores,
        )
        cycles[0] += bucketed - began
        cycles[1] += code.cycles() - bucketed
        for query in range(group):
            began = code.cycles()
            slot, base = slots[start + query], query_bases[query]
            looked = ends[query] - begins[query]
            _list_lanes(opened, query, counts[query], starts, blocks)
            own_scores = scores[begins[query] : ends[query] + delta_lanes]
            if len(usable) > 0:
                _leave_out(usable, own_scores, blocks, looked, places, delta_place, delta_rows)
            held = largest(own_scores, looked + delta_lanes, candidates, columns, best, chosen)
            held = find_places(
                base,
                slot,
                looked,
                blocks,
                biases,
                places,
                delta_biases,
                delta_place,
                held,
                best,
                chosen,
            )
            scanned = code.cycles()
            prepare(queries, start + query, means, slot, exact, rest)
            scale, sum_of_bytes = signed_bytes(rest, rest_bytes)
            kept = keep_by_bytes(
                path,
                code.address(rest_bytes),
                128 * sum_of_bytes,
                scale,
                k,
                byte_bases,
                byte_starts,
                row_scales,
                wide,
                held,
                reranked,
                best,
                chosen,
                scratch,
            )
            rescored = code.cycles()
            write_ranked(
                code.address(exact),
                dim,
                row_bases,
                row_starts,
                numbers,
                kept,
                chosen,
                scratch,
                found[start + query],
                found_scores[start + query],
            )
            of_query = looked_at[start + query]
            of_query[0], of_query[1] = counts[query], looked + delta_rows
            of_query[2], of_query[3] = held, kept
            cycles[1] += scanned - began
            cycles[2] += rescored - scanned
            cycles[3] += code.cycles() - rescored
        start += group


@functools.cache
def search_on(path: str) -> Any:
    """The search, compiled for a path."""
    f32, i32, i64, u8 = types.float32, types.int32, types.int64, types.uint8
    signature = types.void(
        types.UniTuple(i64, PATHS[path]),
        array(f32, 2),  # queries
        array(i64, 1),  # slots
        array(f32, 1),  # mean
        array(f32, 2),  # means
        array(u8, 1),  # directions
        array(f32, 1),  # direction_scales
        array(f32, 1),  # steps
        array(u8, 1),  # centres
        array(f32, 1),  # centre_scales
        array(f32, 2),  # centre_biases
        array(f32, 1),  # inverse_norms
        array(f32, 2),  # own_terms
        array(f32, 2),  # planes
        array(f32, 1),  # plane_offsets
        array(u8, 1),  # codes
        array(f32, 2),  # biases
        array(i32, 1),  # places
        array(i64, 1),  # starts
        array(u8, 2),  # delta_codes
        array(f32, 3),  # delta_biases
        i64,  # delta_rows
        array(types.uintp, 1),  # byte_bases
        array(i64, 1),  # byte_starts
        array(f32, 1),  # row_scales
        array(types.uintp, 1),  # row_bases
        array(i64, 1),  # row_starts
        array(i64, 1),  # numbers
        array(types.boolean, 1),  # usable
        i64,  # probes
        types.float64,  # wider
        i64,  # candidates
        i64,  # reranked
        array(i64, 2, readonly=False),  # found
        array(f32, 2, readonly=False),  # found_scores
        array(i64, 2, readonly=False),  # looked_at
        array(i64, 1, readonly=False),  # cycles
    )
    return functools.partial(compiled(_search, signature), (0,) * PATHS[path])
