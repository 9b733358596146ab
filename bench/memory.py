"""The memory of `./pixie index` over many pictures of 12 megapixels; flat after the first batches is right.

    bench/memory [--pictures N] [--model demo]

Prints the resident memory of the whole process (JVM and Python), read ten times a second: all of it,
and the anonymous part, which leaves out files that are only mapped, such as the model's weights. Linux only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import machine
from pictures import write_pictures

INTERVAL_S = 0.1


class Sample(NamedTuple):
    """Memory in MiB when so many pictures or rows were done with."""

    done: int
    resident: float
    anonymous: float


def read(pid: int, done: int) -> Sample | None:
    """The memory of a process now, None once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    if "VmRSS" not in fields:
        return None
    resident, anonymous = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return Sample(done, resident, anonymous)


def watch(command: list[str]) -> list[Sample]:
    """Run `pixie index` or `import` with `--progress json` to its end, reading its memory all the while."""
    samples: list[Sample] = []
    done = 0
    with subprocess.Popen(
        command, env=machine.environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as child:
        ended = threading.Event()

        def sample() -> None:
            while not ended.wait(INTERVAL_S):
                now = read(child.pid, done)
                if now is not None:
                    samples.append(now)

        watcher = threading.Thread(target=sample)
        watcher.start()
        assert child.stderr is not None
        errors = []
        for line in child.stderr:
            if line.startswith("{"):
                event = json.loads(line)
                if event["event"] == "progress":
                    done = event["done"] + event["failed"] + event["skipped"]
            else:
                errors.append(line)
        child.wait()
        ended.set()
        watcher.join()
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{''.join(errors)}")
    return samples


def main() -> None:
    parser = machine.parser(__doc__)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--model", default="demo")
    options = parser.parse_args()
    print(machine.describe())
    pictures = machine.WORK / f"pictures-4000x3000-{options.pictures}"
    write_pictures(pictures, options.pictures, 4000, 3000, distinct=8)
    where = ["-c", str(machine.fresh("memory")), "--model", options.model]
    samples = watch(machine.launcher("index", str(pictures), *where, "--progress", "json"))
    tenths: list[list[Sample]] = [[] for _ in range(10)]
    for sample in samples:
        tenths[min(9, sample.done * 10 // options.pictures)].append(sample)
    print(f"{options.model}, {options.pictures} pictures of 4000 x 3000; MiB, peak of each tenth of the run")
    peaks = []
    for number, tenth in enumerate(tenths):
        if tenth:
            peaks.append((max(s.resident for s in tenth), max(s.anonymous for s in tenth)))
            print(f"    {number + 1:2}: resident {peaks[-1][0]:7.0f}, anonymous {peaks[-1][1]:7.0f}")
    if len(peaks) > 2:
        growth = [last - second for last, second in zip(peaks[-1], peaks[1], strict=True)]
        print(f"last tenth less the second: resident {growth[0]:+.0f} MiB, anonymous {growth[1]:+.0f} MiB")


if __name__ == "__main__":
    main()
