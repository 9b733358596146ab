"""Search among some of the rows: recall and queries a second when a filter allows a share of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from ann_faiss import FaissHnsw, FaissIvfFlat, FaissIvfPq
from ann_measure import IMAGE, TEXT, K, Queries, fastest, nearest_rows, one_core
from ann_method import PIXIE
from ann_pixie import PixieIndex
from ann_recall import build_some
from ann_table import print_table, short

from pixie.index import recall_at_k

if TYPE_CHECKING:
    import numpy.typing as npt
    from ann_method import Method, Setting, Vectors
    from ann_run import Run

    Mask = npt.NDArray[np.bool_]

SHARES = (0.5, 0.1, 0.01, 0.001)

DRAWN = 5
"""Filters of each sort and share; each is asked an equal part of the queries."""

QUERIES_SHARE = 4
"""One in so many of the queries that a run asks elsewhere: there are many filters, and slow methods."""

TARGET = 0.95
"""Recall without a filter that settings are chosen for."""

RANDOM, HALF_SPACE, CLUSTER = "random rows", "a half-space", "around one row"


def run_filters(run: Run) -> None:
    """Measure every filter with every method that takes one."""
    methods: list[Method] = [
        PixieIndex(kind, run.learnt_from) for kind in dict.fromkeys(["exact", *run.kinds])
    ]
    methods += [FaissIvfFlat(), FaissIvfPq(), FaissHnsw()]
    waiting = [method for method in methods if method.missing() is None]
    built = build_some(waiting, run.vectors, room=0)
    methods = [method for method in methods if method.name in built]
    with one_core():
        settings = {
            (method.name, kind): _setting(run, method, kind) for method in methods for kind in (IMAGE, TEXT)
        }
    data = run.data.stream("filters")
    count = max(DRAWN, run.queries // QUERIES_SHARE)
    queries = {IMAGE: data.pictures(count), TEXT: data.texts(count)}
    found, rows = [], []
    for sort in (RANDOM, HALF_SPACE, CLUSTER):
        for share in SHARES:
            masks = [draw_filter(sort, share, run.vectors, seed) for seed in range(DRAWN)]
            for kind, asked in queries.items():
                groups = [
                    (mask, _among(run.vectors, mask, part, kind))
                    for mask, part in zip(masks, np.array_split(asked, DRAWN), strict=True)
                ]
                with one_core():
                    measured = _measured(methods, settings, groups, run.rounds)
                rows.append(
                    [f"{share:.1%}, {sort}", kind, *(f"{q:.0f} ({short(r)})" for r, q in measured.values())]
                )
                found.append({"sort": sort, "share": share, "queries": kind, "measured": measured})
        run.write("filters", {"settings": _listed(settings), "measured": found})
    print_table(
        f"Queries a second (recall@10 of what is allowed) when a filter allows some of {run.rows:,} rows,\n"
        f"at the settings that are fastest for recall@10 of {short(TARGET, 2)} without one.",
        ["allowed", "queries", *(method.name for method in methods)],
        rows,
    )


def draw_filter(sort: str, share: float, vectors: Vectors, seed: int) -> Mask:
    """A mask over rows that allows a share of them.

    Of a half-space, the rows farthest in a direction of no meaning; around a row, those nearest to it.
    """
    random = np.random.default_rng(seed)
    count = max(K, round(share * len(vectors)))
    if sort == RANDOM:
        allowed = random.permutation(len(vectors))[:count]
    else:
        direction = vectors[random.integers(len(vectors))]
        if sort == HALF_SPACE:
            direction = random.standard_normal(vectors.shape[1]).astype(np.float32)
        allowed = np.argpartition(vectors @ direction, -count)[-count:]
    mask = np.zeros(len(vectors), np.bool_)
    mask[allowed] = True
    return mask


def _among(vectors: Vectors, mask: Mask, queries: Vectors, kind: str) -> Queries:
    """Queries with the nearest of the allowed rows."""
    allowed = np.flatnonzero(mask)
    # Half of a million rows gathered at once would be a copy of 1.5 GB.
    blocks = (vectors[allowed[start : start + 50_000]] for start in range(0, len(allowed), 50_000))
    return Queries(kind, queries, allowed[nearest_rows(blocks, queries)])


def _setting(run: Run, method: Method, kind: str) -> Setting:
    """The fastest setting for the target, or the best that was found where none reaches it."""
    points = run.tuned(method, kind)
    chosen = fastest(points, TARGET) or max(points, key=lambda point: point.recall)
    return chosen.setting


def _measured(
    methods: list[Method],
    settings: dict[tuple[str, str], Setting],
    groups: list[tuple[Mask, Queries]],
    rounds: int,
) -> dict[str, tuple[float, float]]:
    """Recall and queries a second of each method, all in turn; one call a filter, the best of the rounds."""
    seconds: dict[str, float] = {}
    recall: dict[str, float] = {}
    for _ in range(rounds):
        for method in methods:
            total, recalls = 0.0, []
            for mask, queries in groups:
                setting = {**settings[method.name, queries.kind], "allow": mask}
                if method.group == PIXIE:
                    setting["modality"] = queries.modality
                method.search(queries.vectors[:2], K, setting)
                begin = time.perf_counter()
                rows = method.search(queries.vectors, K, setting)
                total += time.perf_counter() - begin
                recalls.append(recall_at_k(rows, queries.nearest))
            seconds[method.name] = min(total, seconds.get(method.name, total))
            recall[method.name] = float(np.mean(recalls))
    asked = sum(len(queries.vectors) for _, queries in groups)
    return {name: (recall[name], asked / seconds[name]) for name in seconds}


def _listed(settings: dict[tuple[str, str], Setting]) -> list[dict[str, object]]:
    return [{"method": name, "queries": kind, **setting} for (name, kind), setting in settings.items()]
