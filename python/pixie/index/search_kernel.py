"""The compiled search: buckets, heads, bytes and rows of one batch of queries, without the interpreter."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import types

from pixie.index import vector_code as code
from pixie.index.bucket_choice import count_allowed, open_allowed, score_buckets, side_of
from pixie.index.codes import LANES
from pixie.index.compiling import array, compiled
from pixie.index.emit import PATHS
from pixie.index.head_scan import by_bucket, leave_out, list_lanes, score_delta, score_heads
from pixie.index.last_layers import find_places, keep_by_bytes, write_ranked
from pixie.index.query_codes import prepare, products_of, signed_bytes
from pixie.index.selection import columns_for, largest, padded

_WIDER_YET = 4
"""Times as many buckets are opened at most where allowed rows are few in those near a query."""

_MOST_TOGETHER = 256
"""Queries of a batch for which a bucket is read once."""

_SCORES_TOGETHER = 1 << 21
"""Scores of heads, of all queries that are searched together: 8 MB."""


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
        listed = by_bucket(opened, counts[:group], starts, first, members, blocks, buckets_of)
        score_heads(
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
        score_delta(
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
            list_lanes(opened, query, counts[query], starts, blocks)
            own_scores = scores[begins[query] : ends[query] + delta_lanes]
            if len(usable) > 0:
                leave_out(usable, own_scores, blocks, looked, places, delta_place, delta_rows)
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
