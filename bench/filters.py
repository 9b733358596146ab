"""Filters on a large collection: what listing, counting and searching by them takes, and what it finds.

    bench/filters [--items N] [--dim D] [--queries N] [--kind KIND] [--seed N]

Items are made up: a year, a tag, a number drawn at random, and a rank by how near they are to one of them, so
that ``draw < N`` allows items at random and ``rank < N`` items that are alike. Times are of one call in an
open collection, the best of three; the command line adds half a second for the JVM and Python.
"""

from __future__ import annotations

import os
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import time
from typing import TYPE_CHECKING, Any

import machine
import numpy as np

from pixie.collection import Collection
from pixie.filters import Filter
from pixie.filters.condition import Condition
from pixie.holdings import Holdings
from pixie.listing import Selection
from pixie.manifest import Manifest, Model
from pixie.opening import create_collection
from pixie.query import Part
from pixie.records import Record
from pixie.search import Page, SearchOptions

sys.path.insert(0, str(machine.ROOT / "tests"))
from index_vectors import ClipVectors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

K = 10
BATCH = 20_000
TIMES = 3
CAMERAS = ("Canon EOS R5", "NIKON Z 6", "FUJIFILM X100V", "SONY ILCE-7M3")
SHARES = (0.5, 0.1, 0.01, 0.001)


def filled(folder: Path, vectors: Vectors, seed: int, kind: str) -> Holdings:
    """A collection of made-up items, open for writing."""
    model = Model("made-up", "0" * 32, vectors.shape[1])
    create_collection(folder, model)
    Manifest.new("filters", model, {"index": {"kind": kind}}).write(folder)
    count = len(vectors)
    random = np.random.default_rng(seed)
    draw = random.permutation(count)
    rank = np.empty(count, np.int64)
    rank[np.argsort(-(vectors @ vectors[0]))] = np.arange(count)
    holdings = Holdings(folder)
    for first in range(0, count, BATCH):
        rows = range(first, min(count, first + BATCH))
        records = [
            Record(
                f"Pictures/{row % 1000:03}/{row:07}.jpg",
                path=f"/home/ann/Pictures/{row % 1000:03}/{row:07}.jpg",
                metadata={
                    "year": 1990 + row % 35,
                    "tag": ["red", "blue"][: 1 + row % 2],
                    "draw": int(draw[row]),
                    "rank": int(rank[row]),
                },
                facts={
                    "width": 4000,
                    "height": 3000,
                    "size": 3_000_000 + row,
                    "camera": CAMERAS[row % 4],
                    "taken": f"{1990 + row % 35}-05-13T13:21:58",
                },
                vectors=(("image", row - first),),
            )
            for row in rows
        ]
        holdings.commit(records, vectors[rows.start : rows.stop])
    return holdings


def seconds(call: Callable[[], object]) -> float:
    """The least time that a call took."""
    times = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


def plan(holdings: Holdings, where: str | None) -> str:
    """How SQLite goes about the items that a filter matches."""
    of = Selection(None if where is None else Filter.parse(where))
    with holdings.store.reading() as connection:
        of = of.condition(connection)
        Condition.register(connection)
        sql = f"EXPLAIN QUERY PLAN SELECT number FROM items WHERE {of.sql} ORDER BY id LIMIT 50"
        lines = [row[3] for row in connection.execute(sql, of.values)]
    return "; ".join(line for line in lines if "LIST SUBQUERY" not in line and "VIRTUAL" not in line)


def print_times(holdings: Holdings) -> None:
    """One call of each sort, with SQLite's plan where there is a filter."""
    photos = Collection(holdings)
    some = photos.items(limit=3)
    print(f"\n{'call':<44}{'ms':>10}  SQLite's plan")
    filters = (
        "draw < 50",
        "year = 1999 and camera = 'NIKON Z 6'",
        "tag = 'blue'",
        "taken = 2001-05",
        "path glob '007/*'",
    )
    rows: list[tuple[str, Callable[[], object], str | None]] = [
        ("stats", photos.stats, None),
        ("get of one item", lambda: photos.get(some[0].id), None),
        ("the first 50 items", lambda: photos.items(limit=50), None),
    ]
    rows += [
        (f"list: {where}", lambda where=where: photos.items(where=where, limit=50), where)
        for where in filters
    ]
    rows.append(("facets of camera", lambda: photos.facets("camera"), None))
    for name, call, where in rows:
        took = seconds(call) * 1e3
        print(f"{name:<44}{took:10.1f}  {plan(holdings, where) if where else ''}", flush=True)
    removed = iter(some)
    print(f"{'remove of one item':<44}{seconds(lambda: photos.remove(next(removed).id)) * 1e3:10.1f}")


def print_searches(holdings: Holdings, queries: Vectors) -> None:
    """Hits and recall with and without filters, and the time of the first search by a filter and the next."""
    count = len(holdings)
    print(
        f"\n{'filter':<24}{'first, ms':>11}{'next, ms':>10}{'hits / there are':>18}"
        f"{'recall@10':>11}{'without':>9}"
    )
    unfiltered = recall(holdings, queries, None)[1]
    for key in ("draw", "rank"):
        for share in SHARES:
            allowed = max(K, round(share * count))
            where = Filter.lt(key, allowed)
            first, after = (search_seconds(holdings, queries[at], where) * 1e3 for at in (0, 1))
            hits, found = recall(holdings, queries, where)
            print(
                f"{where!s:<24}{first:11.1f}{after:10.1f}{hits:18.4f}{found:11.4f}{unfiltered:9.4f}",
                flush=True,
            )


def search_seconds(holdings: Holdings, query: Vectors, where: Filter) -> float:
    begin = time.perf_counter()
    holdings.rank([Part(1.0, query, "image")], Page(K, where=where))
    return time.perf_counter() - begin


def recall(holdings: Holdings, queries: Vectors, where: Filter | None) -> tuple[float, float]:
    """Share of the hits there could be that came back, and share of those that are right."""
    hits, recalls = 0, []
    for query in queries:
        page, options = Page(K, where=where), SearchOptions(check=True)
        result: Any = holdings.rank([Part(1.0, query, "image")], page, options)
        hits += len(result.hits)
        recalls.append(result.check.recall)
    return hits / (K * len(queries)), float(np.mean(recalls))


def main() -> None:
    parser = machine.parser(__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--kind", default="lsh", help="of index")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(machine.describe())
    data = ClipVectors(options.dim, options.seed)
    vectors = np.concatenate(
        [data.pictures(min(BATCH, options.items - i)) for i in range(0, options.items, BATCH)]
    )
    folder = machine.fresh("filters")
    begin = time.perf_counter()
    holdings = filled(folder, vectors, options.seed, options.kind)
    print(f"{options.items:,} items of {options.dim} dimensions in {time.perf_counter() - begin:.0f} s")
    print("\nWithout indexes on the names that filters compare:", end="")
    print_times(holdings)
    begin = time.perf_counter()
    made = holdings.store.make_indexes(holdings.queries.names())
    print(f"\nWith {made} such indexes, made in {time.perf_counter() - begin:.1f} s:", end="")
    print_times(holdings)
    print_searches(holdings, data.pictures(options.queries))
    holdings.close()


if __name__ == "__main__":
    main()
