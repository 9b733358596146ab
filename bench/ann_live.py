"""Rows that come and go while an index is in use: how fast, and what recall is afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from ann_measure import IMAGE, TEXT, K, nearest_rows, one_core
from ann_pixie import fitted
from ann_table import against, print_table, short

from pixie.index import recall_at_k

if TYPE_CHECKING:
    from ann_method import Ids, Vectors
    from ann_run import Run

    from pixie.index import Index

INSERTED = 0.2
"""Rows inserted, as a share of those that were fitted."""

LARGE, SMALL, SMALL_BATCHES = 10_000, 256, 40
"""Rows of a batch, and how many small ones come after the large ones."""

RATE = 100_000
"""Rows a second that an insert is meant to reach."""

REMOVED = (1, 1000, 10_000)


def run_live(run: Run) -> None:
    """Insert a fifth as many rows as there are, then remove some."""
    data = run.data.stream("live")
    more = data.pictures(round(INSERTED * run.rows))
    asked = {IMAGE: data.pictures(run.queries), TEXT: data.texts(run.queries)}
    before = {kind: nearest_rows([run.vectors], queries) for kind, queries in asked.items()}
    after = {kind: nearest_rows([run.vectors, more], queries) for kind, queries in asked.items()}
    inserting, removing, found = [], [], {}
    for kind in run.kinds:
        index = fitted(kind, run.vectors, run.learnt_from)
        first = recalls(index, asked, before)
        batches = insert(index, run.rows, more)
        begin = time.perf_counter()
        then = recalls(index, asked, after)
        index.settle()
        settling = time.perf_counter() - begin
        settled = recalls(index, asked, after)
        removals, gone = remove(index, run.rows + len(more), run.rounds)
        back = int(np.isin(index.search(asked[IMAGE], 100)[0], gone).sum())
        rates = [_rate(some) for some in batches.values()]
        inserting.append([kind, *rates, *map(_both, (first, then, settled)), f"{settling:.2f}"])
        removing.append([kind, *(f"{seconds * 1e3:.2f}" for seconds in removals.values()), str(back)])
        found[kind] = {"batches": batches, "settling": settling, "removals": removals}
        found[kind] |= {"before": first, "after": then, "settled": settled}
        run.write("live", found)
        del index
    print_table(
        f"Rows a second, and the slowest batch, when {len(more):,} are added to a fitted index of\n"
        f"{run.rows:,}; recall@10 / queries a second at default settings, pictures and declared texts:\n"
        "before, at once after, and when the work in the background was done, so long after",
        [
            "kind",
            f"batches of {LARGE:,}",
            f"batches of {SMALL}",
            "before",
            "at once",
            "settled",
            "after s",
        ],
        inserting,
    )
    print_table(
        f"Milliseconds to remove rows, the best of {run.rounds}; and removed rows that a search then found",
        ["kind", *(f"{count:,} rows" for count in removals), "found"],
        removing,
    )


def insert(index: Index, first: int, more: Vectors) -> dict[int, list[tuple[int, float]]]:
    """Add all of `more`, in large batches and then in small ones; rows and seconds of each batch by size."""
    small = min(SMALL_BATCHES * SMALL, len(more) // 2)
    large = len(more) - small
    batches: dict[int, list[tuple[int, float]]] = {LARGE: [], SMALL: []}
    for size, start, end in ((LARGE, 0, large), (SMALL, large, len(more))):
        for at in range(start, end, size):
            part = more[at : min(at + size, end)]
            begin = time.perf_counter()
            index.add(np.arange(first + at, first + at + len(part)), part)
            batches[size].append((len(part), time.perf_counter() - begin))
    return batches


def remove(index: Index, count: int, rounds: int) -> tuple[dict[int, float], Ids]:
    """Remove random ones of `count` rows: the least seconds for each number of them, and which they were.

    Never more than a twentieth at once, so that most rows stay.
    """
    random = np.random.default_rng(0).permutation(count)
    seconds: dict[int, float] = {}
    end = 0
    for size in (size for size in REMOVED if size <= count // 20):
        for _ in range(rounds):
            start, end = end, end + size
            begin = time.perf_counter()
            index.remove(random[start:end])
            took = time.perf_counter() - begin
            seconds[size] = min(took, seconds.get(size, took))
    return seconds, random[:end]


def recalls(
    index: Index, asked: dict[str, Vectors], nearest: dict[str, Ids]
) -> dict[str, tuple[float, float]]:
    """Recall and queries a second of each kind of query at default settings."""
    found: dict[str, tuple[float, float]] = {}
    with one_core():
        for kind, queries in asked.items():
            index.search(queries[:8], K, modality=kind)
            begin = time.perf_counter()
            rows, _ = index.search(queries, K, modality=kind)
            qps = len(queries) / (time.perf_counter() - begin)
            found[kind] = recall_at_k(rows, nearest[kind]), qps
    return found


def _rate(batches: list[tuple[int, float]]) -> str:
    rows, seconds = (sum(values) for values in zip(*batches, strict=True))
    slowest = max(took for _, took in batches)
    return f"{against(rows / seconds, RATE)}, {slowest * 1e3:.0f} ms"


def _both(found: dict[str, Any]) -> str:
    return ", ".join(f"{short(recall)} / {qps:.0f}" for recall, qps in found.values())
