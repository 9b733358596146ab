"""The kinds of index against the exact scan: recall, share of the rows looked at, and time of a query.

    bench/index [--rows N ...] [--dim D] [--queries N] [--seed N]

Vectors come from the generator of the index tests, which has the mean, spread and modality gap of CLIP's. A
query alone takes one thread; its time is the processor time of that thread, which other programs disturb
least.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import machine
import numpy as np

from pixie.index import Index, make_index, recall_at_k

sys.path.insert(0, str(machine.ROOT / "tests"))
from index_vectors import ClipVectors

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

K = 10
TIMED = 40

SETTINGS: dict[str, dict[str, int]] = {
    "defaults": {},
    "half the candidates": {"candidates": -2},
    "twice the candidates": {"candidates": 2},
    "half the probes": {"probes": -2},
    "twice the probes": {"probes": 2},
}


def milliseconds(index: Index, queries: Vectors, **settings: Any) -> float:
    """Median processor time of a query alone."""
    times = []
    for query in queries[:TIMED, None]:
        begin = time.thread_time()
        index.search(query, K, **settings)
        times.append(time.thread_time() - begin)
    return statistics.median(times) * 1e3


def scaled(index: Index, change: dict[str, int]) -> dict[str, Any]:
    """Settings of a search: a default multiplied, or divided where the factor is negative."""
    defaults = index.stats()
    return {
        name: max(1, defaults[name] * by if by > 0 else defaults[name] // -by) for name, by in change.items()
    }


def looked_at(index: Index, queries: Vectors, settings: dict[str, Any]) -> list[float]:
    """Shares of the rows that a query looks at by their codes, by their bytes, and exactly."""
    rows, structure = index._state
    found = index._found(rows, structure, queries, K, None, None, 1.0, index.settings.at_search(settings))
    shares: list[float] = (found.looked_at[:, 1:].mean(axis=0) / len(index)).tolist()
    return shares


def measure(count: int, dim: int, query_count: int, seed: int) -> None:
    """Print the tables of one size."""
    data = ClipVectors(dim, seed)
    vectors = np.concatenate([data.pictures(min(20_000, count - i)) for i in range(0, count, 20_000)])
    queries = {
        "pictures": data.pictures(query_count),
        "near duplicates": data.near_duplicates(vectors[:query_count]),
        "texts": data.texts(query_count),
    }
    exact = make_index("exact", dim)
    exact.fit(vectors)
    true = {name: exact.search(asked, K)[0] for name, asked in queries.items()}
    for kind in ("lsh", "kmeans"):
        index = make_index(kind, dim, exact_below=1)
        begin = time.perf_counter()
        index.fit(vectors)
        seconds = time.perf_counter() - begin
        index.search(data.texts(64), K, modality="text")
        facts = index.stats()
        print(
            f"\n{kind}, {count:,} x {dim}, seed {seed}: fit {seconds:.1f} s; {facts['buckets']} buckets,"
            f" {facts['bytes']['index'] / count:.0f} bytes a row"
        )
        header = "  ".join(f"{name:>15}" for name in queries)
        print(f"{'recall@10':<22}{header}    by code  by bytes   time of a query / exact, and in a batch")
        for label, change in SETTINGS.items():
            row(label, index, exact, queries, true, scaled(index, change))


def row(
    label: str,
    index: Index,
    exact: Index,
    queries: dict[str, Vectors],
    true: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    """Print a line of the table: what these settings of a search find, and what that takes."""
    recalls, alone, scans, together = [], [], [], []
    for name, asked in queries.items():
        begin = time.thread_time()
        found = index.search(asked, K, **settings)[0]
        together.append((time.thread_time() - begin) / len(asked) * 1e3)
        recalls.append(recall_at_k(found, true[name]))
        alone.append(milliseconds(index, asked, **settings))
        scans.append(milliseconds(exact, asked))
    columns = "  ".join(f"{recall:15.3f}" for recall in recalls)
    by_code, by_bytes, _ = looked_at(index, queries["texts"], settings)
    ours, scan = statistics.mean(alone), statistics.mean(scans)
    print(
        f"{label:<22}{columns}    {by_code:7.1%}  {by_bytes:8.2%}   {ours / scan:.3f}"
        f" ({ours:.3f} / {scan:.2f} ms), {statistics.mean(together):.3f} ms"
    )


def main() -> None:
    parser = machine.parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 50_000, 200_000])
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(machine.describe())
    for count in options.rows:
        measure(count, options.dim, options.queries, options.seed)


if __name__ == "__main__":
    main()
