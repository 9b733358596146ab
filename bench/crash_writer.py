"""The process that bench/crash kills: it changes a collection without end, and keeps a log of what it did.

The log has a line before each commit with what it is about to do, and one after it has returned; both are on
the disk before it goes on.
"""

from __future__ import annotations

import csv
import json
import os
import random
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import pixie
from pixie import failed_rows
from pixie.records import KEEP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pixie.records import Record
    from pixie.vectors import VectorFile

WORDS = ("cat", "dog", "pizza", "rocket", "tree", "house", "boat", "banana", "small", "big", "red", "blue")
KINDS = ("lsh", "kmeans", "exact")
SMALL = {"exact_below": 40, "flat_below": 80}
"""Settings with which a collection of a hundred rows has buckets, and saves them."""

_MOST_FILES = 120


class Writer:
    """Changes one collection.

    Parameters
    ----------
    folder, pictures, log
        The collection, the folder of its pictures, and the log.
    seed
        Of all that is drawn.
    """

    def __init__(self, folder: Path, pictures: Path, log: Path, seed: int) -> None:
        self._folder, self._pictures = folder, pictures
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._chance = random.Random(seed)
        self._seed = seed
        self._serial = 0

    def run(self, verb: str) -> None:
        """Do what `verb` says until the process ends."""
        change: Callable[[pixie.Collection], None] = getattr(self, f"_{verb}")
        while True:
            with pixie.open(self._folder, model="demo", device="cpu", dtype="float32") as collection:
                self._tell_of_commits(collection)
                self._note({"open": True})
                change(collection)
            if verb == "compact":
                with self._acknowledged({}):
                    pixie.compact(self._folder)

    def _tell_of_commits(self, collection: pixie.Collection) -> None:
        holdings = collection.holdings
        commit, remove = holdings.commit, holdings.remove

        def told_commit(records: Any, vectors: Any = None, failures: Any = (), touched: Any = ()) -> Any:
            failures = list(failures)
            put = {record.id: _put(record, vectors, holdings.store.vectors) for record in records}
            with self._acknowledged({"put": put, "failed": [failed.failure.id for failed in failures]}):
                return commit(records, vectors, failures, touched)

        def told_remove(ids: Any) -> Any:
            ids = list(ids)
            with self._acknowledged({"removed": ids}):
                return remove(ids)

        store = holdings.store
        forget = store.forget_stale_rows

        def told_forget(source: Any, generation: Any, still: Any) -> Any:
            with store.reading() as connection:
                ids = failed_rows.stale(connection, source, generation, still)
            with self._acknowledged({"forgotten": ids}):
                return forget(source, generation, still)

        holdings.commit, holdings.remove = told_commit, told_remove  # type: ignore[method-assign]
        store.forget_stale_rows = told_forget  # type: ignore[method-assign]

    def _index(self, collection: pixie.Collection) -> None:
        for _ in range(self._chance.randrange(1, 30)):
            self._serial += 1
            path = self._pictures / f"{self._chance.randrange(_MOST_FILES):03}.png"
            if self._chance.random() < 0.1:
                path.write_bytes(b"no picture %d" % self._serial)
                continue
            colours = np.random.default_rng([self._seed, self._serial]).integers(0, 256, (4, 4, 3), np.uint8)
            Image.fromarray(colours).resize((64, 64)).save(path)
        collection.index(self._pictures, batch_size=8)

    def _add(self, collection: pixie.Collection) -> None:
        items = [
            pixie.Item(f"text-{self._chance.randrange(_MOST_FILES)}", text=" ".join(self._words()))
            for _ in range(self._chance.randrange(1, 30))
        ]
        collection.add_all({item.id: item for item in items}.values(), batch_size=8)

    def _import(self, collection: pixie.Collection) -> None:
        kind = self._chance.choice(("csv", "ndjson", "parquet"))
        table = self._pictures.parent / f"table.{kind}"
        if not table.exists() or self._chance.random() < 0.6:
            self._write(table, [self._row(kind) for _ in range(self._chance.randrange(1, _MOST_FILES))])
        collection.import_table(table, batch_size=8)

    def _row(self, kind: str) -> dict[str, str | int | None]:
        """A row with a picture, a text or both; now and then one that can't be taken."""
        has = self._chance.choice(("image", "text", "both", "both"))
        picture = self._chance.choice(("nothing.png", *sorted(os.listdir(self._pictures))))
        return {
            "id": f"{kind}-{self._chance.randrange(_MOST_FILES)}",
            "image": None if has == "text" else f"{self._pictures.name}/{picture}",
            "text": None if has == "image" else " ".join(self._chance.choices(WORDS, k=3)),
            "price": self._chance.randrange(10),
        }

    @staticmethod
    def _write(table: Path, rows: list[dict[str, str | int | None]]) -> None:
        new = table.with_name(f"new-{table.name}")
        if table.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(rows), new)
        elif table.suffix == ".csv":
            with new.open("w", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        else:
            new.write_text("".join(json.dumps(row) + "\n" for row in rows))
        # Whoever imports next finds a whole one.
        new.replace(table)

    def _words(self) -> list[str]:
        self._serial += 1
        return [*self._chance.choices(WORDS, k=4), f"{self._seed} {self._serial}"]

    def _remove(self, collection: pixie.Collection) -> None:
        ids = [item.id for item in collection.items()]
        if len(ids) < _MOST_FILES // 4:
            self._add(collection)
            return
        for _ in range(5):
            collection.remove(*self._chance.sample(ids, self._chance.randrange(1, 4)))

    def _compact(self, collection: pixie.Collection) -> None:
        """Make rows that belong to no item."""
        if len(collection) < _MOST_FILES // 4:
            self._add(collection)
        ids = [item.id for item in collection.items()]
        collection.remove(*self._chance.sample(ids, self._chance.randrange(1, 4)))

    def _reindex(self, collection: pixie.Collection) -> None:
        kind = self._chance.choice(KINDS)
        with self._acknowledged({"kind": kind}):
            collection.reindex(kind, {} if kind == "exact" else SMALL)

    def _acknowledged(self, change: dict[str, Any]) -> _Acknowledged:
        return _Acknowledged(self._note, change)

    def _note(self, line: dict[str, Any]) -> None:
        os.write(self._log, json.dumps(line).encode() + b"\n")
        os.fsync(self._log)


class _Acknowledged:
    """Notes a change before it is made, and that it was made once it has returned."""

    def __init__(self, note: Callable[[dict[str, Any]], None], change: dict[str, Any]) -> None:
        self._note, self._change = note, change

    def __enter__(self) -> None:
        self._note({"begun": self._change})

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            self._note({"done": True})


def _put(record: Record, vectors: Any, stored: VectorFile) -> dict[str, Any]:
    """What a commit makes of an item: what is said of it, its new vectors, and which it must have kept."""
    new: dict[str, Any] = {modality: _checksum(vectors[row]) for modality, row in record.vectors}
    new.update({modality: _checksum(stored.rows(row + 1)[row]) for modality, row in record.stored})
    # Only pictures of folders keep them, and nobody says anything of those.
    text = None if record.text is KEEP else record.text
    metadata = {} if record.metadata is KEEP else record.metadata
    owned = {"image": record.path is not None, "text": text is not None}
    kept = [modality for modality, has in owned.items() if has and modality not in new]
    return {**new, "said": said(text, metadata), "kept": kept}


def said(text: Any, metadata: Any) -> int:
    """What the log keeps of an item's text and metadata."""
    return checksum(json.dumps([text, metadata], sort_keys=True).encode())


def _checksum(vector: Any) -> int:
    return checksum(np.ascontiguousarray(vector, "<f4").tobytes())


def checksum(content: bytes) -> int:
    """What the log keeps of an item's vector."""
    return zlib.crc32(content)


def main(folder: Path, pictures: Path, log: Path, verb: str, seed: int) -> None:
    """Run a writer; how `bench/crash` starts it."""
    Writer(folder, pictures, log, seed).run(verb)
