"""The last layers of the compiled search: rows by their bytes, and the best of these exactly."""

from __future__ import annotations

import numpy as np

from pixie.index import vector_code as code
from pixie.index.coded_products import byte_dot
from pixie.index.codes import LANES
from pixie.index.compiling import inlined
from pixie.index.ranking import NO_COSINE
from pixie.index.selection import LEAST, floor_of, keep

_ROWS_AHEAD = 8
"""Rows of bytes asked for before they are scored."""

_SIGMAS = np.float32(4)
"""Standard deviations of a byte score's error by which a row may lie below the k-th and still be scored."""

_STEP_ERROR = np.float32(0.2887)
"""Standard deviation of what rounding to whole steps loses, in steps: sqrt(1 / 12)."""


@inlined
def ask_for(where, size):  # type: ignore[no-untyped-def]
    """Ask for the cache lines of `size` bytes at an address."""
    for line in range(size // 64):
        code.prefetch(where + np.uintp(line * 64))


@inlined
def _row_address(place, bases, starts, stride):  # type: ignore[no-untyped-def]
    block = len(bases) - 1
    while starts[block] > place:
        block -= 1
    return bases[block] + np.uintp((place - starts[block]) * stride)


@inlined
def find_places(  # type: ignore[no-untyped-def]
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
def keep_by_bytes(  # type: ignore[no-untyped-def]
    path, query, total, scale, wanted, bases, starts, row_scales, width, held, most, scores, chosen, scratch
):
    """The rows that may be among the `wanted` best, by their bytes and at most `most`; how many.

    ``scores`` hold what is known of each row without its bytes, ``total`` 128 times the query's sum.
    """
    largest_scale = np.float32(0)
    for i in range(min(_ROWS_AHEAD, held)):
        ask_for(_row_address(chosen[i], bases, starts, width), width)
    for i in range(held):
        if i + _ROWS_AHEAD < held:
            ask_for(_row_address(chosen[i + _ROWS_AHEAD], bases, starts, width), width)
        place = chosen[i]
        product = byte_dot(path, _row_address(place, bases, starts, width), query, width // 64)
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
def write_ranked(  # type: ignore[no-untyped-def]
    query, dim, bases, block_starts, numbers, held, chosen, exact, found, found_scores
):
    """Score the chosen rows exactly and write the best of them, best first, ties by lower row number."""
    for i in range(held):
        if i + 1 < held:
            ask_for(_row_address(chosen[i + 1], bases, block_starts, dim * 4), dim * 4)
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
