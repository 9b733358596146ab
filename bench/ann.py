"""Pixie's kinds of index and other libraries: queries a second at equal recall, on one thread.

    bench/ann [--rows 200000] [--queries 1000] [--rounds 3] [--seed N] [--kinds lsh ...]
              [--peers NAME ...|none] [--out FOLDER]

Rows and queries come from a generator with the statistics of CLIP's vectors. For each method, each kind of
query and each target of recall@10, the fastest setting of a grid that reaches the target is chosen on one set
of queries and then frozen. What is printed was measured with queries never seen before, all methods in turn,
the best of some rounds. Indexes are built on all cores; the table says what that took.

Peers are what bench/requirements.txt lists; one that is not installed is left out. --peers takes beginnings
of their names. 200,000 rows with all of them want 12 GB and take about an hour.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import gc
import json
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine
import numba
import numpy as np
from ann_peers import GRAPHS, LIBRARIES_OF_LSH, LORANN, LSH, PEERS, QUANTISED, Method, geometric, settings
from clip_like import DIM, ClipLike

from pixie.cpu import core_limit
from pixie.errors import InvalidInputError
from pixie.index import KINDS, make_index, recall_at_k

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ann_peers import Ids, Setting, Vectors

K = 10
TARGETS = (0.90, 0.95, 0.99)

LEARNT_FROM = 64
"""Pictures and texts that an index is asked for before anything counts, as it learns from the queries it
sees."""

SECONDS = 2.0
"""What one measurement may take: slow methods are asked fewer queries."""

AT_LEAST = 0.2
"""Seconds for which a quick call is repeated; the best time counts."""

FEWEST = 100
"""Queries that even the slowest method is asked; recall is then known to about 0.01."""

IMAGE, TEXT, UNDECLARED = "image", "text", "text, not declared"

PIXIE = "Pixie"

GROUPS: dict[str, str] = {
    LSH: "faiss IndexLSH",
    LIBRARIES_OF_LSH: "nearpy, annoy",
    GRAPHS: "HNSW (hnswlib, faiss, usearch)",
    QUANTISED: "best quantised",
    LORANN: "lorann",
}
"""Rows of the table of ratios; one of all methods follows."""

ALL = "best of all"


class PixieIndex(Method):
    """A kind of Pixie's index with its default settings."""

    group = PIXIE
    library = "pixie"

    def __init__(self, kind: str) -> None:
        self.index = make_index(kind, DIM)
        self.kind, self.name = kind, f"{PIXIE} {kind}"

    def build(self, vectors: Vectors, threads: int) -> None:  # noqa: ARG002 - it knows the cores it may use
        self.index.fit(vectors)

    def grid(self) -> list[Setting]:
        values = {"probes": geometric(1, 1024), "candidates": [*geometric(40, 1280, 1), 2000]}
        known = {name: values[name] for name in values if name in self.index.settings_type.AT_SEARCH}
        return [{}, *settings(**known)] if known else [{}]

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        return self.index.search(queries, k, **setting)[0]

    def bytes_per_vector(self) -> float | None:
        return float(self.index.stats()["bytes"]["index"]) / len(self.index)


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


def nearest_rows(vectors: Vectors, queries: Vectors) -> Ids:
    """The exact best K, from float32 products of blocks of rows."""
    best = np.empty((len(queries), 0), np.int64)
    scores = np.empty((len(queries), 0), np.float32)
    for start in range(0, len(vectors), 50_000):
        products = queries @ vectors[start : start + 50_000].T
        found = np.argpartition(products, -K, axis=1)[:, -K:]
        scores = np.hstack([scores, np.take_along_axis(products, found, 1)])
        best = np.hstack([best, found + start])
        order = np.argsort(-scores, axis=1)[:, :K]
        best, scores = np.take_along_axis(best, order, 1), np.take_along_axis(scores, order, 1)
    return best


def draw_queries(data: ClipLike, vectors: Vectors, count: int) -> dict[str, Queries]:
    """New queries of every kind; the texts are the same whether they are declared or not."""
    pictures, texts = data.pictures(count), data.texts(count)
    nearest = nearest_rows(vectors, texts)
    return {
        IMAGE: Queries(IMAGE, pictures, nearest_rows(vectors, pictures)),
        TEXT: Queries(TEXT, texts, nearest),
        UNDECLARED: Queries(UNDECLARED, texts, nearest),
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
    told = {**setting, "modality": queries.modality} if isinstance(method, PixieIndex) else setting
    begin = time.perf_counter()
    found = method.search(queries.vectors[:count], K, told)
    return found, time.perf_counter() - begin


def affordable(qps: float, queries: Queries) -> int:
    """How many queries fit into one measurement."""
    return min(len(queries.vectors), max(FEWEST, round(SECONDS * qps)))


def measured(method: Method, queries: Queries, setting: Setting, qps: float | None = None) -> Point:
    """Recall and speed of one setting, of which `qps` is expected; None to find out."""
    few = min(8, len(queries.vectors))
    # A first call may compile something, and brings back into the caches what another method drove out.
    ask(method, queries, setting, few)
    count = affordable(qps or few / ask(method, queries, setting, few)[1], queries)
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


def chosen_methods(options: argparse.Namespace) -> list[Method]:
    """The kinds and the peers that were asked for and can run."""
    methods: list[Method] = [PixieIndex(kind) for kind in options.kinds]
    for peer in PEERS:
        method = peer()
        if options.peers is not None and not method.name.startswith(tuple(options.peers)):
            continue
        missing = method.missing()
        if missing is None:
            methods.append(method)
        else:
            print(f"{method.name}: left out, {missing}", flush=True)
    return methods


def build(methods: Sequence[Method], vectors: Vectors) -> dict[str, float]:
    """Build every index; the seconds of those that could be built."""
    seconds: dict[str, float] = {}
    for method in methods:
        gc.collect()
        begin = time.perf_counter()
        try:
            method.build(vectors, core_limit())
        except (
            ArithmeticError,
            AttributeError,
            ImportError,
            OSError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            print(f"{method.name}: left out, building failed: {error}", flush=True)
            continue
        seconds[method.name] = time.perf_counter() - begin
        print(f"{method.name}: built in {seconds[method.name]:.1f} s", flush=True)
    return seconds


def tune_all(
    methods: Sequence[Method], learnt_from: dict[str, Vectors], queries: dict[str, Queries]
) -> list[Point]:
    """The points of all methods on the tuning queries."""
    points: list[Point] = []
    for method in methods:
        begin, own = time.perf_counter(), []
        busy = time.process_time()
        for modality, seen in learnt_from.items():
            if isinstance(method, PixieIndex):
                method.search(seen, K, {"modality": modality})
        for asked in queries.values():
            if asked.kind != UNDECLARED or isinstance(method, PixieIndex):
                own += tune(method, asked)
        took = time.perf_counter() - begin
        print(f"{method.name}: {len(own)} settings tried in {took:.0f} s", flush=True)
        if (time.process_time() - busy) / took > 1.2:
            print(f"{method.name}: used more than one core, its figures are too high", flush=True)
        points += own
    return points


Frozen = dict[tuple[str, str, float], "Point | None"]
"""For a method, a kind of query and a target: the setting chosen, with what was measured."""


def freeze(methods: Sequence[Method], points: Sequence[Point]) -> Frozen:
    """The setting of each method for each kind of query and each target."""
    frozen: Frozen = {}
    for method in methods:
        for kind in (IMAGE, TEXT, UNDECLARED):
            own = [p for p in points if p.method == method.name and p.queries == kind]
            for target in TARGETS:
                frozen[method.name, kind, target] = fastest(own, target)
    return frozen


def measure_fresh(
    methods: Sequence[Method], frozen: Frozen, queries: dict[str, Queries], rounds: int
) -> Frozen:
    """The frozen settings on fresh queries: all in turn, `rounds` times, the best time of each."""
    by_name = {method.name: method for method in methods}
    best: dict[int, Point] = {}
    chosen = {id(point): point for point in frozen.values() if point is not None}
    for _ in range(rounds):
        for key, point in chosen.items():
            now = measured(by_name[point.method], queries[point.queries], point.setting, point.qps)
            if key not in best or now.qps > best[key].qps:
                best[key] = now
    return {place: None if point is None else best[id(point)] for place, point in frozen.items()}


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table in Markdown, its columns aligned."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def print_results(methods: Sequence[Method], seconds: dict[str, float], fresh: Frozen) -> None:
    """Queries a second of every method, and the recall obtained."""
    rows = []
    for method in methods:
        size = method.bytes_per_vector()
        row = [method.name, f"{seconds[method.name]:.1f}", "" if size is None else f"{size:.0f}"]
        for kind in (IMAGE, TEXT, UNDECLARED):
            if kind == UNDECLARED and not isinstance(method, PixieIndex):
                row.append("the same")
                continue
            points = [fresh[method.name, kind, target] for target in TARGETS]
            row.append(
                " / ".join("-" if p is None else f"{p.qps:.0f} ({_short(p.recall, 3)})" for p in points)
            )
        rows.append(row)
    print("\nQueries a second on one thread (recall@10 obtained) at " + _targets())
    print("with settings chosen on other queries. -: not reached within the grid, which does not mean that")
    print("it can't be. B/vector: the index; those that rerank need the float32 rows besides.\n")
    print_table(["method", "build s", "B/vector", IMAGE, "text, declared", UNDECLARED], rows)


def print_ratios(ours: Method, methods: Sequence[Method], fresh: Frozen) -> None:
    """How many times as fast one kind of Pixie's index is as the fastest of each group."""
    rows = []
    for group, label in [*GROUPS.items(), (ALL, ALL)]:
        peers = [m.name for m in methods if m.group == group or (group == ALL and m.group != PIXIE)]
        row = [label]
        for kind in (IMAGE, TEXT, UNDECLARED):
            theirs = TEXT if kind == UNDECLARED else kind
            row.append(
                " / ".join(
                    _ratio(fresh[ours.name, kind, target], [fresh[name, theirs, target] for name in peers])
                    for target in TARGETS
                )
            )
        rows.append(row if peers else [label, *["not measured"] * 3])
    print(f"\n{ours.name} over the fastest of each group, queries a second at {_targets()}")
    print("-: Pixie did not reach it within the grid. alone: no peer did.\n")
    print_table(["over", IMAGE, "text, declared", UNDECLARED], rows)


def _ratio(ours: Point | None, theirs: Sequence[Point | None]) -> str:
    reached = [point.qps for point in theirs if point is not None]
    if ours is None:
        return "-"
    return f"{ours.qps / max(reached):.2f}" if reached else "alone"


def _targets() -> str:
    return "recall@10 of " + " / ".join(_short(target, 2) for target in TARGETS)


def _short(recall: float, digits: int) -> str:
    """A recall without its leading zero."""
    return f"{recall:.{digits}f}".removeprefix("0")


def write_points(folder: Path, about: dict[str, Any], points: Sequence[Point], fresh: Frozen) -> None:
    """The points of the curves and the results, as JSON."""
    results = [
        {"target": target, **asdict(point)} for (_, _, target), point in fresh.items() if point is not None
    ]
    whole = {**about, "tuning": [asdict(point) for point in points], "results": results}
    (folder / "ann.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def draw_curves(folder: Path, title: str, points: Sequence[Point]) -> None:
    """Recall against queries a second, one panel a kind of query, as PNG and SVG."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print("matplotlib is not installed: no curves are drawn")
        return
    figure, panels = pyplot.subplots(1, 2, figsize=(15, 7), sharey=True, layout="constrained")
    # Pixie's kinds in strong colours over the peers' many.
    strong, many = iter(("black", "red", "blue", "green")), iter(pyplot.get_cmap("tab20").colors)
    names = dict.fromkeys(point.method for point in points)
    colours = {name: next(strong if name.startswith(PIXIE) else many) for name in names}
    for panel, kinds in zip(panels, ((IMAGE,), (TEXT, UNDECLARED)), strict=True):
        for name in names:
            for kind in kinds:
                curve = _frontier([p for p in points if p.method == name and p.queries == kind])
                if not curve:
                    continue
                ours = name.startswith(PIXIE)
                panel.plot(
                    [point.recall for point in curve],
                    [point.qps for point in curve],
                    label=f"{name}, not declared" if kind == UNDECLARED else name,
                    color=colours[name],
                    zorder=3 if ours else 2,
                    linestyle="--" if kind == UNDECLARED else "-",
                    linewidth=2.5 if ours else 1,
                    marker="o" if ours else ".",
                    markersize=4,
                )
        panel.set(title=f"{kinds[0]} queries", xlabel="recall@10", xlim=(0.7, 1.005), yscale="log")
        panel.grid(alpha=0.3, which="both")
    panels[0].set_ylabel("queries a second, one thread")
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize="small")
    figure.suptitle(title, fontsize="medium")
    for kind in ("png", "svg"):
        figure.savefig(folder / f"ann.{kind}", dpi=120)


def _frontier(points: Sequence[Point]) -> list[Point]:
    """The points than which none is both faster and of higher recall, by recall."""
    frontier: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.recall, -point.qps)):
        if not frontier or point.qps > frontier[-1].qps:
            frontier.append(point)
    return frontier[::-1]


def arguments() -> argparse.Namespace:
    """The options of the command line, with a list of peers made of ``none``."""
    parser = machine.parser(__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--peers", nargs="+", metavar="NAME")
    parser.add_argument("--out", type=Path, default=machine.WORK / "ann")
    options = parser.parse_args()
    if options.peers == ["none"]:
        options.peers = []
    return options


def main() -> None:
    options = arguments()
    about = machine.describe()
    print(about)
    title = f"{options.rows:,} x {DIM}, seed {options.seed}, {options.queries} queries of each kind"
    print(title, flush=True)
    data = ClipLike(options.seed)
    vectors = data.pictures(options.rows)
    learnt_from = {"text": data.texts(LEARNT_FROM), "image": data.pictures(LEARNT_FROM)}
    tuning = draw_queries(data, vectors, options.queries)
    methods = chosen_methods(options)
    seconds = build(methods, vectors)
    methods = [method for method in methods if method.name in seconds]
    with one_core():
        points = tune_all(methods, learnt_from, tuning)
        frozen = freeze(methods, points)
        fresh = measure_fresh(methods, frozen, draw_queries(data, vectors, options.queries), options.rounds)
    print_results(methods, seconds, fresh)
    for method in methods:
        if isinstance(method, PixieIndex) and method.kind != "exact":
            print_ratios(method, methods, fresh)
    options.out.mkdir(parents=True, exist_ok=True)
    run = {"machine": about, "arguments": sys.argv[1:], "build_seconds": seconds}
    write_points(options.out, run, points, fresh)
    draw_curves(options.out, title, points)
    print(f"\nWritten to {options.out}")


if __name__ == "__main__":
    main()
