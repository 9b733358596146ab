"""Taking pictures and texts in from Python: read, decode, embed, commit, a batch at a time.

While one batch is embedded the next ones are decoded on threads of this module's own. The Java front end does
not come here: it has threads of its own for each step.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Sized
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.equal_files import LaterError
from pixie.errors import ImageError, InvalidInputError
from pixie.pace import Pace
from pixie.picture_file import PictureFile
from pixie.records import KEEP, FailedFile, Keep, Record, TouchedFile
from pixie.reports import AddReport, Failure, ImportReport, IndexReport, Progress, Warning  # noqa: A004

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeVar

    import numpy.typing as npt

    from pixie.collection import Collection
    from pixie.images import ImageInfo, Picture
    from pixie.items import Item, Modality
    from pixie.metadata import Value
    from pixie.plan import Plan, Task
    from pixie.tables.tasks import RowPlan, RowTask

    T = TypeVar("T")

_BATCHES_AHEAD = 2


@dataclass(slots=True)
class _Entry:
    """An item, a file or a row on its way in; decoding fills in what comes after ``row``."""

    id: str
    path: str | None
    picture: Picture | None
    text: str | Keep | None = KEEP
    metadata: Mapping[str, Value] | Keep = KEEP
    task: Task | None = None
    row: RowTask | None = None
    pixels: Sequence[npt.NDArray[np.uint8]] = ()
    info: ImageInfo | None = None
    touched: TouchedFile | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    stored: tuple[tuple[Modality, int], ...] = ()
    error: InvalidInputError | None = None
    waits: bool = False

    @classmethod
    def of_item(cls, item: Item) -> _Entry:
        path = None if item.path is None else os.path.abspath(item.path)
        return cls(item.id, path, item.image if path is None else path, item.text, item.metadata)

    @classmethod
    def of_task(cls, task: Task) -> _Entry:
        # Text and metadata are kept: indexing a file again leaves the caption it was given since.
        return cls(task.id, task.path, task.path, task=task)

    @classmethod
    def of_row(cls, row: RowTask) -> _Entry:
        item = row.item
        return cls(item.id, item.path, None, item.text, item.metadata, row=row)

    def decode(self, collection: Collection, plan: Plan | None) -> _Entry:
        """Fill in what the picture is, or why it can't be read; the entry itself."""
        picture = self.picture
        try:
            if self.task is not None:
                picture = file = PictureFile.read(self.task.path)
                if file.sha256 == self.task.known_hash:
                    self.touched = TouchedFile(self.id, self.task.path, file.size, file.mtime_ns or 0)
                    return self
                twin = None if plan is None else plan.twin(self.id, file.sha256)
                if twin is not None:
                    self.facts = twin.facts_of(file.size, file.mtime_ns)
                    self.stored = tuple(("image", row) for row in twin.rows)
                    return self
            if self.row is not None and self.row.has_picture:
                picture = file = self.row.picture()
                if file.sha256 == self.row.known_hash:
                    self.facts = {"sha256": file.sha256, "size": file.size, "mtime_ns": file.mtime_ns}
                    return self
            if picture is not None:
                self.pixels, self.info = collection.embedder.decode_frames(picture, collection.frames)
            elif self.text is None:
                self.error = InvalidInputError(
                    f"item {self.id!r} has neither a picture nor a text",
                    fix="give it one of them",
                    item=self.id,
                    code="empty",
                )
        except LaterError:
            self.waits = True
        except ImageError as error:
            if plan is not None and isinstance(picture, PictureFile):
                plan.give_up(self.id, picture.sha256)
            error.item = self.id
            self.error = error if self.row is None else self.row.said(error)
        return self

    def record(self, vectors: Iterable[tuple[Modality, int]]) -> Record:
        """The record to commit."""
        facts = self.facts if self.info is None else self.info.to_json()
        if self.path is None:
            # Of what has no file only the picture counts.
            facts = {name: value for name, value in facts.items() if name not in ("size", "mtime_ns")}
        return Record(
            id=self.id,
            path=self.path,
            text=self.text,
            metadata=self.metadata,
            facts=facts,
            vectors=tuple(vectors),
            stored=self.stored,
        )


@dataclass(slots=True)
class _Totals:
    added: int = 0
    updated: int = 0
    moved: int = 0
    copied: int = 0
    unchanged: int = 0
    failed_before: int = 0
    repeated: int = 0
    failures: list[Failure] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)


class Intake:
    """One run of taking items or files in.

    Parameters
    ----------
    collection
        Where they go.
    batch_size
        How many of them are one commit.
    progress
        Called after each commit.
    skip_bad
        Whether what can't be taken in is reported and skipped. Otherwise the first of it is raised before its
        batch is committed.
    """

    def __init__(
        self,
        collection: Collection,
        batch_size: int,
        progress: Callable[[Progress], None] | None = None,
        skip_bad: bool = True,
    ) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise InvalidInputError(f"batch_size is {batch_size!r}", fix="give a whole number from 1 up")
        self._collection = collection
        self._batch_size = batch_size
        self._progress = progress
        self._skip_bad = skip_bad
        self._totals = _Totals()
        self._pace = Pace()

    def add(self, items: Iterable[Item]) -> AddReport:
        """Take items in."""
        total = len(items) if isinstance(items, Sized) else None
        self._run(map(_Entry.of_item, items), total, skipped=0)
        found = self._totals
        return AddReport(found.added, found.updated, tuple(found.failures), tuple(found.warnings))

    def index(self, plan: Plan) -> IndexReport:
        """Take in the files of a plan."""
        self._totals.unchanged = plan.unchanged
        while True:
            tasks = (task for some in iter(lambda: plan.take(self._batch_size), []) for task in some)
            self._run(map(_Entry.of_task, tasks), plan.found, plan.failed_before, plan)
            if not plan.again():
                break
        vanished = self._collection.holdings.settle(plan)
        found = self._totals
        return IndexReport(
            found=plan.found,
            added=found.added,
            updated=found.updated,
            unchanged=found.unchanged,
            failed_before=plan.failed_before,
            failures=(*plan.problems, *found.failures),
            moved=found.moved,
            copied=found.copied,
            removed=vanished.removed,
            missing=vanished.missing,
            roots=plan.roots,
            elapsed_seconds=time.monotonic() - plan.began,
        )

    def take_rows(self, plan: RowPlan) -> ImportReport:
        """Take in the rows of a table."""
        self._run(self._rows_of(plan), plan.total, skipped=0)
        found = self._totals
        taken_in, left_alone = found.added + found.updated, found.failed_before + found.repeated
        return ImportReport(
            rows=taken_in + found.unchanged + left_alone + len(found.failures),
            added=found.added,
            updated=found.updated,
            unchanged=found.unchanged,
            failed_before=found.failed_before,
            repeated=found.repeated,
            failures=tuple(found.failures),
            warnings=tuple(found.warnings),
        )

    def _rows_of(self, plan: RowPlan) -> Iterator[_Entry]:
        ended = False
        while not ended:
            taken = plan.take(self._batch_size)
            ended = taken.ended
            self._totals.added += taken.added
            self._totals.updated += taken.updated
            self._totals.unchanged += taken.unchanged
            self._totals.failed_before += taken.failed_before
            self._totals.repeated += taken.repeated
            self._totals.failures += taken.failures
            self._totals.warnings += taken.warnings
            if len(taken.tasks) == 0:
                self._report(plan.total, 0)
            yield from map(_Entry.of_row, taken.tasks)

    def _run(
        self, entries: Iterator[_Entry], total: int | None, skipped: int, plan: Plan | None = None
    ) -> None:
        if plan is not None:
            self._report(total, skipped)
        ahead: deque[list[Future[_Entry]]] = deque()
        with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="pixie-decode") as pool:
            try:
                while True:
                    batch = list(islice(entries, self._batch_size))
                    if batch:
                        ahead.append([pool.submit(entry.decode, self._collection, plan) for entry in batch])
                    if not ahead:
                        break
                    if not batch or len(ahead) > _BATCHES_AHEAD:
                        self._commit([future.result() for future in ahead.popleft()])
                        self._report(total, skipped)
            finally:
                pool.shutdown(cancel_futures=True)

    def _commit(self, batch: list[_Entry]) -> None:
        batch = [entry for entry in batch if not entry.waits]
        failures = [self._failed(entry, entry.error) for entry in batch if entry.error is not None]
        touched = [entry.touched for entry in batch if entry.touched is not None]
        vectors, records = self._embedded([entry for entry in batch if not (entry.error or entry.touched)])
        # What a caller adds is not remembered as failed: there is no next run that would try it again.
        moved, records = self._collection.holdings.take_over(records)
        added, updated = self._collection.holdings.commit(
            records,
            vectors,
            [failed for failed in failures if failed.source is not None or failed.mtime_ns is not None],
            touched,
        )
        self._totals.failures += [failed.failure for failed in failures]
        self._totals.added += added
        self._totals.updated += updated
        self._totals.moved += moved
        self._totals.copied += sum(bool(record.stored) for record in records)
        self._pace.advance(time.monotonic(), moved + added + updated + len(failures))
        self._totals.unchanged += len(touched)

    def _embedded(self, batch: list[_Entry]) -> tuple[npt.NDArray[np.float32] | None, list[Record]]:
        """The vectors of a batch, pictures' first, and the records that name them."""
        embedder = self._collection.embedder
        blocks: list[npt.NDArray[np.float32]] = []
        owners: list[tuple[int, Modality]] = []
        pictures = [(number, entry.pixels) for number, entry in enumerate(batch) if entry.pixels]
        for some in _groups(pictures, embedder.batch_size["image"]):
            pixels = np.stack([square for _, frames in some for square in frames])
            blocks.append(embedder.embed_pixels(pixels, [len(frames) for _, frames in some]))
            owners += [(number, "image") for number, _ in some]
        texts = [(number, entry.text) for number, entry in enumerate(batch) if isinstance(entry.text, str)]
        for words in _groups(texts, embedder.batch_size["text"]):
            rows, remarks = embedder.embed_texts_with_warnings([text for _, text in words])
            blocks.append(rows)
            owners += [(number, "text") for number, _ in words]
            self._totals.warnings += [
                Warning(remark["code"], remark["message"], batch[words[remark["index"]][0]].id)
                for remark in remarks
            ]
        places: list[list[tuple[Modality, int]]] = [[] for _ in batch]
        for row, (number, modality) in enumerate(owners):
            places[number].append((modality, row))
        records = [entry.record(place) for entry, place in zip(batch, places, strict=True)]
        return (np.concatenate(blocks) if blocks else None), records

    def _failed(self, entry: _Entry, error: InvalidInputError) -> FailedFile:
        if not self._skip_bad:
            raise error
        if entry.row is not None:
            return entry.row.failed(error.code or "unreadable", error.message)
        failure = Failure(entry.id, entry.path, error.code or "unreadable", error.message)
        task = entry.task
        return FailedFile(failure, task.size if task else None, task.mtime_ns if task else None)

    def _report(self, total: int | None, skipped: int) -> None:
        if self._progress is None:
            return
        found = self._totals
        done, failed = found.added + found.updated + found.moved, len(found.failures)
        skipped += found.unchanged + found.failed_before + found.repeated
        self._progress(
            Progress(
                done,
                failed,
                skipped,
                total,
                found.added,
                found.updated,
                found.moved,
                found.unchanged,
                self._pace.per_second,
                None if total is None else self._pace.time_for(total - done - failed - skipped),
            )
        )


def _groups(values: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
