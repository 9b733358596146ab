"""A new process opens a saved index over its collection's vectors: time to the first hit, and memory in use.

This file is also that process: `python ann_open.py INDEX VECTORS QUERIES BEGUN` prints a JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine

if TYPE_CHECKING:
    from ann_run import Run

ASKED = 1000
OPENED_WITHIN_S = 1.0
MEMORY_BYTES = 1.2e9
"""What an index of a million rows is meant to stay within, the float32 rows not counted."""


def run_open(run: Run) -> None:
    """Open each kind with its files in the page cache and without, the best of the rounds."""
    from ann_measure import IMAGE
    from ann_table import against, print_table

    queries = run.disk.queries(IMAGE, ASKED)
    rows, found = [], {}
    for kind in run.approximate:
        folder = run.disk.index(kind)
        child = [sys.executable, __file__, *map(str, (folder, run.disk.vectors, queries))]
        # The first compiles the kernels where they are not in Pixie's cache.
        opened: dict[str, dict[str, Any]] = {}
        for cached in (True, False):
            for _ in range(run.rounds + 1):
                if not cached:
                    _drop_from_cache([*folder.iterdir(), run.disk.vectors])
                now = json.loads(machine.run([*child, str(time.time())]).stdout)
                label = "cached" if cached else "from disk"
                if label not in opened or now["total"] < opened[label]["total"]:
                    opened[label] = now
        for label, one in opened.items():
            memory = one["memory"]
            own = memory["VmRSS"] - memory["vectors"]
            rows.append(
                [
                    f"{kind}, {label}",
                    *(f"{one[step]:.3f}" for step in ("import", "load", "first")),
                    against(one["load"] + one["first"], OPENED_WITHIN_S, least=False),
                    f"{one['total']:.2f}",
                    *(f"{memory[name] / 1e9:.3f}" for name in ("RssAnon", "RssFile", "VmRSS", "vectors")),
                    against(own / 1e9, MEMORY_BYTES / 1e9, least=False),
                ]
            )
        found[kind] = opened
        run.write("open", found)
    print_table(
        f"A new process opens an index of {run.rows:,} rows: seconds, and GB in memory after {ASKED} queries",
        [
            *("kind", "import s", "load s", "first search s", "load and search s", "process to hit s"),
            *("RssAnon", "RssFile", "RSS", "of it vectors.f32", "the rest"),
        ],
        rows,
    )


def _drop_from_cache(files: list[Path]) -> None:
    """Have the next reader find these files on disk; other processes must not have them mapped."""
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def open_and_search(index_folder: str, vectors: str, queries: str, begun: float) -> dict[str, Any]:
    """What the new process does: seconds of each step, and bytes of memory at the end."""
    begin = time.perf_counter()
    import numpy as np

    from pixie.index import compiling, load_index, search_kernel

    search_kernel.search_on(compiling.chosen_path())
    imported = time.perf_counter()
    asked = np.fromfile(queries, "<f4").reshape(ASKED, -1)
    width = asked.shape[1]
    index = load_index(index_folder, np.memmap(vectors, "<f4", "r").reshape(-1, width))
    loaded = time.perf_counter()
    index.search(asked[:1], 10)
    first = time.perf_counter()
    total = time.time() - begun
    for query in asked:
        index.search(query[None], 10)
    steps = {"import": imported - begin, "load": loaded - imported, "first": first - loaded, "total": total}
    return {**steps, "memory": memory_of(Path(vectors).name)}


def memory_of(mapped_file: str) -> dict[str, int]:
    """Resident bytes of this process: of all, and of what it has mapped of one file."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    memory = {name: int(status[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile", "VmRSS")}
    memory["vectors"], of_file = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(maxsplit=1)[0]:
            of_file = line.endswith("/" + mapped_file)
        elif of_file and line.startswith("Rss:"):
            memory["vectors"] += int(line.split()[1]) * 1024
    return memory


if __name__ == "__main__":
    print(json.dumps(open_and_search(*sys.argv[1:4], begun=float(sys.argv[4]))))
