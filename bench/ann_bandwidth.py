"""How much of the memory's bandwidth the scan of the heads reaches, on one thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from ann_measure import IMAGE, K, one_core
from ann_pixie import new_index, teach
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
        index = new_index(kind)
        index.fit(run.vectors)
        teach(index, run.learnt_from)
        structure = index._state.structure
        if not hasattr(structure, "codes"):
            print(f"\n{kind} has no heads to scan")
            continue
        # Each row's head, and its product with the queries' mean.
        read = structure.codes.nbytes + structure.biases[0].nbytes
        with one_core():
            whole = _seconds(
                lambda index=index: _search(index, queries, index.stats()["buckets"]), run.rounds
            )
            one = _seconds(lambda index=index: _search(index, queries, 1), run.rounds)
            memory = stream(STREAM_BYTES, run.rounds)
            same = stream(read, run.rounds)
        scan, net = (read * ASKED / seconds for seconds in (whole, whole - one))
        found[kind] = {"bytes": read, "scan": scan, "net": net, "memory": memory, "same_size": same}
        rows.append(
            [
                kind,
                f"{read / 1e6:.1f}",
                *(f"{rate / 1e9:.1f}" for rate in (scan, net, memory, same)),
                *(f"{net / rate:.0%}" for rate in (memory, same)),
            ]
        )
        run.write("bandwidth", found)
    if rows:
        print_table(
            f"GB a second that one thread reads of {run.rows:,} rows when all buckets are opened. Scan\n"
            "alone: less the time of a search that opens one bucket. Again: as many bytes read over and\n"
            "over, which is faster than memory where they fit into a cache.",
            ["kind", "MB a query", "search", "scan alone", "memory", "again", "share of memory", "of again"],
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


def _search(index: Index, queries: Vectors, probes: int) -> None:
    index.search(queries, K, modality=IMAGE, probes=probes, candidates=FEWEST_CANDIDATES)


def _seconds(work: Callable[[], Any], rounds: int) -> float:
    """The least time of some rounds, after one that does not count."""
    times = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times[1:])
