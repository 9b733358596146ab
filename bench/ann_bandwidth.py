"""How much of the memory's bandwidth the scan of the heads reaches, on one thread."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from ann_measure import IMAGE, K, one_core
from ann_pixie import fitted
from ann_table import print_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ann_method import Vectors
    from ann_run import Run

    from pixie.index import Index

STREAM_BYTES = 1 << 30
ASKED = 100
FEWEST_CANDIDATES = 40


def run_bandwidth(run: Run) -> None:
    """Compare a scan of all heads with plain reads of a gigabyte, and of as many bytes as the scan reads."""
    queries = run.data.stream("bandwidth").pictures(ASKED)
    rows, found = [], {}
    for kind in run.approximate:
        index = fitted(kind, run.vectors, run.learnt_from)
        structure = index._state.structure
        if not hasattr(structure, "codes"):
            print(f"\n{kind} has no heads to scan")
            continue
        # Each row's head, and its product with the queries' mean.
        read = structure.codes.nbytes + structure.biases[0].nbytes
        with one_core():
            scan = max(_scanned(index, queries) for _ in range(run.rounds + 1)) * read
            memory, same = stream(STREAM_BYTES, run.rounds), stream(read, run.rounds)
        found[kind] = {"bytes": read, "scan": scan, "memory": memory, "same_size": same}
        rows.append(
            [
                kind,
                f"{read / 1e6:.1f}",
                *(f"{rate / 1e9:.1f}" for rate in (scan, memory, same)),
                *(f"{scan / rate:.0%}" for rate in (memory, same)),
            ]
        )
        run.write("bandwidth", found)
    if rows:
        print_table(
            f"GB a second that one thread reads of {run.rows:,} rows when all buckets are opened. Again: as\n"
            "many bytes summed over and over, which is faster than memory where they fit into a cache.",
            ["kind", "MB a query", "scan", "memory", "again", "scan / memory", "scan / again"],
            rows,
        )


def stream(size: int, rounds: int) -> float:
    """Bytes a second of summing an array of `size` bytes up, again and again."""
    array = np.ones(size // 8, np.int64)
    repeats = max(1, STREAM_BYTES // size)
    _total(array, 1)
    return array.nbytes * repeats / _seconds(lambda: _total(array, repeats), rounds)


@numba.njit
def _total(array: Any, repeats: int) -> Any:
    total = 0
    for turn in range(repeats):
        # Each pass differs, so that it can't be left out.
        for i in range(array.size):
            total += array[i] ^ turn
    return total


def _scanned(index: Index, queries: Vectors) -> float:
    """How often a second the heads of all rows are scanned; the time of the scan alone is known by cycles."""
    every = {"probes": index.stats()["buckets"], "candidates": FEWEST_CANDIDATES}
    layers = index.explain(queries, K, modality=IMAGE, **every)[2].layers
    seconds = next(layer.seconds for layer in layers if layer.name == "heads")
    if seconds is None:
        sys.exit("this processor does not count cycles, so the time of the scan is not known")
    return 1 / seconds


def _seconds(work: Callable[[], Any], rounds: int) -> float:
    """The least time of some rounds, after one that does not count."""
    times = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times[1:])
