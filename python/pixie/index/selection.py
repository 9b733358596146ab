"""Selecting the largest of some scores, as functions for the compiled kernels to call.

A k-th largest is looked for by bisection: how many scores reach a number is counted 16 at once and without a
branch, which takes a tenth of the time of a quickselect, whose every comparison is a coin's toss.
"""

from __future__ import annotations

import numpy as np

from pixie.index import vector_code as code
from pixie.index.codes import LANES
from pixie.index.compiling import inlined

LEAST = np.float32(-1e30)
"""Below every score but that of what is not there, -inf."""

_COLUMNS_PER_WANTED = 4
"""Columns whose maxima bound the k-th largest, as a multiple of k: with fewer the bound is low, with more it
takes longer to find."""

_BISECTIONS = 20
"""Halvings of the range of scores until it is taken to be known how low the last of `enough` is."""


@inlined
def padded(count):  # type: ignore[no-untyped-def]
    """The multiple of 16 from `count` up."""
    return (count + LANES - 1) // LANES * LANES


@inlined
def floor_of(scores, count, most):  # type: ignore[no-untyped-def]
    """Two numbers: at least `most` of the first `count` scores reach the lower, fewer reach the higher.

    They are one number where just `most` scores reach it, and the higher may be that of more where these tie
    for the largest score. With fewer scores than `most` that are not -inf both are `LEAST`. Behind the scores
    there is room up to the next multiple of 16, which is written to.
    """
    for i in range(count, padded(count)):
        scores[i] = -np.inf
    where, chunks = code.address(scores), (count + LANES - 1) // LANES
    high = code.largest_of(where, chunks)
    width = np.float32(0.25)
    low = high - width
    reached = code.count_at_least(where, chunks, low)
    while reached < most:
        width *= np.float32(4)
        if not width < -LEAST:
            return LEAST, LEAST
        low = high - width
        reached = code.count_at_least(where, chunks, low)
    while reached > most:
        middle = low + (high - low) / np.float32(2)
        # False for what is no number as well.
        if not (low < middle and middle < high):
            return low, high
        above = code.count_at_least(where, chunks, middle)
        if above >= most:
            low, reached = middle, above
        else:
            high = middle
    return low, low


@inlined
def largest(scores, count, most, columns, best, places):  # type: ignore[no-untyped-def]
    """The `most` largest of the first `count` scores, in no order; how many they are.

    Parameters
    ----------
    scores
        float32, with room up to the next multiple of 16 behind them. -inf is never chosen.
    count, most
        How many scores there are, and how many of them are wanted.
    columns
        float32, room for as many as `columns_for` says.
    best, places
        Where the scores and their places go; room for as many as there are scores, and 16 more.
    """
    floor = LEAST
    wide = columns_for(most)
    if 2 * wide <= count:
        # The `most` best of the columns' maxima are as many scores, and few others reach the least of them.
        for column in range(wide):
            columns[column] = scores[column]
        for start in range(wide, count - wide + 1, wide):
            theirs = code.address(scores) + np.uintp(start * 4)
            code.raise_to(code.address(columns), theirs, wide // LANES)
        floor, _ = floor_of(columns, wide, most)
    for i in range(count, padded(count)):
        scores[i] = -np.inf
    held = _taken(scores, count, floor, best, places)
    if held > most:
        low, high = floor_of(best, held, most)
        held = keep(best, places, held, most, low, high)
    return held


@inlined
def enough(weights, wanted, fewest, held, scores, places):  # type: ignore[no-untyped-def]
    """Of `held` scores, move the largest that weigh `wanted` together to the front; how many they are.

    ``weights[places[i]]`` is what ``scores[i]`` weighs. They are `fewest` at least, and all when all weigh
    less than `wanted`.
    """
    low = high = scores[0]
    for i in range(held):
        low, high = min(low, scores[i]), max(high, scores[i])
    for _ in range(_BISECTIONS):
        middle = low + (high - low) / np.float32(2)
        weight, reached = np.float32(0), 0
        for i in range(held):
            if scores[i] >= middle:
                weight += weights[places[i]]
                reached += 1
        if weight >= wanted and reached >= fewest:
            low = middle
        else:
            high = middle
    return keep(scores, places, held, held, low, low)


@inlined
def columns_for(most):  # type: ignore[no-untyped-def]
    """Columns whose maxima tell the `most` largest scores about."""
    columns = LANES
    while columns < _COLUMNS_PER_WANTED * most:
        columns *= 2
    return columns


@inlined
def _taken(scores, count, floor, best, places):  # type: ignore[no-untyped-def]
    """Copy the scores that reach the floor, and their places; how many."""
    held = 0
    for start in range(0, count, LANES):
        reached = code.at_least(code.address(scores) + np.uintp(start * 4), floor)
        while reached != 0:
            place = start + code.lowest_bit(reached)
            reached &= reached - np.uint16(1)
            best[held], places[held] = scores[place], place
            held += 1
    return held


@inlined
def keep(  # type: ignore[no-untyped-def]
    scores, places, count, most, low, high
):
    """Move the scores that reach `high`, and the first of those that reach `low`, to the front; how many.

    They are `most` at most and stay in order: of scores that tie for the last places the first are kept.
    """
    better = 0
    for i in range(count):
        better += scores[i] >= high
    better = min(better, most)
    ties, kept = most - better, 0
    for i in range(count):
        if scores[i] >= high:
            taken = better > 0
            better -= taken
        else:
            taken = scores[i] >= low and ties > 0
            ties -= taken
        if taken:
            scores[kept], places[kept] = scores[i], places[i]
            kept += 1
    return kept
