"""Text search through Java against the same search in Python; and many clients against one.

    bench/boundary [--size vit-l-14|tiny] [--items N] [--searches N] [--clients N] [--rounds N]

Both sides run all the time, each in a process of its own, on the same collection, and take turns: a few
searches here, the same ones there, so that what else the machine does meets both. Loading is not counted. A
ratio is given twice: the median over the rounds, each of the medians of one round, and the median of all
searches of one side over that of the other.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import machine

if TYPE_CHECKING:
    from types import TracebackType

HERE = Path(__file__)

TURN = 5
"""Searches that one side makes before it is the other's turn."""

WARM_UP = 40
"""Searches of each client before the first round: the JVM interprets what it has not run a thousand times."""


class Side:
    """A process that makes the searches it is told to."""

    def __init__(self, command: list[str]) -> None:
        # One BLAS thread on both sides: Pixie's JVM half asks for one, and the boundary is what is compared.
        environment = machine.environment(OPENBLAS_NUM_THREADS="1")
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def search(self, first: int, count: int, clients: int = 1) -> list[float]:
        """Seconds of `count` searches; with several clients, of as many for each and all of them together."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{first} {count} {clients}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit("one side ended; what it said stands above")
        seconds: list[float] = json.loads(answer)
        return seconds

    def __enter__(self) -> Side:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def prepare(size: str, items: int) -> Path:
    """A collection of texts under a model with random weights."""
    import pixie

    folder = machine.fresh(f"boundary-{size}")
    with pixie.open(str(folder), model=str(machine.checkpoint(size)), dtype="float32") as collection:
        collection.add_all(pixie.Item(id=f"text-{i}", text=f"picture number {i}") for i in range(items))
    return folder


def search_in_python(folder: str) -> None:
    """The Python side: the same orders and answers as TextSearch.java, for one client."""
    import pixie

    with pixie.open(folder, read_only=True, dtype="float32") as collection:
        for line in sys.stdin:
            first, count, _ = map(int, line.split())
            seconds = []
            for i in range(first, first + count):
                begin = time.perf_counter()
                collection.search(f"{i} dogs and a child on a beach")
                seconds.append(time.perf_counter() - begin)
            print(json.dumps(seconds), flush=True)


def main() -> None:
    parser = machine.parser(__doc__)
    machine.add_size(parser)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--searches", type=int, default=40, help="of one client, a round")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.python:
        search_in_python(options.python)
        return

    print(machine.describe())
    folder = str(prepare(options.size, options.items))
    print(
        f"{options.size}, {options.items} items, {options.searches} searches a round; milliseconds a search"
    )
    source = str(HERE.with_name("TextSearch.java"))
    with (
        Side([sys.executable, str(HERE), "--python", folder]) as python,
        Side(machine.java_source(source, folder)) as java,
    ):
        compare(python, java, options.rounds, options.searches, options.clients)


def compare(python: Side, java: Side, rounds: int, searches: int, clients: int) -> None:
    """Print the rounds and what comes of them."""
    python.search(0, WARM_UP)
    java.search(0, WARM_UP, clients)
    all_python, all_java, ratios, gains = [], [], [], []
    for number in range(rounds):
        in_python, in_java = [], []
        for turn in range(0, searches, TURN):
            count = min(TURN, searches - turn)
            # Who goes first changes with each turn.
            for side in (python, java) if turn // TURN % 2 else (java, python):
                (in_python if side is python else in_java).extend(side.search(turn, count))
        each = max(1, searches // 4)
        together = clients * each / java.search(0, each, clients)[0]
        alone = len(in_java) / sum(in_java)
        middle_python, middle_java = statistics.median(in_python), statistics.median(in_java)
        ratios.append(middle_java / middle_python)
        gains.append(together / alone)
        all_python += in_python
        all_java += in_java
        print(
            f"    {number + 1}: Python {middle_python * 1e3:.2f}, Java {middle_java * 1e3:.2f}; a second:"
            f" {alone:.1f} with 1 client, {together:.1f} with {clients}"
        )
    overall = statistics.median(all_java) / statistics.median(all_python)
    print(
        f"Java over Python, one client: median of rounds {statistics.median(ratios):.3f}, all {overall:.3f}"
    )
    print(
        f"{clients} clients over one client:   median of rounds {statistics.median(gains):.2f},"
        f" least {min(gains):.2f}, most {max(gains):.2f}"
    )


if __name__ == "__main__":
    main()
