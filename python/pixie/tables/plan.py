"""What importing a table has to do: which of its rows are new, changed, or left alone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING, Any

from pixie import catalog
from pixie.errors import InvalidInputError
from pixie.items import Failure
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
    from pixie.tables.incoming import Incoming, RowError
    from pixie.tables.options import TableOptions
    from pixie.tables.source import Source

_ROWS_AT_ONCE = 256
"""Rows that are compared with the collection together; what needs no embedding of them is one commit."""

_BYTES_AT_ONCE = 1 << 26
"""Pictures in a table, as opposed to paths, that are handed out together."""

_IN_FLIGHT = 4096
"""Ids changed last whose commit may be on its way still; either pipeline holds fewer rows."""


class ImportPlan:
    """The rows of a table, compared with what a collection has.

    A row is unchanged when the item with its id has the same text, the same metadata and the same picture: a
    file of the same size and time, or the same bytes. A row with a new text or picture is handed out by
    `take` to be embedded; everything else is committed there and then. Where two rows have the same id the
    later one counts.

    Safe to call from any thread.

    Parameters
    ----------
    holdings
        Where the rows go.
    source
        What they come from; closed with the plan.
    """

    def __init__(self, holdings: Holdings, source: Source) -> None:
        self._holdings = holdings
        self._source = source
        self._incoming = source.items()
        self._changed: OrderedDict[str, None] = OrderedDict()
        self._pictures: dict[int, RowTask] = {}
        self._guard = threading.Lock()

    @classmethod
    def of(cls, holdings: Holdings, path: str, options: TableOptions | None = None) -> ImportPlan:
        """The plan for a table; see `open_source` for what is raised."""
        from pixie.tables.opening import open_source
        from pixie.tables.options import TableOptions

        return cls(holdings, open_source(holdings, path, options or TableOptions()))

    @property
    def total(self) -> int | None:
        """How many rows there are, None while that is not known."""
        return self._source.total

    def take(self, most: int) -> Taken:
        """Go through at most `most` rows, 1 or more."""
        with self._guard:
            taken = Taken()
            found = self._next(min(most, _ROWS_AT_ONCE), taken)
            records: list[Record] = []
            rows: list[npt.NDArray[np.float32]] = []
            with self._holdings.store.reading() as connection:
                items = catalog.items_by_id(connection, [each.id for each in found])
                vectors = self._vectors_of(connection, found, items)
            for incoming, item in zip(found, items, strict=True):
                self._sort_in(incoming, item, vectors, taken, records, rows)
            if records:
                import numpy as np

                taken.added, taken.updated = self._holdings.commit(records, np.stack(rows) if rows else None)
            return taken

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
            self._source.close()

    def _next(self, most: int, taken: Taken) -> list[Incoming]:
        found: list[Incoming] = []
        size = 0
        looked_at = 0
        for each in islice(self._incoming, most):
            looked_at += 1
            if isinstance(each, InvalidInputError):
                taken.failures.append(_failure(each))
                continue
            found.append(each)
            size += 0 if each.data is None else len(each.data)
            if size > _BYTES_AT_ONCE:
                return found
        taken.ended = looked_at < most
        return found

    def _sort_in(
        self,
        incoming: Incoming,
        item: Item | None,
        vectors: dict[str, dict[Modality, npt.NDArray[np.float32]]],
        taken: Taken,
        records: list[Record],
        rows: list[npt.NDArray[np.float32]],
    ) -> None:
        # An earlier row of this id may not be committed yet: what the collection has of it tells nothing.
        in_flight = incoming.id in self._changed
        try:
            if incoming.vectors:
                if not in_flight and item is not None and same_export(incoming, item, vectors[item.id]):
                    taken.unchanged += 1
                else:
                    records.append(record_with_vectors(incoming, item, len(rows)))
                    rows.extend(incoming.vectors.values())
                    self._note_changed(incoming.id)
                return
            if not in_flight and item is not None and same_content(incoming, item):
                if same_words(incoming, item):
                    taken.unchanged += 1
                else:
                    records.append(record_of_same_content(incoming, item))
                    self._note_changed(incoming.id)
                return
        except InvalidInputError as error:
            taken.failures.append(
                Failure(incoming.id, incoming.path, error.code or "bad_value", error.message)
            )
            return
        if incoming.path is None and incoming.data is None and incoming.text is None:
            message = f"row {incoming.row}: its picture was not kept, and it has neither vectors nor a text"
            taken.failures.append(Failure(incoming.id, None, "empty", message))
            return
        known = item.sha256 if item is not None and "image" in item.vectors and not in_flight else None
        task = RowTask(incoming, known)
        taken.tasks.append(task)
        if task.has_picture:
            self._pictures[incoming.row] = task
        self._note_changed(incoming.id)

    def _note_changed(self, identifier: str) -> None:
        self._changed[identifier] = None
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


def _failure(error: RowError | InvalidInputError) -> Failure:
    return Failure(error.item or "?", None, error.code or "bad_value", error.message)
