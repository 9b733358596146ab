"""Memory of `pixie import` as it goes on, over a table with very many rows; a section of bench/ingest."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import machine
import memory
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pixie.embedder import Embedder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = ("small", "big", "red", "blue", "cat", "dog", "pizza", "rocket", "tree", "house", "boat", "banana")
ROWS_AT_ONCE = 10_000
SAME_ID_EVERY = 100
"""One row in so many has the id of the row before, so that what is remembered of ids is seen, too."""


def texts(count: int) -> Iterator[dict[str, Any]]:
    """Rows with a text, no two alike, and some metadata."""
    rng = np.random.default_rng(0)
    for number in range(count):
        words = " ".join(rng.choice(WORDS, 4))
        known = number - 1 if number % SAME_ID_EVERY == SAME_ID_EVERY - 1 else number
        yield {
            "id": f"row {known:07}",
            "text": f"{words} {number}",
            "price": number % 1000,
            "colour": words[:3],
        }


def write_texts(folder: Path, count: int) -> list[Path]:
    """The same rows as CSV, NDJSON and Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(texts(count))
    paths = [folder / f"texts-{count}.{kind}" for kind in ("csv", "ndjson", "parquet")]
    with paths[0].open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    paths[1].write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), paths[2], row_group_size=ROWS_AT_ONCE)
    return paths


def write_vectors(folder: Path, count: int) -> Path:
    """Vectors of the demo model's size, as `pixie export --vectors --no-metadata` writes them."""
    model = Embedder.load("demo")
    vector = pa.list_(pa.float32(), model.dimension)
    names = [("id", pa.string()), ("model", pa.string()), ("image_vector", vector), ("text_vector", vector)]
    rng = np.random.default_rng(0)
    path = folder / f"vectors-{count}.parquet"
    with pq.ParquetWriter(path, pa.schema(names)) as writer:
        for first in range(0, count, ROWS_AT_ONCE):
            some = min(ROWS_AT_ONCE, count - first)
            rows = rng.standard_normal((some, model.dimension), np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            columns = {
                "id": [f"row {first + row:07}" for row in range(some)],
                "model": [model.fingerprint] * some,
                "image_vector": list(rows),
                "text_vector": [None] * some,
            }
            writer.write_table(pa.table(columns, schema=pa.schema(names)))
    return path


def import_memory(count: int) -> None:
    """Import the tables, print the peak of each tenth of each run."""
    folder = machine.WORK / "tables"
    sources = write_texts(folder, count)
    into_texts, into_vectors = machine.fresh("ingest-texts"), machine.fresh("ingest-vectors")
    vectors = write_vectors(folder, count)
    print(f"\n{count:,} rows into the demo model; MiB of anonymous memory, peak of each tenth of the run")
    print_run("texts of CSV, embedded", sources[0], into_texts, count)
    for source in sources:
        print_run(f"texts of {source.suffix[1:].upper()}, unchanged", source, into_texts, count)
    print_run("vectors of Parquet", vectors, into_vectors, count)
    print_run("vectors of Parquet, unchanged", vectors, into_vectors, count)


def print_run(name: str, source: Path, place: Path, count: int) -> None:
    """Import one table."""
    command = machine.launcher(
        "import", str(source), "-c", str(place), "--model", "demo", "--progress", "json"
    )
    samples = memory.watch(command)
    peaks = []
    for tenth in range(10):
        found = [sample.anonymous for sample in samples if min(9, sample.done * 10 // count) == tenth]
        peaks.append(f"{max(found):6.0f}" if found else f"{'-':>6}")
    print(f"    {name:32}{''.join(peaks)}", flush=True)
