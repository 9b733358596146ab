"""Several searches at once: queries a second of more threads over one, through Python and through Java."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import machine
import numpy as np
from ann_collection import mapped
from ann_measure import IMAGE, TEXT, K
from ann_table import print_table
from boundary import Side

from pixie.cpu import core_limit
from pixie.index import load_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from ann_method import Vectors
    from ann_run import Run

    from pixie.index import Index

    Asked = Callable[[int], float]
    """Queries a second of so many threads or clients."""

ASKED = 2000
"""Queries of each thread a turn."""

BATCH = 100

WARM_UP = 2000


def run_threads(run: Run) -> None:
    """Time every side with one thread, with as many as there are cores and with twice as many, in turn."""
    counts = sorted({1, core_limit(), 2 * core_limit()})
    files = {modality: run.disk.queries(modality, ASKED) for modality in (IMAGE, TEXT)}
    queries = {modality: np.array(mapped(file)) for modality, file in files.items()}
    rows, found = [], {}
    for kind in run.approximate:
        index = load_index(run.disk.index(kind), mapped(run.disk.vectors))
        source = str(Path(__file__).with_name("VectorSearch.java"))
        with Side(machine.java_source(source, str(run.disk.collection(kind)), str(files[IMAGE]))) as java:
            java.search(0, WARM_UP)
            sides: dict[str, Asked] = {
                "index, a picture a call": _by_index(index, queries[IMAGE], IMAGE, 1),
                "index, a text a call": _by_index(index, queries[TEXT], TEXT, 1),
                f"index, {BATCH} pictures a call": _by_index(index, queries[IMAGE], IMAGE, BATCH),
                f"index, {BATCH} texts a call": _by_index(index, queries[TEXT], TEXT, BATCH),
                "collection in Java, a picture a call": _by_java(java),
            }
            best = {(name, count): 0.0 for name in sides for count in counts}
            for _ in range(run.rounds):
                for name, count in best:
                    best[name, count] = max(best[name, count], sides[name](count))
        for name in sides:
            speeds = [best[name, count] for count in counts]
            rows.append([kind, name, *(f"{speed:.0f} ({speed / speeds[0]:.2f})" for speed in speeds)])
            found[f"{kind}, {name}"] = dict(zip(map(str, counts), speeds, strict=True))
        run.write("threads", found)
    print_table(
        f"Queries a second (over those of one thread) of several threads, {run.rows:,} rows",
        ["kind", "asked of", *(f"{count} thread{'s' * (count > 1)}" for count in counts)],
        rows,
    )


def _by_index(index: Index, queries: Vectors, modality: str, size: int) -> Asked:
    def client() -> None:
        for start in range(0, len(queries), size):
            index.search(queries[start : start + size], K, modality=modality)

    def ask(threads: int) -> float:
        with ThreadPoolExecutor(threads) as pool:
            begin = time.perf_counter()
            for done in [pool.submit(client) for _ in range(threads)]:
                done.result()
            return threads * len(queries) / (time.perf_counter() - begin)

    return ask


def _by_java(java: Side) -> Asked:
    def ask(clients: int) -> float:
        seconds = java.search(0, ASKED, clients)
        return clients * ASKED / sum(seconds)

    return ask
