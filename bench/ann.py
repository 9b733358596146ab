"""Pixie's kinds of index and other libraries: queries a second at equal recall, on one thread, and more.

    bench/ann [--rows 200000] [--queries 1000] [--rounds 3] [--seed N] [--kinds lsh ...]
              [--peers NAME ...|none] [--sections NAME ...] [--out FOLDER]
    bench/ann --merge FILE ... [--out FOLDER]

Rows and queries come from a generator with the statistics of CLIP's vectors. The sections:

    recall     For each method, each kind of query and each target of recall@10, the fastest setting of a grid
               that reaches the target is chosen on one set of queries and then frozen. What is printed was
               measured with queries drawn afterwards, all methods in turn, the best of some rounds. Indexes
               are built on all cores; the table says what that took.
    live       inserts, removals, and recall after them
    alone      a query alone: through Python, and through Java, which needs target/pixie.jar
    threads    several queries at once: through Python, and through Java
    open       a new process opens a saved index: time and memory; Linux only
    bandwidth  how fast codes are scanned, over how fast memory is read
    kernels    the compiled paths: the same hits, and their speed
    filters    recall and speed among some of the rows

Peers are what bench/requirements.txt lists; one that is not installed is left out. --peers takes beginnings
of their names. As many methods as fit into memory sit together, with Pixie's kinds in every sitting, and
only figures of one sitting are compared. --merge makes one table and one file of the sittings of several runs
of equal --rows and --queries.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import json
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine
from ann_alone import run_alone
from ann_bandwidth import run_bandwidth
from ann_curves import draw_curves
from ann_filters import run_filters
from ann_live import run_live
from ann_open import run_open
from ann_paths import run_paths
from ann_pixie import compile_kernels
from ann_ratios import print_ratios
from ann_recall import print_results, run_recall, sittings_of
from ann_run import Run
from ann_threads import run_threads
from clip_like import DIM

from pixie.index import KINDS

if TYPE_CHECKING:
    import argparse

SECTIONS = {
    "recall": run_recall,
    "live": run_live,
    "alone": run_alone,
    "threads": run_threads,
    "open": run_open,
    "bandwidth": run_bandwidth,
    "kernels": run_paths,
    "filters": run_filters,
}

COMPARED = ["exact", "lsh", "kmeans"]


def arguments() -> argparse.Namespace:
    """The options of the command line, with a list of peers made of ``none``."""
    parser = machine.parser(__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=COMPARED)
    parser.add_argument("--peers", nargs="+", metavar="NAME")
    parser.add_argument("--sections", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--merge", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, default=machine.WORK / "ann")
    options = parser.parse_args()
    if options.peers == ["none"]:
        options.peers = []
    return options


def report(run: Run) -> None:
    """The tables and curves of the section on recall."""
    sittings = sittings_of(run.sections["recall"])
    print_results(sittings)
    print_ratios(sittings, run.rows)
    draw_curves(run.out, f"{run.rows:,} x {DIM}, {run.queries} queries of each kind", sittings)


def merge(options: argparse.Namespace) -> None:
    """Put the sittings of several runs together, and the other sections, of which the last file's count."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in options.merge]
    sizes = {(one["rows"], one["queries"]) for one in found}
    if len(sizes) > 1:
        sys.exit(f"these runs can't be merged, they are of different sizes (rows, queries): {sorted(sizes)}")
    about = {"runs": [{name: one[name] for name in ("machine", "arguments")} for one in found]}
    run = Run(*sizes.pop(), options.rounds, options.seed, options.kinds, None, options.out, about)
    for section in SECTIONS:
        results: list[Any] = [one[section] for one in found if section in one]
        if results:
            run.write(section, list(chain(*results)) if section == "recall" else results[-1])
    for one in about["runs"]:
        print(one["machine"], one["arguments"])
    report(run)


def main() -> None:
    options = arguments()
    if options.merge:
        merge(options)
        return
    described = machine.describe()
    print(described)
    print(
        f"{options.rows:,} x {DIM}, seed {options.seed}, {options.queries} queries of each kind", flush=True
    )
    about = {"machine": described, "arguments": sys.argv[1:]}
    sizes = (options.rows, options.queries, options.rounds, options.seed)
    run = Run(*sizes, options.kinds, options.peers, options.out, about)
    compile_kernels()
    for section in options.sections:
        SECTIONS[section](run)
        if section == "recall":
            report(run)
    print(f"\nWritten to {options.out}")


if __name__ == "__main__":
    main()
