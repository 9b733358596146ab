"""The compiled paths of the layered kinds: each gives the same rows and scores, at its own speed.

This file is also the process that runs one path, which PIXIE_KERNELS chooses when it starts:
`python ann_paths.py INDEX VECTORS PICTURES TEXTS` prints a JSON object.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import machine

if TYPE_CHECKING:
    from ann_run import Run

ASKED = 1000


def run_paths(run: Run) -> None:
    """Run every path that this processor has, in turn; end the benchmark when two differ."""
    from ann_measure import IMAGE, TEXT
    from ann_table import print_table

    from pixie.index.compiling import possible_paths

    paths = possible_paths()
    files = [str(run.disk.queries(modality, ASKED)) for modality in (IMAGE, TEXT)]
    rows, found = [], {}
    for kind in run.approximate:
        child = [sys.executable, __file__, str(run.disk.index(kind)), str(run.disk.vectors), *files]
        best: dict[str, dict[str, Any]] = {}
        for _ in range(run.rounds):
            for path in paths:
                now = json.loads(machine.run(child, PIXIE_KERNELS=path).stdout)
                if path not in best or now["image"] > best[path]["image"]:
                    best[path] = now
        hashes = {path: one["hash"] for path, one in best.items()}
        if len(set(hashes.values())) > 1:
            sys.exit(f"{kind}: the paths found different rows or scores: {hashes}")
        for path, one in best.items():
            rows.append([kind, path, f"{one['image']:.0f}", f"{one['text']:.0f}", one["hash"][:16]])
        found[kind] = best
        run.write("kernels", found)
    print_table(
        f"Queries a second of each compiled path, {run.rows:,} rows, default settings, one thread.\n"
        "Rows and scores are the same to the last bit: hash, of all of them.",
        ["kind", "path", "image", "text", "hash"],
        rows,
    )


def search_all(index_folder: str, vectors: str, *queries: str) -> dict[str, Any]:
    """Queries a second of each modality, and a hash of what was found."""
    import numpy as np
    from ann_collection import mapped
    from ann_measure import AT_LEAST, IMAGE, TEXT, K, one_core

    from pixie.index import load_index

    index = load_index(index_folder, mapped(vectors))
    digest, qps = hashlib.sha256(), {}
    with one_core():
        for modality, file in zip((IMAGE, TEXT), queries, strict=True):
            asked = np.asarray(mapped(file))
            rows, scores = index.search(asked, K, modality=modality)
            digest.update(rows.tobytes() + scores.tobytes())
            best, total = float("inf"), 0.0
            while total < 5 * AT_LEAST:
                begin = time.perf_counter()
                index.search(asked, K, modality=modality)
                seconds = time.perf_counter() - begin
                best, total = min(best, seconds), total + seconds
            qps[modality] = len(asked) / best
    return {**qps, "hash": digest.hexdigest()}


if __name__ == "__main__":
    print(json.dumps(search_all(*sys.argv[1:])))
