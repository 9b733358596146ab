"""Folders and tables into a collection: a second run over unchanged files, decoding, and memory.

    bench/ingest [--files N] [--rounds N] [--pictures N] [--rows N]
                 [--sections unchanged decode memory tables]

`unchanged`: `pixie index` over files that did not change, and `find`, which looks at each of them as
well, turn by turn: by the clock, and by the time of processors, which a loaded machine stretches less.
Three times of Pixie's: the plan alone, in a Python that runs already; what the report says, in a JVM that
runs already; and the process from its start to its end. The files are tiny, and their records are written
directly, with made-up vectors: nothing reads them.

`decode`: pictures a second on all cores, as indexing does it (read, hashed, checked, turned upright, EXIF
read, to the model's square), over Pillow alone (opened, turned upright, to the same square) in as many
processes, turn by turn.

`memory`: of `pixie index`, as it goes on.

`tables`: memory of `pixie import`, as it goes on: of rows that are embedded, of rows that did not change, in
CSV, NDJSON and Parquet, and of vectors.
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import machine
import memory
import numpy as np
from ingest_tables import import_memory
from pictures import write_pictures
from PIL import Image, ImageOps

from pixie.embedder import Embedder
from pixie.holdings import Holdings
from pixie.opening import create_collection, model_of
from pixie.picture_file import PictureFile
from pixie.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES_PER_FOLDER = 100


def write_files(folder: Path, count: int) -> None:
    """Fill `folder` with tiny files that are named like pictures, a hundred a folder."""
    for number in range(count):
        inner = folder / f"{number // FILES_PER_FOLDER // 10:03}" / f"{number // FILES_PER_FOLDER % 10}"
        if number % FILES_PER_FOLDER == 0:
            inner.mkdir(parents=True, exist_ok=True)
        file = inner / f"IMG_{number:06}.jpg"
        if not file.exists():
            file.write_bytes(b"x" * (number % 97 + 1))


def fill(place: Path, files: Path) -> None:
    """A collection of the demo model that has each of the files."""
    embedder = Embedder.load("demo")
    create_collection(place, model_of(embedder))
    with Holdings(place) as holdings:
        plan = holdings.plan([files])
        rng = np.random.default_rng(0)
        while tasks := plan.take(5000):
            rows = rng.standard_normal((len(tasks), embedder.dimension), np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            records = [
                Record(
                    task.id,
                    path=task.path,
                    facts={"size": task.size, "mtime_ns": task.mtime_ns, "sha256": f"{number:064x}"},
                    vectors=(("image", number),),
                )
                for number, task in enumerate(tasks)
            ]
            holdings.commit(records, rows)


def seconds(work: Callable[[], object]) -> float:
    return both_seconds(work)[0]


def both_seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of processors: of this process and of those it started and that ended meanwhile."""
    clock, before = time.perf_counter(), processor_seconds()
    work()
    return time.perf_counter() - clock, processor_seconds() - before


def processor_seconds() -> float:
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def unchanged(count: int, rounds: int) -> None:
    files, place = machine.WORK / f"files-{count}", machine.fresh("ingest")
    write_files(files, count)
    fill(place, files)
    find = ["find", str(files), "-type", "f", "-size", "+0", "-printf", "%s %T@ %p\n"]
    index = machine.java("index", str(files), "-c", str(place), "--json")
    taken: dict[str, list[tuple[float, float]]] = {"find": [], "plan": [], "index, a process": []}
    reported: list[float] = []

    def run_index() -> None:
        report = json.loads(machine.run(index).stdout)
        reported.append(report["elapsed_seconds"])
        if report["unchanged"] != count:
            sys.exit(f"of {count} files {report['unchanged']} are unchanged")

    with Holdings(place, read_only=True) as reader:
        for _ in range(rounds):
            for name, work in (
                ("find", lambda: subprocess.run(find, stdout=subprocess.DEVNULL, check=True)),
                ("plan", lambda: reader.plan([files])),
                ("index, a process", run_index),
            ):
                taken[name].append(both_seconds(work))
    print(f"\n{count:,} unchanged files, {rounds} rounds; seconds, and over find's")
    print(f"    {'':26}{'median':>8}{'least':>8}{'median':>9}{'least':>8}")
    for of, what in enumerate(("by the clock", "of processors")):
        columns = {name: [pair[of] for pair in pairs] for name, pairs in taken.items()}
        if of == 0:
            columns["index, as it reports"] = reported
        print(f"  {what}")
        base = columns["find"]
        for name, found in columns.items():
            middle, least = statistics.median(found), min(found)
            ratios = f"{middle / statistics.median(base):9.2f}{least / min(base):8.2f}"
            print(f"    {name:26}{middle:8.3f}{least:8.3f}{ratios}")


def pillow_alone(path: str, side: int) -> int:
    """What Pillow needs to make of a file what the model takes."""
    with Image.open(path) as picture:
        picture.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        return np.asarray(ImageOps.fit(upright, (side, side), Image.Resampling.BICUBIC)).shape[0]


def decode(count: int, rounds: int) -> None:
    folder = machine.WORK / f"pictures-4000x3000-{count}"
    write_pictures(folder, count, 4000, 3000, distinct=8)
    paths = [str(path) for path in sorted(folder.iterdir())]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    embedder = Embedder.load("demo")
    rates: dict[str, list[float]] = {"Pillow": [], "Pixie": []}
    with multiprocessing.get_context("spawn").Pool(cores) as pool, ThreadPoolExecutor(cores) as threads:
        alone = functools.partial(pillow_alone, side=embedder.image_size)
        pool.map(alone, paths[:cores])
        for _ in range(rounds):
            taken = seconds(lambda: pool.map(alone, paths, chunksize=4))
            rates["Pillow"].append(len(paths) / taken)
            taken = seconds(
                lambda: list(threads.map(lambda path: embedder.decode(PictureFile.read(path)), paths))
            )
            rates["Pixie"].append(len(paths) / taken)
    print(f"\n{count} pictures of 4000 x 3000, {cores} at once, {rounds} rounds; pictures a second")
    for name, found in rates.items():
        print(f"    {name:8}{statistics.median(found):8.1f} (best {max(found):.1f})")
    ratio = statistics.median(rates["Pixie"]) / statistics.median(rates["Pillow"])
    print(f"    Pixie over Pillow: {ratio:.2f} (best {max(rates['Pixie']) / max(rates['Pillow']):.2f})")


def memory_over_time(count: int) -> None:
    folder = machine.WORK / f"pictures-4000x3000-{count}"
    write_pictures(folder, count, 4000, 3000, distinct=8)
    place = machine.fresh("ingest-memory")
    command = machine.java("index", str(folder), "-c", str(place), "--model", "demo", "--progress", "json")
    samples = memory.watch(command)
    print(f"\n{count} pictures of 4000 x 3000 into the demo model; MiB, peak of each tenth of the run")
    for tenth in range(10):
        found = [sample for sample in samples if min(9, sample.done * 10 // count) == tenth]
        if found:
            resident, anonymous = (max(getattr(s, name) for s in found) for name in ("resident", "anonymous"))
            print(f"    {tenth + 1:2}: resident {resident:7.0f}, anonymous {anonymous:7.0f}")


def main() -> None:
    sections = ("unchanged", "decode", "memory", "tables")
    parser = machine.parser(__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--sections", nargs="+", choices=sections, default=sections)
    options = parser.parse_args()
    print(machine.describe())
    if "unchanged" in options.sections:
        unchanged(options.files, options.rounds)
    if "decode" in options.sections:
        decode(options.pictures, options.rounds)
    if "memory" in options.sections:
        memory_over_time(options.pictures)
    if "tables" in options.sections:
        import_memory(options.rows)


if __name__ == "__main__":
    main()
