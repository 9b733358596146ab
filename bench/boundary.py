"""Text search through Java against the same search in Python; and many clients against one.

    bench/boundary [--size vit-l-14|tiny] [--items N] [--searches N] [--clients N] [--rounds N]

Each round runs both sides one after the other, each in a process of its own, on the same collection and the
same texts. Loading is not counted. A ratio is given twice: the median over the rounds, each of figures of the
same round, and the best round of one over the best round of the other, which leaves out what else the machine
did meanwhile.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import machine

HERE = Path(__file__)


def prepare(size: str, items: int) -> Path:
    """A collection of texts under a model with random weights."""
    import pixie

    folder = machine.fresh(f"boundary-{size}")
    with pixie.open(str(folder), model=str(machine.checkpoint(size)), dtype="float32") as collection:
        collection.add_all(pixie.Item(id=f"text-{i}", text=f"picture number {i}") for i in range(items))
    return folder


def search_in_python(folder: str, searches: int) -> float:
    """Median seconds of a search."""
    import pixie

    with pixie.open(folder, read_only=True, dtype="float32") as collection:
        seconds = []
        for i in range(-10, searches):
            begin = time.perf_counter()
            collection.search(f"a photo of dog number {max(i, 0)} on a beach")
            if i >= 0:
                seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def main() -> None:
    parser = machine.parser(__doc__)
    machine.add_size(parser)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.python:
        print(json.dumps(search_in_python(options.python, options.searches)))
        return

    print(machine.describe())
    folder = prepare(options.size, options.items)
    searches, clients = str(options.searches), str(options.clients)
    print(
        f"{options.size}, {options.items} items, {searches} searches a round; milliseconds a search (median)"
    )
    in_java, in_python, gains = [], [], []
    for number in range(options.rounds):
        # One BLAS thread on both sides: Pixie's JVM half asks for one, and the boundary is what is compared.
        side = [sys.executable, str(HERE), "--python", str(folder), "--searches", searches]
        done = machine.run(side, OPENBLAS_NUM_THREADS="1")
        in_python.append(float(json.loads(done.stdout.splitlines()[-1])))
        source = str(HERE.with_name("TextSearch.java"))
        done = machine.run(machine.java_source(source, str(folder), searches, clients))
        java = json.loads(done.stdout.splitlines()[-1])
        in_java.append(java["median"])
        gains.append(java["together"] / java["alone"])
        print(
            f"    {number + 1}: Python {in_python[-1] * 1e3:.2f}, Java {java['median'] * 1e3:.2f}; a second:"
            f" {java['alone']:.1f} with 1 client, {java['together']:.1f} with {clients}"
        )
    ratio = statistics.median(a / b for a, b in zip(in_java, in_python, strict=True))
    print(f"Java over Python, one client: median {ratio:.3f}, best {min(in_java) / min(in_python):.3f}")
    print(
        f"{clients} clients over one client:   median {statistics.median(gains):.2f}, best {max(gains):.2f}"
    )


if __name__ == "__main__":
    main()
