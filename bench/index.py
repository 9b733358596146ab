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


def ranked_share(index: Index, queries: Vectors, settings: dict[str, Any]) -> float:
    """Share of the rows that the tables put forward and rank."""
    state = index._state
    chosen: Any = index.settings.at_search(settings)
    shares: list[float] = []
    for query in queries[:TIMED]:
        _, ranked = state.structure.candidates(
            state.structure.means @ query,
            None,
            chosen.probes_for(state.structure.buckets),
            chosen.candidates_for(len(index)),
        )
        shares.append(ranked / len(index))
    return statistics.mean(shares)


def measure(count: int, dim: int, query_count: int, seed: int) -> None:
    """Print the table of one size."""
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
    lsh = make_index("lsh", dim, exact_below=1)
    begin = time.thread_time()
    lsh.fit(vectors)
    facts = lsh.stats()
    print(
        f"\n{count:,} x {dim}, seed {seed}: fit {time.thread_time() - begin:.1f} s;"
        f" {facts['tables']} tables of {facts['buckets']} buckets,"
        f" {facts['bytes']['index'] / count:.0f} bytes a row"
    )
    header = "  ".join(f"{name:>15}" for name in queries)
    print(f"{'recall@10 of lsh':<22}{header}   ranked  reranked   time of a query / exact")
    for label, change in SETTINGS.items():
        settings = scaled(lsh, change)
        recalls, mine, theirs = [], [], []
        for name, asked in queries.items():
            recalls.append(recall_at_k(lsh.search(asked, K, **settings)[0], true[name]))
            mine.append(milliseconds(lsh, asked, **settings))
            theirs.append(milliseconds(exact, asked))
        columns = "  ".join(f"{recall:15.3f}" for recall in recalls)
        ranked = ranked_share(lsh, queries["texts"], settings)
        reranked = settings.get("candidates", facts["candidates"]) / count
        ours, scan = statistics.mean(mine), statistics.mean(theirs)
        print(
            f"{label:<22}{columns}   {ranked:6.1%}  {reranked:8.1%}   {ours / scan:.2f}"
            f" ({ours:.2f} / {scan:.2f} ms)"
        )
    begin = time.thread_time()
    exact.search(queries["texts"][:32], K)
    print(f"exact, 32 queries in one call: {(time.thread_time() - begin) / 32 * 1e3:.2f} ms a query")


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
