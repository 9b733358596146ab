"""The memory of `pixie index` over many pictures of 12 megapixels; flat after the first batches is right.

    ./pixie python bench/memory.py [--pictures N] [--model demo]

Prints the resident memory of the whole process (JVM and Python) as indexing goes on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import machine
from pictures import write_pictures


def resident(pid: int) -> float:
    """Resident memory of a process in MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    parser = machine.parser(__doc__)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--model", default="demo")
    options = parser.parse_args()
    print(machine.describe())
    pictures = machine.WORK / f"pictures-4000x3000-{options.pictures}"
    write_pictures(pictures, options.pictures, 4000, 3000, distinct=8)
    where = ["-c", str(machine.fresh("memory")), "--model", options.model]
    command = machine.java("index", str(pictures), *where, "--progress", "json")
    samples: list[tuple[int, float]] = []
    with subprocess.Popen(
        command, env=machine.environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if line.startswith("{") and child.poll() is None:
                samples.append((int(json.loads(line).get("done", 0)), resident(child.pid)))
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")
    step = options.pictures // 10
    shown = 0
    for done, mebibytes in samples:
        if done >= shown:
            print(f"    {done:6} pictures: {mebibytes:7.0f} MiB")
            shown = done + step
    warm = [mebibytes for done, mebibytes in samples if step <= done < 2 * step]
    last = [mebibytes for done, mebibytes in samples if done >= 9 * step]
    print(f"peak of the last tenth over peak of the second tenth: {max(last) / max(warm):.3f}")


if __name__ == "__main__":
    main()
