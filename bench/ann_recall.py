"""Queries a second at equal recall: Pixie's kinds and other libraries, tuned, frozen, measured in turn."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ann_measure import (
    IMAGE,
    TARGETS,
    TEXT,
    UNDECLARED,
    Point,
    draw_queries,
    fastest,
    measured,
    one_core,
)
from ann_method import PIXIE
from ann_peers import peers
from ann_pixie import PixieIndex
from ann_sitting import Built, Sitting, all_methods, middle
from ann_table import print_table, short

from pixie.cpu import core_limit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ann_measure import Queries
    from ann_method import Method, Vectors
    from ann_run import Run

ROOM = 2.5
"""Memory that building one more method may take, in sizes of the float32 rows: most copy them, some twice."""

_BUILDING_FAILED = (
    ArithmeticError,
    AttributeError,
    ImportError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def run_recall(run: Run) -> None:
    """Measure sitting after sitting, and write each down when it ends."""
    ours: list[Method] = [PixieIndex(kind, run.learnt_from) for kind in run.kinds]
    sittings: list[Sitting] = []
    built = build_some(ours[:], run.vectors, room=0)
    waiting = chosen_peers(run)
    own_tuning = tune_all(run, ours)
    while True:
        theirs = waiting[:]
        seconds = build_some(waiting, run.vectors, room=ROOM * run.vectors.nbytes)
        theirs = [method for method in theirs if method.name in seconds]
        methods, built = [*ours, *theirs], built | seconds
        tuning = tune_all(run, theirs)
        frozen = freeze(methods, [*own_tuning, *tuning])
        fresh = draw_queries(run.data.stream(f"fresh {len(sittings)}"), run.vectors, run.queries)
        sitting = Sitting(
            [Built(m.name, m.group, built[m.name], m.bytes_per_vector()) for m in methods],
            tuning if sittings else [*own_tuning, *tuning],
            measure_fresh(methods, frozen, fresh, run.rounds),
        )
        sittings.append(sitting)
        run.write("recall", [one.to_json() for one in sittings])
        if not waiting:
            return
        del theirs, methods
        gc.collect()


def chosen_peers(run: Run) -> list[Method]:
    """The peers that were asked for and can run."""
    chosen = []
    for method in peers(run.rows):
        if run.peers is not None and not method.name.startswith(tuple(run.peers)):
            continue
        missing = method.missing()
        if missing is None:
            chosen.append(method)
        else:
            print(f"{method.name}: left out, {missing}", flush=True)
    return chosen


def build_some(waiting: list[Method], vectors: Vectors, room: float) -> dict[str, float]:
    """Build methods and take them off the list while `room` bytes of memory are free, one at least.

    Gives the seconds of those that could be built.
    """
    seconds: dict[str, float] = {}
    while waiting and (not seconds or _free_memory() >= room):
        method = waiting.pop(0)
        gc.collect()
        begin = time.perf_counter()
        try:
            method.build(vectors, core_limit())
        except _BUILDING_FAILED as error:
            print(f"{method.name}: left out, building failed: {error}", flush=True)
            continue
        seconds[method.name] = time.perf_counter() - begin
        print(f"{method.name}: built in {seconds[method.name]:.1f} s", flush=True)
    return seconds


def _free_memory() -> float:
    """Bytes that programs can still have; endless where the system does not tell."""
    info = Path("/proc/meminfo")
    if not info.exists():
        return float("inf")
    fields = dict(line.split(":") for line in info.read_text(encoding="ascii").splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024


def tune_all(run: Run, methods: Sequence[Method]) -> list[Point]:
    """The points of some methods on the tuning queries."""
    points: list[Point] = []
    with one_core():
        for method in methods:
            begin, busy, own = time.perf_counter(), time.process_time(), []
            for kind in (IMAGE, TEXT, UNDECLARED):
                if kind != UNDECLARED or method.group == PIXIE:
                    own += run.tuned(method, kind)
            took = time.perf_counter() - begin
            print(f"{method.name}: {len(own)} settings tried in {took:.0f} s", flush=True)
            if (time.process_time() - busy) / took > 1.2:
                print(f"{method.name}: used more than one core, its figures are too high", flush=True)
            points += own
    return points


def freeze(methods: Sequence[Method], points: Sequence[Point]) -> dict[tuple[str, str, float], Point]:
    """The setting of each method for each kind of query and each target, where one reaches it."""
    frozen: dict[tuple[str, str, float], Point] = {}
    for method in methods:
        for kind in (IMAGE, TEXT, UNDECLARED):
            own = [p for p in points if p.method == method.name and p.queries == kind]
            for target in TARGETS:
                point = fastest(own, target)
                if point is not None:
                    frozen[method.name, kind, target] = point
    return frozen


def measure_fresh(
    methods: Sequence[Method],
    frozen: dict[tuple[str, str, float], Point],
    queries: dict[str, Queries],
    rounds: int,
) -> dict[tuple[str, str, float], Point]:
    """The frozen settings on fresh queries: all in turn, `rounds` times, the best time of each."""
    by_name = {method.name: method for method in methods}
    best: dict[int, Point] = {}
    # One setting may be the choice for several targets, and is measured once.
    chosen = {id(point): point for point in frozen.values()}
    with one_core():
        for _ in range(rounds):
            for key, point in chosen.items():
                now = measured(by_name[point.method], queries[point.queries], point.setting, point.qps)
                if key not in best or now.qps > best[key].qps:
                    best[key] = now
    return {place: best[id(point)] for place, point in frozen.items()}


def print_results(sittings: Sequence[Sitting]) -> None:
    """Queries a second of every method, and the recall obtained."""
    rows = []
    for method in all_methods(sittings):
        row = [method.name, f"{method.seconds:.1f}", "" if method.size is None else f"{method.size:.0f}"]
        for kind in (IMAGE, TEXT, UNDECLARED):
            if kind == UNDECLARED and method.group != PIXIE:
                row.append("the same")
                continue
            points = [middle(sittings, (method.name, kind, target)) for target in TARGETS]
            row.append(" / ".join("-" if p is None else f"{p.qps:.0f} ({short(p.recall)})" for p in points))
        rows.append(row)
    together = "" if len(sittings) == 1 else f"\nOf {len(sittings)} sittings, Pixie's middle one counts."
    print_table(
        f"Queries a second on one thread (recall@10 obtained) at recall@10 of {targets()}\n"
        "with settings chosen on other queries. -: not reached within the grid, which does not mean that\n"
        "it can't be. B/vector: the index; those that rerank need the float32 rows besides." + together,
        ["method", "build s", "B/vector", IMAGE, "text, declared", UNDECLARED],
        rows,
    )


def targets() -> str:
    """The targets of recall, as tables head their columns."""
    return " / ".join(short(target, 2) for target in TARGETS)


def sittings_of(found: Any) -> list[Sitting]:
    """The sittings that `run_recall` wrote down."""
    return [Sitting.from_json(one) for one in found]
