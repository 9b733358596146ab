"""How bench/ann measures: true neighbours, one core, recall and queries a second of one setting."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np
from ann_method import PIXIE

from pixie.errors import InvalidInputError
from pixie.index import recall_at_k

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ann_method import Ids, Method, Setting, Vectors
    from clip_like import ClipLike

K = 10
TARGETS = (0.90, 0.95, 0.99)

SECONDS = 2.0
"""What one measurement may take: slow methods are asked fewer queries."""

AT_LEAST = 0.2
"""Seconds for which a quick call is repeated; the best time counts."""

FEWEST = 100
"""Queries that even the slowest method is asked; recall is then known to about 0.01."""

IMAGE, TEXT, UNDECLARED = "image", "text", "text, not declared"

_BLOCK_ROWS = 20_000


@dataclass(frozen=True)
class Queries:
    """Queries of one kind and the true nearest rows."""

    kind: str
    vectors: Vectors
    nearest: Ids

    @property
    def modality(self) -> str | None:
        """What Pixie is told about them."""
        return None if self.kind == UNDECLARED else self.kind


@dataclass(frozen=True)
class Point:
    """What one method reached with one setting."""

    method: str
    queries: str
    setting: Setting
    recall: float
    qps: float
    asked: int


def nearest_rows(matrices: Iterable[Vectors], queries: Vectors) -> Ids:
    """The exact best K of the rows of some matrices, numbered through, from float32 products of blocks."""
    best = np.empty((len(queries), 0), np.int64)
    scores = np.empty((len(queries), 0), np.float32)
    first = 0
    for matrix in matrices:
        for start in range(0, len(matrix), _BLOCK_ROWS):
            products = queries @ matrix[start : start + _BLOCK_ROWS].T
            found = np.argpartition(products, -min(K, products.shape[1]), axis=1)[:, -K:]
            scores = np.hstack([scores, np.take_along_axis(products, found, 1)])
            best = np.hstack([best, found + (first + start)])
            order = np.argsort(-scores, axis=1)[:, :K]
            best, scores = np.take_along_axis(best, order, 1), np.take_along_axis(scores, order, 1)
        first += len(matrix)
    return best


def draw_queries(data: ClipLike, vectors: Vectors, count: int) -> dict[str, Queries]:
    """New queries of every kind; the texts are the same whether they are declared or not."""
    pictures, texts = data.pictures(count), data.texts(count)
    # One pass over the rows serves both.
    of_pictures, of_texts = np.split(nearest_rows([vectors], np.concatenate([pictures, texts])), [count])
    return {
        IMAGE: Queries(IMAGE, pictures, of_pictures),
        TEXT: Queries(TEXT, texts, of_texts),
        UNDECLARED: Queries(UNDECLARED, texts, of_texts),
    }


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts, on one core."""
    numba.set_num_threads(1)
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def ask(method: Method, queries: Queries, setting: Setting, count: int) -> tuple[Ids, float]:
    """Search for the first `count` queries in one call; the ids and the seconds."""
    told = {**setting, "modality": queries.modality} if method.group == PIXIE else setting
    begin = time.perf_counter()
    found = method.search(queries.vectors[:count], K, told)
    return found, time.perf_counter() - begin


def measured(method: Method, queries: Queries, setting: Setting, qps: float | None = None) -> Point:
    """Recall and speed of one setting, of which `qps` is expected; None to find out."""
    few = min(8, len(queries.vectors))
    # A first call may compile something, and brings back into the caches what another method drove out.
    ask(method, queries, setting, few)
    expected = qps or few / ask(method, queries, setting, few)[1]
    count = min(len(queries.vectors), max(FEWEST, round(SECONDS * expected)))
    found, best = ask(method, queries, setting, count)
    total = best
    while total < AT_LEAST:
        seconds = ask(method, queries, setting, count)[1]
        best, total = min(best, seconds), total + seconds
    recall = recall_at_k(found, queries.nearest[:count])
    return Point(method.name, queries.kind, setting, recall, count / best, count)


def tune(method: Method, queries: Queries) -> list[Point]:
    """What the settings of the grid reach, but for those that can't be the fastest for any target.

    That is so when a setting that asks for less was slower already than one that reached the last target.
    """
    points: list[Point] = []
    for setting in method.grid():
        enough = max((point.qps for point in points if point.recall >= TARGETS[-1]), default=0)
        if any(_asks_less(point.setting, setting) and point.qps < 0.9 * enough for point in points):
            continue
        try:
            points.append(measured(method, queries, setting))
        except InvalidInputError as error:
            print(f"{method.name}, {setting}: left out, {error}", flush=True)
    return points


def _asks_less(one: Setting, other: Setting) -> bool:
    return one.keys() == other.keys() and all(one[name] <= other[name] for name in one)


def fastest(points: Sequence[Point], target: float) -> Point | None:
    """The fastest of `points` that reaches the target."""
    return max((p for p in points if p.recall >= target), key=lambda point: point.qps, default=None)
