"""A query alone: how long one takes by an index, by a collection in Python, and by Pixie's Java library."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import machine
import numpy as np
from ann_collection import mapped
from ann_measure import IMAGE, TEXT, K, one_core
from ann_table import print_table
from boundary import Side

from pixie.holdings import Holdings
from pixie.index import load_index
from pixie.query import Part
from pixie.search import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from ann_method import Vectors
    from ann_run import Run

    Timed = Callable[[int, int], list[float]]
    """Seconds of each of so many searches, from the query of a number on."""

ASKED = 2000
"""Searches of each side, the slowest hundredth of which is 20."""

WARM_UP = 2000
"""Searches before: the JVM interprets what it has not run a thousand times."""

TURN = 50
"""Searches that one side makes before it is the next one's turn."""


def run_alone(run: Run) -> None:
    """Time every side with each kind, turn by turn."""
    files = {modality: run.disk.queries(modality, ASKED) for modality in (IMAGE, TEXT)}
    queries = {modality: mapped(file) for modality, file in files.items()}
    rows, found = [], {}
    for kind in run.approximate:
        folder = run.disk.collection(kind)
        index = load_index(run.disk.index(kind), mapped(run.disk.vectors))
        source = str(Path(__file__).with_name("VectorSearch.java"))
        with (
            Holdings(folder, read_only=True) as holdings,
            Side(machine.java_source(source, str(folder), str(files[IMAGE]))) as java,
        ):
            page = Page(K)

            def by_index(vector: Vectors, modality: str | None, index=index) -> None:  # type: ignore[no-untyped-def]
                index.search(vector[None], K, modality=modality)

            def by_collection(vector: Vectors, _: str | None, holdings=holdings, page=page) -> None:  # type: ignore[no-untyped-def]
                holdings.rank([Part(1.0, vector)], page)

            sides: dict[str, Timed] = {
                "index, a declared picture": _timed(by_index, queries[IMAGE], IMAGE),
                "index, a declared text": _timed(by_index, queries[TEXT], TEXT),
                "index, a picture": _timed(by_index, queries[IMAGE], None),
                "collection in Python, a picture": _timed(by_collection, queries[IMAGE], None),
                "collection in Java, a picture": java.search,
            }
            with one_core():
                seconds = in_turn(sides)
        for name, times in seconds.items():
            p50, p99 = np.percentile(times, [50, 99]) * 1e3
            rows.append([kind, name, f"{p50:.3f}", f"{p99:.3f}"])
            found[f"{kind}, {name}"] = {"p50_ms": p50, "p99_ms": p99}
        run.write("alone", found)
    print_table(
        f"Milliseconds of a query alone among {run.rows:,} rows, at default settings, {ASKED} queries a side",
        ["kind", "asked of", "p50", "p99"],
        rows,
    )


def in_turn(sides: dict[str, Timed]) -> dict[str, list[float]]:
    """Seconds of all searches of each side, after a warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for ask in sides.values():
        ask(0, WARM_UP)
    for first in range(0, ASKED, TURN):
        for name, ask in sides.items():
            seconds[name] += ask(first, TURN)
    return seconds


def _timed(search: Callable[[Vectors, str | None], None], queries: Vectors, modality: str | None) -> Timed:
    def ask(first: int, count: int) -> list[float]:
        seconds = []
        for query in np.asarray(queries[first : first + count]):
            begin = time.perf_counter()
            search(query, modality)
            seconds.append(time.perf_counter() - begin)
        return seconds

    return ask
