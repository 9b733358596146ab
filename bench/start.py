"""How long a short command takes, from `java -jar` to its end, and where the time of a search goes.

    bench/start [--size vit-l-14|tiny] [--runs N]

Searches by text in a collection whose model has random weights. The first run of each command, which is not
counted, brings its files into the page cache. The phases are what the process itself reports with
PIXIE_TIMINGS=1; what lies between them, such as the start of the JVM's own process and its end, is `other`.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING

import machine

if TYPE_CHECKING:
    from pathlib import Path

ITEMS = 100


def prepare(size: str) -> Path:
    """A collection of a few texts."""
    import pixie

    folder = machine.fresh(f"start-{size}")
    with pixie.open(str(folder), model=str(machine.checkpoint(size)), dtype="float32") as collection:
        collection.add_all(pixie.Item(id=f"text-{i}", text=f"picture number {i}") for i in range(ITEMS))
    return folder


def timed(command: list[str], runs: int) -> tuple[list[float], list[dict[str, float]]]:
    """Wall seconds of each run, and the phases that each reported.

    ``{}`` in the command stands for the id of an item that no run before has removed.
    """
    seconds, phases = [], []
    for number in range(runs + 1):
        arguments = [argument.replace("{}", f"text-{number % ITEMS}") for argument in command]
        begin = time.perf_counter()
        done = machine.run(machine.java(*arguments), PIXIE_TIMINGS="1")
        elapsed = time.perf_counter() - begin
        if number:
            line = next((x for x in done.stderr.splitlines() if x.startswith('{"timings"')), "{}")
            reported: dict[str, float] = json.loads(line).get("timings", {})
            seconds.append(elapsed)
            phases.append({**reported, "other": elapsed - sum(reported.values())})
    return seconds, phases


def show(name: str, values: list[float]) -> None:
    """One line: median and best."""
    print(f"{name:<16} median {statistics.median(values):.3f} s, best {min(values):.3f} s")


def main() -> None:
    parser = machine.parser(__doc__)
    machine.add_size(parser)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    print(machine.describe())
    where = ["-c", str(prepare(options.size))]
    print(f"{options.size}, {options.runs} runs")
    seconds, phases = timed(["search", "a dog on a beach", "--json", *where], options.runs)
    show("search", seconds)
    for name in phases[0]:
        show(f"    {name}", [run.get(name, 0.0) for run in phases])
    for verb in (["list"], ["show", "{}"], ["stats"], ["remove", "{}"]):
        seconds, _ = timed([*verb, *where], options.runs)
        show(verb[0], seconds)


if __name__ == "__main__":
    main()
