"""The compiled part of the layered indexes: buckets, codes, bytes and rows of one batch of queries.

Compiled by numba on first use, which takes some seconds, and kept in Pixie's cache for the machine and the
version. Which vector instructions are used is chosen from the processor; ``PIXIE_KERNELS`` forces ``avx512``,
``avx2`` or ``plain``. All give the same results.
"""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING, Any

import llvmlite.binding
import numba
import numpy as np
from numba import types

from pixie import home
from pixie.errors import InvalidInputError
from pixie.index import vector_code as code
from pixie.index.codes import LANES
from pixie.index.ranking import NO_COSINE
from pixie.index.vector_code import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NEEDS = {
    "avx512": ("avx512f", "avx512bw", "avx512vl", "avx512vnni"),
    "avx2": ("avx2",),
    "plain": (),
}

_NOTHING = np.float32(-1e30)
"""Below every score; a lane without a row scores -inf."""

_AHEAD = 3
"""Rows asked for before they are read: the time of a read from memory, in rows of the int8 layer."""


@functools.cache
def possible_paths() -> tuple[str, ...]:
    """The paths that this processor can run, the fastest first."""
    able = llvmlite.binding.get_host_cpu_features()
    return tuple(path for path, needs in _NEEDS.items() if all(able.get(need) for need in needs))


def chosen_path() -> str:
    """The path that searches take: the fastest there is, or what ``PIXIE_KERNELS`` says.

    Raises
    ------
    InvalidInputError
        ``PIXIE_KERNELS`` names no path, or one that this processor can't run.
    """
    possible = possible_paths()
    asked = os.environ.get("PIXIE_KERNELS")
    if not asked:
        return possible[0]
    if asked not in possible:
        raise InvalidInputError(
            f"PIXIE_KERNELS is {asked!r}, and this processor runs {', '.join(possible)}",
            fix="unset it, or give one of those",
        )
    return asked


@contextlib.contextmanager
def _pixie_cache() -> Iterator[None]:
    # Read when a function is declared, so that the cache of other users of numba stays where it is.
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(home.cache() / "kernels")
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def _inlined(function: Callable[..., Any]) -> Any:
    return numba.njit(nogil=True, error_model="numpy")(function)


@_inlined
def _kth_largest(values, count, k):  # type: ignore[no-untyped-def]
    """The k-th largest of the first `count` values, whose order is changed (Hoare's quickselect)."""
    low, high, wanted = 0, count - 1, k - 1
    while low < high:
        pivot = values[(low + high) >> 1]
        i, j = low, high
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    return values[wanted]


@_inlined
def _keep_best(scores, places, scratch, count, most):  # type: ignore[no-untyped-def]
    """Move the `most` best to the front; how many there are now, and the least of their scores."""
    for i in range(count):
        scratch[i] = scores[i]
    least = _kth_largest(scratch, count, most)
    # Those above the least come first; of equals there may be more than there is room for.
    kept = 0
    for i in range(count):
        if scores[i] > least:
            scores[kept], scores[i] = scores[i], scores[kept]
            places[kept], places[i] = places[i], places[kept]
            kept += 1
    for i in range(kept, count):
        if kept == most:
            break
        if scores[i] == least:
            scores[kept], scores[i] = scores[i], scores[kept]
            places[kept], places[i] = places[i], places[kept]
            kept += 1
    return kept, least


@_inlined
def _open_buckets(scores, probes, scratch, opened):  # type: ignore[no-untyped-def]
    """The numbers of the `probes` best buckets, the very best first; how many they are."""
    buckets = len(scores)
    if probes >= buckets:
        for bucket in range(buckets):
            opened[bucket] = bucket
        count = buckets
    else:
        for bucket in range(buckets):
            scratch[bucket] = scores[bucket]
        least = _kth_largest(scratch, buckets, probes)
        count = 0
        for bucket in range(buckets):
            if scores[bucket] >= least and count < probes:
                opened[count] = bucket
                count += 1
    # The best ones first raise the floor early; the order of the others does not matter.
    for first in range(min(4, count)):
        best = first
        for other in range(first + 1, count):
            if scores[opened[other]] > scores[opened[best]]:
                best = other
        opened[first], opened[best] = opened[best], opened[first]
    return count


@_inlined
def _row_address(place, bases, starts, stride):  # type: ignore[no-untyped-def]
    block = len(bases) - 1
    while starts[block] > place:
        block -= 1
    return bases[block] + np.uintp((place - starts[block]) * stride)


@_inlined
def _scan(  # type: ignore[no-untyped-def]
    path,
    head,
    offset,
    scale,
    codes,
    bias,
    groups,
    places,
    starts,
    opened,
    usable,
    most,
    scores,
    chosen,
    scratch,
):
    """The rows of opened buckets that score best by their codes, at most `most`; how many, of how many."""
    room = len(scores)
    filtered = len(usable) > 0
    block_scores = np.empty(LANES, np.float32)
    out = code.address(block_scores)
    held, floor, looked = 0, _NOTHING, 0
    for turn in range(len(opened)):
        bucket = opened[turn]
        if turn + 1 < len(opened):
            ahead = codes + np.uintp(starts[opened[turn + 1]] * groups * 64)
            for line in range(2 * groups):
                code.prefetch(ahead + np.uintp(line * 64))
        for block in range(starts[bucket], starts[bucket + 1]):
            above = code.head_scores(
                path,
                codes + np.uintp(block * groups * 64),
                head,
                groups,
                offset,
                scale,
                bias + np.uintp(block * LANES * 4),
                floor,
                out,
            )
            if above == 0:
                continue
            for lane in range(LANES):
                if (above >> lane) & 1:
                    place = places[block * LANES + lane]
                    if not filtered or usable[place]:
                        scores[held], chosen[held] = block_scores[lane], place
                        held += 1
            if held > room - LANES:
                held, floor = _keep_best(scores, chosen, scratch, held, most)
        looked += (starts[bucket + 1] - starts[bucket]) * LANES
    if held > most:
        held, floor = _keep_best(scores, chosen, scratch, held, most)
    return held, looked


@_inlined
def _by_bytes(  # type: ignore[no-untyped-def]
    path, query, offset, scale, base, row_codes, row_scales, width, held, most, scores, chosen, scratch
):
    """The best of the chosen rows by their bytes, at most `most`; how many."""
    for i in range(held):
        if i + _AHEAD < held:
            ahead = row_codes + np.uintp(chosen[i + _AHEAD] * width)
            for line in range(width // 64):
                code.prefetch(ahead + np.uintp(line * 64))
        product = code.byte_dot(path, row_codes + np.uintp(chosen[i] * width), query, width // 64)
        scores[i] = base + row_scales[chosen[i]] * (scale * np.float32(product - offset))
    return _keep_best(scores, chosen, scratch, held, most)[0]


@_inlined
def _ranked(  # type: ignore[no-untyped-def]
    query, dim, bases, block_starts, numbers, held, chosen, exact, found, found_scores
):
    """Score the chosen rows exactly and write the best of them, best first, ties by lower row number."""
    for i in range(held):
        if i + 1 < held:
            ahead = _row_address(chosen[i + 1], bases, block_starts, dim * 4)
            for line in range(dim * 4 // 64):
                code.prefetch(ahead + np.uintp(line * 64))
        total = code.cosine(_row_address(chosen[i], bases, block_starts, dim * 4), query, dim)
        # A stored unit row is a little longer or shorter than 1; what is far beyond it, or no number, was
        # damaged on disk.
        exact[i] = np.float32(min(max(total, -1.0), 1.0)) if abs(total) < NO_COSINE else _NOTHING
    for rank in range(min(len(found), held)):
        best = rank
        for i in range(rank + 1, held):
            if exact[i] > exact[best] or (
                exact[i] == exact[best] and numbers[chosen[i]] < numbers[chosen[best]]
            ):
                best = i
        exact[rank], exact[best] = exact[best], exact[rank]
        chosen[rank], chosen[best] = chosen[best], chosen[rank]
        if exact[rank] == _NOTHING:
            break
        found[rank], found_scores[rank] = chosen[rank], exact[rank]


def _search(  # type: ignore[no-untyped-def]
    path,
    queries,
    bucket_scores,
    probes,
    heads,
    head_offsets,
    head_scales,
    slots,
    codes,
    biases,
    places,
    starts,
    row_codes,
    row_scales,
    query_codes,
    query_offsets,
    query_scales,
    query_bases,
    bases,
    block_starts,
    numbers,
    usable,
    candidates,
    reranked,
    found,
    found_scores,
    looked_at,
):
    """Search one batch; `Layers.search` says what the arguments are."""
    room = max(4 * candidates, 512) + LANES
    scores, scratch = np.empty(room, np.float32), np.empty(room, np.float32)
    chosen = np.empty(room, np.int64)
    exact = np.empty(reranked, np.float32)
    bucket_scratch = np.empty(bucket_scores.shape[1], np.float32)
    opened = np.empty(bucket_scores.shape[1], np.int64)
    width, dim = row_codes.shape[1], queries.shape[1]
    for query in range(len(queries)):
        count = _open_buckets(bucket_scores[query], probes, bucket_scratch, opened)
        held, looked = _scan(
            path,
            code.address(heads) + np.uintp(query * heads.shape[1]),
            head_offsets[query],
            head_scales[query],
            code.address(codes),
            code.address(biases) + np.uintp(slots[query] * len(places) * 4),
            heads.shape[1] // 8,
            places,
            starts,
            opened[:count],
            usable,
            candidates,
            scores,
            chosen,
            scratch,
        )
        kept = held
        if held > reranked:
            kept = _by_bytes(
                path,
                code.address(query_codes) + np.uintp(query * width),
                query_offsets[query],
                query_scales[query],
                query_bases[query],
                code.address(row_codes),
                row_scales,
                width,
                held,
                reranked,
                scores,
                chosen,
                scratch,
            )
        at_query = code.address(queries) + np.uintp(query * dim * 8)
        _ranked(
            at_query,
            dim,
            bases,
            block_starts,
            numbers,
            kept,
            chosen,
            exact,
            found[query],
            found_scores[query],
        )
        looked_at[query, 0], looked_at[query, 1] = count, looked
        looked_at[query, 2], looked_at[query, 3] = held, kept


def _bytes_of_rows(rows, centre, codes, scales):  # type: ignore[no-untyped-def]
    for row in range(len(rows)):
        largest = np.float32(0)
        for i in range(rows.shape[1]):
            largest = max(largest, abs(rows[row, i] - centre[i]))
        scale = largest / np.float32(127) if largest > 0 else np.float32(1)
        scales[row] = scale
        for i in range(rows.shape[1]):
            codes[row, i] = np.uint8(np.rint((rows[row, i] - centre[i]) / scale) + 128)


def _sums_by_bucket(vectors, buckets, sums):  # type: ignore[no-untyped-def]
    for row in range(len(vectors)):
        bucket = buckets[row]
        for i in range(vectors.shape[1]):
            sums[bucket, i] += vectors[row, i]


def _array(kind: Any, dimensions: int, readonly: bool = True) -> Any:
    return types.Array(kind, dimensions, "C", readonly=readonly)


@functools.cache
def search_on(path: str) -> Any:
    """The search, compiled for a path."""
    f32, f64, i32, i64, u8 = types.float32, types.float64, types.int32, types.int64, types.uint8
    signature = types.void(
        types.UniTuple(i64, PATHS[path]),
        _array(f64, 2),  # queries
        _array(f32, 2),  # bucket_scores
        i64,  # probes
        _array(types.int8, 2),  # heads
        _array(i32, 1),  # head_offsets
        _array(f32, 1),  # head_scales
        _array(i64, 1),  # slots
        _array(u8, 1),  # codes
        _array(f32, 2),  # biases
        _array(i32, 1),  # places
        _array(i64, 1),  # starts
        _array(u8, 2),  # row_codes
        _array(f32, 1),  # row_scales
        _array(types.int8, 2),  # query_codes
        _array(i32, 1),  # query_offsets
        _array(f32, 1),  # query_scales
        _array(f32, 1),  # query_bases
        _array(types.uintp, 1),  # bases
        _array(i64, 1),  # block_starts
        _array(i64, 1),  # numbers
        _array(types.boolean, 1),  # usable
        i64,  # candidates
        i64,  # reranked
        _array(i64, 2, readonly=False),  # found
        _array(f32, 2, readonly=False),  # found_scores
        _array(i64, 2, readonly=False),  # looked_at
    )
    compiled = _compiled(_search, signature)
    return functools.partial(compiled, (0,) * PATHS[path])


@functools.cache
def bytes_of_rows() -> Any:
    """Quantises rows less their mean to unsigned bytes, each row with a scale of its own."""
    f32 = types.float32
    return _compiled(
        _bytes_of_rows,
        types.void(
            _array(f32, 2), _array(f32, 1), _array(types.uint8, 2, readonly=False), _array(f32, 1, False)
        ),
    )


@functools.cache
def sums_by_bucket() -> Any:
    """Adds each vector to the sum of its bucket."""
    return _compiled(
        _sums_by_bucket,
        types.void(
            _array(types.float32, 2), _array(types.int64, 1), _array(types.float64, 2, readonly=False)
        ),
    )


def _compiled(function: Callable[..., Any], signature: Any) -> Any:
    compiler = functools.partial(numba.njit, signature, nogil=True, error_model="numpy")
    try:
        with _pixie_cache():
            return compiler(cache=True)(function)
    except RuntimeError:
        # There is nowhere to keep it: compiled for this process alone.
        return compiler()(function)
