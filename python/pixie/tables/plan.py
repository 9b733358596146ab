"""What importing a table has to do: which of its rows are new, changed, or left alone."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from pixie import catalog, failed_rows
from pixie.errors import InvalidInputError
from pixie.records import FailedFile
from pixie.reports import Failure, Warning  # noqa: A004
from pixie.tables.incoming import RowError
from pixie.tables.repeats import Repeats
from pixie.tables.sameness import (
    record_of_same_content,
    record_with_vectors,
    same_content,
    same_export,
    same_words,
)
from pixie.tables.tasks import RowTask, Taken

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from pixie.holdings import Holdings
    from pixie.items import Item, Modality
    from pixie.records import Record
    from pixie.tables.incoming import Incoming
    from pixie.tables.options import TableOptions
    from pixie.tables.source import Source

_ROWS_AT_ONCE = 256
"""Rows that are compared with the collection together; what needs no embedding of them is one commit."""

_BYTES_AT_ONCE = 1 << 26
"""Pictures in a table, as opposed to paths, that are handed out together."""

_IN_FLIGHT = 4096
"""Ids changed last whose commit may be on its way still; either pipeline holds fewer rows."""


@dataclass(slots=True)
class _Turn:
    """One call of `ImportPlan.take`: what it gives, what it commits, and which of its rows failed before."""

    taken: Taken = field(default_factory=Taken)
    records: list[Record] = field(default_factory=list)
    rows: list[npt.NDArray[np.float32]] = field(default_factory=list)
    failures: list[FailedFile] = field(default_factory=list)
    failed: dict[str, FailedFile] = field(default_factory=dict)


class ImportPlan:
    """The rows of a table, compared with what a collection has.

    A row is unchanged when the item with its id has the same text, the same metadata and the same picture: a
    file of the same size and time, or the same bytes. A row with a new text or picture is handed out by
    `take` to be embedded; everything else is committed there and then. Where two rows have the same id the
    later one counts, and the earlier is passed over. A row that failed is left alone while it and its
    picture's file are what they were.

    Safe to call from any thread.

    Parameters
    ----------
    holdings
        Where the rows go.
    source
        What they come from; closed with the plan.
    name
        What failures of its rows are remembered under.
    retry_failed
        Whether rows that failed before are tried again all the same.
    """

    def __init__(self, holdings: Holdings, source: Source, name: str, retry_failed: bool = False) -> None:
        self._holdings = holdings
        self._source = source
        self._name = name
        self._retry_failed = retry_failed
        self._began = holdings.store.state().generation
        self._repeats = Repeats(source.identifiers(), source.total or 0)
        self._incoming = source.items()
        self._changed: OrderedDict[str, str] = OrderedDict()
        self._failing: set[str] = set()
        self._repeated = 0
        self._first_repeated: tuple[int, str] | None = None
        self._pictures: dict[int, RowTask] = {}
        self._guard = threading.Lock()

    @classmethod
    def of(cls, holdings: Holdings, path: str, options: TableOptions | None = None) -> ImportPlan:
        """The plan for a table; see `open_source` for what is raised."""
        from pixie.tables.opening import open_source
        from pixie.tables.options import TableOptions

        options = options or TableOptions()
        source = open_source(holdings, path, options)
        try:
            return cls(holdings, source, options.source_of(path), options.retry_failed)
        except BaseException:
            source.close()
            raise

    @property
    def total(self) -> int | None:
        """How many rows there are, None while that is not known."""
        return self._source.total

    def take(self, most: int) -> Taken:
        """Go through at most `most` rows, 1 or more."""
        with self._guard:
            turn = _Turn()
            found, wrong = self._next(min(most, _ROWS_AT_ONCE), turn.taken)
            ids = [each.id for each in found]
            with self._holdings.store.reading() as connection:
                items = catalog.items_by_id(connection, ids)
                vectors = self._vectors_of(connection, found, items)
                failing = [failed.failure.id for failed in wrong]
                turn.failed = failed_rows.known(connection, self._name, [*ids, *failing])
            for failed in wrong:
                self._fail(failed, turn)
            for incoming, item in zip(found, items, strict=True):
                self._sort_in(incoming, item, vectors, turn)
            self._commit(turn)
            if turn.taken.ended:
                self._end(turn.taken)
            return turn.taken

    def picture(self, row: int) -> RowTask:
        """The task of a row that was handed out and has a picture; asked for once."""
        return self._pictures.pop(row)

    def to_json(self) -> dict[str, Any]:
        """The plan's JSON object, without its rows."""
        return {"total": self.total, "columns": self._source.columns_json()}

    def close(self) -> None:
        """Let go of the table. Does nothing the second time."""
        with self._guard:
            self._pictures.clear()
            self._repeats.close()
            self._source.close()

    def _next(self, most: int, taken: Taken) -> tuple[list[Incoming], list[FailedFile]]:
        """The next rows, and those of them that can't be taken in."""
        found: list[Incoming] = []
        wrong: list[FailedFile] = []
        size = 0
        looked_at = 0
        for each in islice(self._incoming, most):
            looked_at += 1
            identifier = (each.item or "?") if isinstance(each, RowError) else each.id
            if self._repeats.has_later(each.row, identifier):
                self._repeat(each.row, identifier, taken)
            elif isinstance(each, RowError):
                failure = Failure(identifier, None, each.code or "bad_value", each.message)
                wrong.append(FailedFile(failure, source=self._name))
            else:
                found.append(each)
                size += 0 if each.data is None else len(each.data)
                if size > _BYTES_AT_ONCE:
                    return found, wrong
        taken.ended = looked_at < most
        return found, wrong

    def _sort_in(
        self,
        incoming: Incoming,
        item: Item | None,
        vectors: dict[str, dict[Modality, npt.NDArray[np.float32]]],
        turn: _Turn,
    ) -> None:
        taken = turn.taken
        # An earlier row of this id may not be committed yet: what the collection has of it tells nothing.
        in_flight = incoming.id in self._changed
        try:
            if incoming.vectors:
                if not in_flight and item is not None and same_export(incoming, item, vectors[item.id]):
                    taken.unchanged += 1
                else:
                    turn.records.append(record_with_vectors(incoming, item, len(turn.rows)))
                    turn.rows.extend(incoming.vectors.values())
                    self._note_changed(incoming.id, "")
                return
            if not in_flight and item is not None and same_content(incoming, item):
                if same_words(incoming, item):
                    taken.unchanged += 1
                else:
                    turn.records.append(record_of_same_content(incoming, item))
                    self._note_changed(incoming.id, "")
                return
        except InvalidInputError as error:
            failure = Failure(incoming.id, incoming.path, error.code or "bad_value", error.message)
            self._fail(FailedFile(failure, source=self._name), turn)
            return
        if incoming.path is None and incoming.data is None and incoming.text is None:
            message = f"row {incoming.row}: its picture was not kept, and it has neither vectors nor a text"
            failure = Failure(incoming.id, None, "empty", message)
            self._fail(FailedFile(failure, source=self._name), turn)
            return
        known = item.sha256 if item is not None and "image" in item.vectors and not in_flight else None
        self._hand_out(
            RowTask(incoming, known, self._name, incoming.said(), *_file_facts(incoming.path)), turn
        )

    def _hand_out(self, task: RowTask, turn: _Turn) -> None:
        identifier = task.item.id
        if self._changed.get(identifier) == task.says:
            self._repeat(task.item.row, identifier, turn.taken)
            return
        before = turn.failed.get(identifier)
        if before is not None:
            # A commit forgets or replaces it; until then it counts, also when the run ends before.
            self._failing.add(identifier)
            looked_at = (before.said, before.size, before.mtime_ns)
            same = task.size is not None and looked_at == (task.says, task.size, task.mtime_ns)
            if same and not self._retry_failed:
                turn.taken.failed_before += 1
                return
        turn.taken.tasks.append(task)
        if task.has_picture:
            self._pictures[task.item.row] = task
        self._note_changed(identifier, task.says)

    def _fail(self, failed: FailedFile, turn: _Turn) -> None:
        turn.taken.failures.append(failed.failure)
        self._failing.add(failed.failure.id)
        if turn.failed.get(failed.failure.id) != failed:
            turn.failures.append(failed)

    def _repeat(self, row: int, identifier: str, taken: Taken) -> None:
        taken.repeated += 1
        self._repeated += 1
        self._first_repeated = self._first_repeated or (row, identifier)

    def _commit(self, turn: _Turn) -> None:
        if not (turn.records or turn.failures):
            return
        import numpy as np

        rows = np.stack(turn.rows) if turn.rows else None
        counts = self._holdings.commit(turn.records, rows, turn.failures)
        turn.taken.added, turn.taken.updated = counts

    def _end(self, taken: Taken) -> None:
        # Those that this run has noted already, of rows on their way, have later commits.
        self._holdings.store.forget_stale_rows(self._name, self._began, self._failing)
        if self._first_repeated is not None:
            row, identifier = self._first_repeated
            message = (
                f"rows passed over because later ones have their ids: {self._repeated}"
                f" (the first is row {row}, {identifier!r})"
            )
            taken.warnings.append(Warning("repeated_ids", message, identifier))

    def _note_changed(self, identifier: str, said: str) -> None:
        self._changed[identifier] = said
        self._changed.move_to_end(identifier)
        if len(self._changed) > _IN_FLIGHT:
            self._changed.popitem(last=False)

    def _vectors_of(
        self, connection: Any, found: Iterable[Incoming], items: list[Item | None]
    ) -> dict[str, dict[Modality, npt.NDArray[np.float32]]]:
        """The vectors there are of items whose rows bring vectors."""
        wanted = [
            item.id
            for incoming, item in zip(found, items, strict=True)
            if incoming.vectors and item is not None
        ]
        store = self._holdings.store
        vectors: dict[str, dict[Modality, npt.NDArray[np.float32]]] = {}
        for identifier in wanted:
            place = catalog.rows_of(connection, identifier)
            if place is not None:
                vectors[identifier] = {
                    modality: store.vectors.rows(rows[0] + 1)[rows[0]] for modality, rows in place[1].items()
                }
        return vectors


def _file_facts(path: str | None) -> tuple[int | None, int | None]:
    """Size and time of a file, None where there is none to be looked at."""
    if path is None:
        return None, None
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None, None
    return found.st_size, found.st_mtime_ns
