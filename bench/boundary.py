"""Text search through Java against the same search in Python; and 32 clients against one.

    ./pixie python bench/boundary.py [--size vit-l-14|tiny] [--searches N] [--clients N] [--rounds N]

Each round runs both sides one after the other, each in a process of its own, on the same collection and the
same texts. Loading is not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import machine


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
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.python:
        print(json.dumps(search_in_python(options.python, options.searches)))
        return

    print(machine.describe())
    folder = prepare(options.size, options.items)
    numbers = ["--searches", str(options.searches)]
    python_side, java_side, gains = [], [], []
    for _ in range(options.rounds):
        done = machine.run([sys.executable, __file__, "--python", str(folder), *numbers])
        python_side.append(float(json.loads(done.stdout.splitlines()[-1])))
        source = str(Path(__file__).with_name("TextSearch.java"))
        command = [machine.find_java(), "-cp", str(machine.JAR), source, str(folder)]
        done = machine.run([*command, str(options.searches), str(options.clients)])
        result = json.loads(done.stdout.splitlines()[-1])
        java_side.append(result["median"])
        gains.append(result["together"] / result["alone"])
        print(
            f"    round: Python {python_side[-1] * 1e3:.2f} ms, Java {java_side[-1] * 1e3:.2f} ms a search;"
            f" {result['alone']:.1f}/s with 1 client, {result['together']:.1f}/s with {options.clients}"
        )
    print(f"{options.size}, {options.items} items; best of {options.rounds}")
    print(f"Java over Python, one client:    {min(java_side) / min(python_side):.3f}")
    print(f"{options.clients} clients over one client:      {max(gains):.2f}")


if __name__ == "__main__":
    main()
