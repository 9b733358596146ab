"""How long a short command takes, from `java -jar` to its end, and where the time of a search goes.

    ./pixie python bench/start.py [--size vit-l-14|tiny] [--runs N]

Searches by text in a collection whose model has random weights; a first run, which is not counted, brings its
files into the page cache.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import machine


def prepare(size: str) -> tuple[Path, str]:
    """A collection of a few texts, and the id of one of them."""
    import pixie

    folder = machine.fresh(f"start-{size}")
    with pixie.open(str(folder), model=str(machine.checkpoint(size)), dtype="float32") as collection:
        collection.add_all(pixie.Item(id=f"text-{i}", text=f"picture number {i}") for i in range(100))
    return folder, "text-7"


def timed(arguments: list[str], runs: int) -> tuple[list[float], list[dict[str, float]]]:
    """Wall seconds of each run, and the phases that each reported."""
    seconds, phases = [], []
    for i in range(runs + 1):
        # "{}" stands for an item that no run before has removed.
        command = [argument.replace("{}", f"text-{i + 10}") for argument in arguments]
        begin = time.perf_counter()
        done = machine.run(machine.java(*command), PIXIE_TIMINGS="1")
        elapsed = time.perf_counter() - begin
        if i:
            seconds.append(elapsed)
            line = next((x for x in done.stderr.splitlines() if x.startswith('{"timings"')), "{}")
            phases.append(json.loads(line).get("timings", {}))
    return seconds, phases


def main() -> None:
    parser = machine.parser(__doc__)
    machine.add_size(parser)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    print(machine.describe())
    folder, one = prepare(options.size)
    where = ["-c", str(folder)]
    seconds, phases = timed(["search", "a dog on a beach", "--json", *where], options.runs)
    print(f"search at {options.size}: median {statistics.median(seconds):.2f} s, best {min(seconds):.2f} s")
    for name in phases[0]:
        values = [run.get(name, 0.0) for run in phases]
        print(f"    {name:<24} median {statistics.median(values):.3f} s, best {min(values):.3f} s")
    for verb in (["list"], ["show", one], ["stats"], ["remove", "{}"]):
        seconds, _ = timed([*verb, *where], options.runs)
        print(f"{verb[0]}: median {statistics.median(seconds):.2f} s, best {min(seconds):.2f} s")


if __name__ == "__main__":
    main()
