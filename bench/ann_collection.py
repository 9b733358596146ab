"""A collection of the benchmark's rows on disk, for what is measured in processes of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import machine
import numpy as np
from ann_measure import IMAGE
from ann_pixie import fitted
from clip_like import DIM

from pixie.editions import INDEX_FOLDER
from pixie.holdings import Holdings
from pixie.manifest import Manifest, Model
from pixie.opening import create_collection
from pixie.records import Record
from pixie.vectors import FILE_NAME as VECTORS_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from ann_method import Vectors
    from ann_run import Run

MODEL = Model("drawn", "0" * 32, DIM)
"""Searches by vector load no model, so there need not be one."""

_COMMITTED_AT_ONCE = 10_000


class OnDisk:
    """A new collection of a run's rows, and an index of each of its kinds, made when it is first wanted."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._folder = machine.fresh("ann-collection")
        self._indexes = machine.fresh("ann-indexes")
        create_collection(self._folder, MODEL)
        # An exact index costs nothing when the writer closes.
        self._become("exact")
        with Holdings(self._folder) as holdings:
            for start in range(0, run.rows, _COMMITTED_AT_ONCE):
                some = run.vectors[start : start + _COMMITTED_AT_ONCE]
                names = (f"picture-{start + row}" for row in range(len(some)))
                records = [Record(name, vectors=(("image", row),)) for row, name in enumerate(names)]
                holdings.commit(records, some)

    @property
    def vectors(self) -> Path:
        """The file of the rows."""
        return self._folder / VECTORS_NAME

    def index(self, kind: str) -> Path:
        """The folder of a saved index, which has no rows of its own."""
        folder = self._indexes / kind
        if not folder.exists():
            fitted(kind, mapped(self.vectors), self._run.learnt_from).save(folder, vectors=False)
        return folder

    def collection(self, kind: str) -> Path:
        """The folder of the collection, with an index of this kind."""
        saved, used = self.index(kind), self._folder / INDEX_FOLDER
        shutil.rmtree(used, ignore_errors=True)
        shutil.copytree(saved, used)
        self._become(kind)
        return self._folder

    def queries(self, modality: str, count: int) -> Path:
        """A file of new queries, float32, one after the other."""
        data = self._run.data.stream(f"on disk {modality}")
        drawn = data.pictures(count) if modality == IMAGE else data.texts(count)
        self._indexes.mkdir(exist_ok=True)
        file = self._indexes / f"{modality}-{count}.f32"
        drawn.astype("<f4").tofile(file)
        return file

    def _become(self, kind: str) -> None:
        Manifest.new(self._folder.name, MODEL, {"index": {"kind": kind}}).write(self._folder)


def mapped(file: Path) -> Vectors:
    """The vectors of a file, not read."""
    return np.memmap(file, "<f4", "r").reshape(-1, DIM)
