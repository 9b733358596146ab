"""The compiled search: buckets, heads, bytes and rows of one batch of queries, without the interpreter."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import types

from pixie.index import vector_code as code
from pixie.index.codes import LANES
from pixie.index.compiling import array, compiled, inlined
from pixie.index.ranking import NO_COSINE
from pixie.index.selection import LEAST, columns_for, floor_of, keep, largest, padded
from pixie.index.vector_code import PATHS

_BLOCKS_AHEAD = 8
"""Blocks of heads asked for before they are scored."""

_MOST_TOGETHER = 256
"""Queries of a batch for which a bucket is read once."""

_SCORES_TOGETHER = 1 << 21
"""Scores of heads, of all queries that are searched together: 8 MB."""

_ROWS_AHEAD = 8
"""Rows of bytes asked for before they are scored."""

_SIGMAS = np.float32(4)
"""Standard deviations of a byte score's error by which a row may lie below the k-th and still be scored."""

_STEP_ERROR = np.float32(0.2887)
"""Standard deviation of what rounding to whole steps loses, in steps: sqrt(1 / 12)."""


@inlined
def _signed_bytes(numbers, out):  # type: ignore[no-untyped-def]
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
def _products(path, query, matrix, scales, columns, weighted, query_bytes, dots, out):  # type: ignore[no-untyped-def]
    """Write the products of a query with the columns of a matrix, which is a `codes.Columns`."""
    for i in range(len(scales)):
        weighted[i] = query[i] * scales[i]
    scale, total = _signed_bytes(weighted, query_bytes)
    groups = len(scales) // 4
    for block in range(columns // LANES):
        code.column_dots(
            path,
            code.address(matrix) + np.uintp(block * groups * 64),
            code.address(query_bytes),
            groups,
            code.address(dots) + np.uintp(block * LANES * 4),
        )
    for i in range(columns):
        out[i] = scale * np.float32(dots[i] - 64 * total)


@inlined
def _score_buckets(  # type: ignore[no-untyped-def]
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
def _side(query, dim, planes, offsets):  # type: ignore[no-untyped-def]
    """The bucket of a query by `routers.Hyperplanes`; -1 where there are no planes."""
    if len(offsets) == 0:
        return -1
    side = 0
    for plane in range(len(offsets)):
        along = code.cosine(code.address(planes) + np.uintp(plane * dim * 4), query, dim)
        side += (np.float32(along) > offsets[plane]) << plane
    return side


@inlined
def _ask_for(where, size):  # type: ignore[no-untyped-def]
    for line in range(size // 64):
        code.prefetch(where + np.uintp(line * 64))


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
            _ask_for(codes + np.uintp(blocks[i + _BLOCKS_AHEAD] * groups * 64), groups * 64)
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
def _prepare(queries, query, means, slot, exact, rest):  # type: ignore[no-untyped-def]
    """Write a query in float64, and what sets it apart from its mean in float32."""
    for i in range(queries.shape[1]):
        exact[i] = np.float64(queries[query, i])
        rest[i] = queries[query, i] - means[slot, i]


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
def _find_places(  # type: ignore[no-untyped-def]
    base, slot, looked, lanes, biases, places, delta_biases, delta_place, held, scores, chosen
):
    """Put rows' places for those of their scores, and what of each score is known exactly for the scores.

    Gives how many there are: a lane that was damaged on disk may name no row.
    """
    kept = 0
    for i in range(held):
        place = chosen[i]
        if place < looked:
            lane = lanes[place // LANES] + place % LANES
            bias, place = biases[slot, lane], np.int64(places[lane])
            if place < 0 or place >= delta_place:
                continue
        else:
            row = place - looked
            bias, place = delta_biases[row // LANES, slot, row % LANES], delta_place + row
        scores[kept], chosen[kept] = base + bias, place
        kept += 1
    return kept


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


@inlined
def _row_address(place, bases, starts, stride):  # type: ignore[no-untyped-def]
    block = len(bases) - 1
    while starts[block] > place:
        block -= 1
    return bases[block] + np.uintp((place - starts[block]) * stride)


@inlined
def _by_bytes(  # type: ignore[no-untyped-def]
    path, query, total, scale, wanted, bases, starts, row_scales, width, held, most, scores, chosen, scratch
):
    """The rows that may be among the `wanted` best, by their bytes and at most `most`; how many.

    ``scores`` hold what is known of each row without its bytes, ``total`` 128 times the query's sum.
    """
    largest_scale = np.float32(0)
    for i in range(min(_ROWS_AHEAD, held)):
        _ask_for(_row_address(chosen[i], bases, starts, width), width)
    for i in range(held):
        if i + _ROWS_AHEAD < held:
            _ask_for(_row_address(chosen[i + _ROWS_AHEAD], bases, starts, width), width)
        place = chosen[i]
        product = code.byte_dot(path, _row_address(place, bases, starts, width), query, width // 64)
        scores[i] += row_scales[place] * (scale * np.float32(product - total))
        largest_scale = max(largest_scale, row_scales[place])
    if held <= wanted:
        return held
    for i in range(held):
        scratch[i] = scores[i]
    # Of |q - mu| and |x - m| neither is above 1 by much.
    margin = _SIGMAS * _STEP_ERROR * (largest_scale + scale)
    near = floor_of(scratch, held, wanted)[0] - margin
    low, high = floor_of(scratch, held, min(most, held))
    return keep(scores, chosen, held, most, max(near, low), max(near, high))


@inlined
def _ranked(  # type: ignore[no-untyped-def]
    query, dim, bases, block_starts, numbers, held, chosen, exact, found, found_scores
):
    """Score the chosen rows exactly and write the best of them, best first, ties by lower row number."""
    for i in range(held):
        if i + 1 < held:
            _ask_for(_row_address(chosen[i + 1], bases, block_starts, dim * 4), dim * 4)
        total = code.cosine(_row_address(chosen[i], bases, block_starts, dim * 4), query, dim)
        # A stored unit row is a little longer or shorter than 1; what is far beyond it, or no number, was
        # damaged on disk.
        exact[i] = np.float32(min(max(total, -1.0), 1.0)) if abs(total) < NO_COSINE else LEAST
    half, wanted = held // 2, min(len(found), held)
    # A heap, best on top: entries sink to their places, and then the top is taken, time after time. In one
    # loop, since a call that hands arrays on costs more than a step.
    for turn in range(half + wanted):
        at = half - 1 - turn
        if turn >= half:
            if exact[0] == LEAST:
                break
            rank = turn - half
            found[rank], found_scores[rank] = numbers[chosen[0]], exact[0]
            held -= 1
            at, exact[0], chosen[0] = 0, exact[held], chosen[held]
        while 2 * at + 1 < held:
            child, other = 2 * at + 1, 2 * at + 2
            if other < held and (
                exact[other] > exact[child]
                or (exact[other] == exact[child] and numbers[chosen[other]] < numbers[chosen[child]])
            ):
                child = other
            if exact[at] > exact[child] or (
                exact[at] == exact[child] and numbers[chosen[at]] < numbers[chosen[child]]
            ):
                break
            exact[at], exact[child] = exact[child], exact[at]
            chosen[at], chosen[child] = chosen[child], chosen[at]
            at = child


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
    # As many queries at once as keep their scores in cache.
    lanes = probes * (len(places) // buckets + LANES) + delta_lanes
    together = max(1, min(len(queries), _MOST_TOGETHER, _SCORES_TOGETHER // lanes))
    columns = np.empty(columns_for(max(probes, candidates)), np.float32)
    many = padded(buckets) + LANES
    products, bucket_scores = np.empty(many, np.float32), np.empty(many, np.float32)
    best_buckets, chosen_buckets = np.empty(many, np.float32), np.empty(many, np.int64)
    dots = np.empty(max(width, many), np.int32)
    head, weighted_head = np.zeros(width, np.float32), np.zeros(width, np.float32)
    rest, weighted_rest = np.zeros(wide, np.float32), np.zeros(wide, np.float32)
    head_bytes, rest_bytes = np.zeros((together, width), np.int8), np.zeros(wide, np.int8)
    exact, query_bases = np.empty(dim, np.float64), np.empty(together, np.float32)
    offsets, scales = np.empty(together, np.int32), np.empty(together, np.float32)
    opened, counts = np.empty((together, probes), np.int32), np.empty(together, np.int64)
    places_of = np.empty((together, probes), np.int64)
    begins, ends = np.empty(together, np.int64), np.empty(together, np.int64)
    first, members = np.empty(buckets + 2, np.int64), np.empty((together * probes, 2), np.int32)
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
            _prepare(queries, start + query, means, slot, exact, rest)
            base = np.float32(code.cosine(code.address(mean), code.address(exact), dim))
            _products(
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
            _products(
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
            side = _side(code.address(exact), dim, planes, plane_offsets)
            _score_buckets(products, base, centre_biases, inverse_norms, own_terms, slot, side, bucket_scores)
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
            scale, sum_of_bytes = _signed_bytes(weighted_head, head_bytes[query])
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
            held = _find_places(
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
            _prepare(queries, start + query, means, slot, exact, rest)
            scale, sum_of_bytes = _signed_bytes(rest, rest_bytes)
            kept = _by_bytes(
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
            by_bytes = code.cycles()
            _ranked(
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
            cycles[2] += by_bytes - scanned
            cycles[3] += code.cycles() - by_bytes
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
        i64,  # candidates
        i64,  # reranked
        array(i64, 2, readonly=False),  # found
        array(f32, 2, readonly=False),  # found_scores
        array(i64, 2, readonly=False),  # looked_at
        array(i64, 1, readonly=False),  # cycles
    )
    return functools.partial(compiled(_search, signature), (0,) * PATHS[path])
