"""Indexing files to committed vectors, against the model alone; and the dtype `auto` against float32.

    ./pixie python bench/embed.py [--size vit-l-14|tiny] [--pictures N] [--rounds N]

Each round measures, one after the other and each in a process of its own: the bare model over batches of
pixels in memory, `pixie index` (Java) and `Collection.index` (Python) over JPEG files of 1600 x 1200.
The rate of a pipeline is taken between its first and its last commit, which leaves loading the model out on
both sides.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import machine
from pictures import write_pictures


def bare(model: str, dtype: str, count: int) -> dict[str, object]:
    """Pictures a second of the model alone, at the batch size that indexing uses."""
    import numpy as np
    from pixie import Embedder

    embedder = Embedder.load(model, dtype=dtype)
    batch = embedder.batch_size["image"]
    size = embedder.image_size
    pixels = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), np.uint8)
    embedder.embed_pixels(pixels)
    rounds = max(1, count // batch)
    begin = time.perf_counter()
    for _ in range(rounds):
        embedder.embed_pixels(pixels)
    rate = rounds * batch / (time.perf_counter() - begin)
    return {"rate": rate, "dtype": str(embedder.dtype), "batch": batch}


def through_python(model: str, dtype: str, pictures: str, folder: str) -> dict[str, object]:
    """Pictures a second of `Collection.index`, first commit to last."""
    import pixie

    marks: list[tuple[float, int]] = []
    with pixie.open(folder, model=model, dtype=dtype) as collection:
        batch = collection.embedder.batch_size["image"]
        collection.index(
            pictures, batch_size=batch, progress=lambda p: marks.append((time.perf_counter(), p.done))
        )
    return {"rate": _rate(marks)}


def through_java(model: str, dtype: str, pictures: Path, folder: Path) -> float:
    """Pictures a second of `pixie index`, first commit to last."""
    command = machine.java(
        "index", str(pictures), "-c", str(folder), "--model", model, "--dtype", dtype, "--progress", "json"
    )
    marks = []
    with subprocess.Popen(
        command, env=machine.environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if line.startswith("{"):
                marks.append((time.perf_counter(), int(json.loads(line).get("done", 0))))
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")
    return _rate(marks)


def _rate(marks: list[tuple[float, int]]) -> float:
    steps = [mark for mark in marks if mark[1] > 0]
    # The same count may be told several times: the first time it is told is when it was committed.
    first = min(steps, key=lambda mark: (mark[1], mark[0]))
    last = min((mark for mark in steps if mark[1] == steps[-1][1]), key=lambda mark: mark[0])
    return (last[1] - first[1]) / (last[0] - first[0])


def child(step: str, *arguments: str) -> dict[str, object]:
    """Run one measurement in a process of its own."""
    done = machine.run([sys.executable, __file__, "--step", step, *arguments])
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def main() -> None:
    parser = machine.parser(__doc__)
    machine.add_size(parser)
    parser.add_argument("--pictures", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--step", choices=["bare", "python"], help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "bare":
        model, dtype, count = options.arguments
        print(json.dumps(bare(model, dtype, int(count))))
        return
    if options.step == "python":
        print(json.dumps(through_python(*options.arguments)))
        return

    print(machine.describe())
    model = str(machine.checkpoint(options.size))
    pictures = machine.WORK / f"pictures-1600x1200-{options.pictures}"
    write_pictures(pictures, options.pictures, 1600, 1200)
    automatic = child("bare", model, "auto", "8")
    best: dict[str, float] = {}
    for _ in range(options.rounds):
        count = str(options.pictures)
        measured = {
            "float32, bare": child("bare", model, "float32", count)["rate"],
            "auto, bare": child("bare", model, "auto", count)["rate"],
            "auto, Java pipeline": through_java(model, "auto", pictures, machine.fresh("embed-java")),
            "auto, Python pipeline": child(
                "python", model, "auto", str(pictures), str(machine.fresh("embed-python"))
            )["rate"],
        }
        for name, rate in measured.items():
            best[name] = max(best.get(name, 0.0), float(rate))  # type: ignore[arg-type]
    chosen = f"auto = {automatic['dtype']}, batches of {automatic['batch']}"
    print(f"{options.size}, {chosen}; best of {options.rounds}")
    for name, rate in best.items():
        print(f"    {name:<24} {rate:8.2f} pictures a second")
    print(f"Java pipeline over bare model:   {best['auto, Java pipeline'] / best['auto, bare']:.3f}")
    print(f"Python pipeline over bare model: {best['auto, Python pipeline'] / best['auto, bare']:.3f}")
    print(f"auto over float32:               {best['auto, bare'] / best['float32, bare']:.2f}")


if __name__ == "__main__":
    main()
