"""One run of making all vectors of a collection anew: what is to be embedded, and the swap at the end."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from pixie import catalog
from pixie.editions import INDEX_FOLDER
from pixie.errors import CollectionError, PixieError
from pixie.holdings import Holdings
from pixie.live_index import LiveIndex
from pixie.manifest import Manifest
from pixie.records import FailedFile
from pixie.reembedding.left_out import write_left_out
from pixie.reembedding.report import Outcome
from pixie.reembedding.tasks import ItemTask
from pixie.reembedding.unfinished import UnfinishedEdition, discard
from pixie.reports import Failure
from pixie.tables.incoming import Incoming
from pixie.tables.tasks import Taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from pixie.items import Item
    from pixie.manifest import Model
    from pixie.records import Record
    from pixie.reembedding.unfinished import Lacking
    from pixie.tables.tasks import RowTask


class Renewal:
    """One run of making all vectors anew, under the collection's writer lock.

    It hands out what is to be embedded in two turns, as a table's plan does its rows: first one of all
    pictures of the same content, whose vector the others are given; then those that have none yet. All of a
    turn must be committed before the next.

    Safe to call from any thread.

    Parameters
    ----------
    folder
        The collection's.
    model
        Whose vectors are to be made.

    Attributes
    ----------
    before
        The model that the collection has.
    frames
        How many frames of an animation make its vector.
    total
        How many items there are.
    copied
        How many pictures were given a copy of the vector of another one of their content, so far.

    Raises
    ------
    CollectionError
        ``missing``, ``locked``, ``damaged``, ``newer_format``, ``read_only`` or ``disk_full``.
    """

    def __init__(self, folder: Path, model: Model) -> None:
        self.model = model
        self._collection = Holdings(folder)
        self.folder = self._collection.path
        self.before = self._collection.model
        self.frames = self._collection.frames
        self.copied = 0
        self._edition: UnfinishedEdition | None = None
        self._guard = threading.Lock()
        self._after = 0
        self._second_turn = False
        self._completed = 0
        self._pictures: dict[int, ItemTask] = {}
        try:
            if self.before.fingerprint == model.fingerprint:
                discard(self.folder)
                self.total = self._done = len(self._collection)
            else:
                self._edition = UnfinishedEdition(self.folder, self._collection.store.folder, model)
                self._edition.check_room()
                self.total, self._done = self._edition.counts()
                self._copy_equal(self._edition)
        except BaseException:
            self.close()
            raise

    @property
    def holdings(self) -> Renewal:
        """Where vectors are committed."""
        return self

    def take(self, most: int) -> Taken:
        """The next items to be embedded, at most `most`, 1 or more.

        Items that were finished before, and by copies, are counted as unchanged and as updated.
        """
        with self._guard:
            taken = Taken(unchanged=self._done, updated=self._completed)
            self._done = self._completed = 0
            edition = self._edition
            if edition is None:
                taken.ended = True
                return taken
            lacking = edition.lacking(self._after, most)
            taken.ended = len(lacking) < most
            with edition.reading() as connection:
                items = catalog.items_by_number(connection, [each.number for each in lacking])
            for each in lacking:
                self._sort_in(edition, each, items[each.number], taken)
                self._after = each.number
            return taken

    def picture(self, row: int) -> RowTask:
        """The task of an item that was handed out and has a picture; asked for once."""
        return self._pictures.pop(row)

    def take_over(self, records: Sequence[Record]) -> tuple[int, list[Record]]:
        """Nothing moves here: none, and the records."""
        return 0, list(records)

    def commit(
        self,
        records: Sequence[Record],
        vectors: npt.NDArray[np.float32] | None = None,
        *_: object,
    ) -> tuple[int, int]:
        """One durable commit of items' vectors; none is new, and how many have all of theirs now.

        What else a collection is given with them is for `finish` to be told.
        """
        assert self._edition is not None
        return 0, self._edition.give(records, vectors)

    def turn(self) -> bool:
        """Go to the second turn, once all of the first is committed; false after the second."""
        with self._guard:
            if self._edition is None or self._second_turn:
                return False
            self._copy_equal(self._edition)
            self._second_turn = True
            self._after = 0
            return True

    def finish(self, failures: Iterable[Failure], skip_failed: bool) -> Outcome:
        """Swap the new vectors in, unless some are lacking that are not to be skipped.

        Parameters
        ----------
        failures
            What was found wrong with items in this run.
        """
        edition = self._edition
        if edition is None:
            return Outcome(swapped=False, left_out=None)
        lacking = [each.number for each in edition.lacking(0)]
        if lacking and not skip_failed:
            return Outcome(swapped=False, left_out=None)
        left_out = self._leave_out(edition, lacking, failures) if lacking else None
        try:
            edition.complete()
            _save_index(edition, self._collection.index_settings)
            edition.make_indexes(self._collection.queries.names())
            self._collection.queries.forget_vectors()
            edition.close()
            self._collection.publish(edition.folder, self.model)
        except BaseException:
            # Once the swap counts, that file alone has what was left out.
            if left_out is not None and self._is_as_before():
                left_out.unlink(missing_ok=True)
            raise
        self._edition = None
        discard(self.folder)
        return Outcome(swapped=True, left_out=None if left_out is None else str(left_out))

    def close(self) -> None:
        """Let the next writer in. What was committed stays for the next run."""
        with self._guard:
            self._pictures.clear()
            if self._edition is not None:
                self._edition.close()
            self._collection.close()

    def _is_as_before(self) -> bool:
        """Whether the collection is certainly of the model before still."""
        try:
            return Manifest.read(self.folder).model.fingerprint == self.before.fingerprint
        except CollectionError:
            return False

    def _copy_equal(self, edition: UnfinishedEdition) -> None:
        copied, completed = edition.copy_equal()
        self.copied += copied
        self._completed += completed

    def _sort_in(self, edition: UnfinishedEdition, lacking: Lacking, item: Item, taken: Taken) -> None:
        image = lacking.image and item.path is not None and self._is_its_turn(edition, lacking.number, item)
        text = item.text if lacking.text else None
        if image or text is not None:
            row = Incoming(lacking.number, item.id, path=item.path if image else None, text=text)
            task = ItemTask(
                row,
                None,
                sha256=item.sha256,
                elsewhere=lambda: self._elsewhere(edition, lacking.number, item),
            )
            taken.tasks.append(task)
            if image:
                self._pictures[lacking.number] = task
        lost = [
            what
            for what, is_lost in (
                ("picture", lacking.image and item.path is None),
                ("text", lacking.text and item.text is None),
            )
            if is_lost
        ]
        if lost and self._second_turn:
            message = f"the {' and the '.join(lost)} of item {item.id!r} was not kept, only a vector of it"
            taken.failures.append(Failure(item.id, item.path, "empty", message))

    def _is_its_turn(self, edition: UnfinishedEdition, number: int, item: Item) -> bool:
        """Whether the item's picture is looked at in this turn: the first of its content is in the first."""
        if item.sha256 is None:
            return not self._second_turn
        ((first, _),) = edition.of_content(item.sha256, 1)
        return (first == number) != self._second_turn

    def _elsewhere(self, edition: UnfinishedEdition, number: int, item: Item) -> list[str]:
        """Other files on record with the item's picture; none where the first turn has tried them all."""
        if item.sha256 is None or self._second_turn:
            return []
        return [path for other, path in edition.of_content(item.sha256) if other != number]

    def _leave_out(
        self, edition: UnfinishedEdition, lacking: Sequence[int], failures: Iterable[Failure]
    ) -> Path:
        with edition.reading() as connection:
            items = catalog.items_by_number(connection, lacking)
        path = write_left_out(self.folder, list(items.values()))
        said = {failure.id: failure for failure in failures}
        edition.leave_out(
            {
                number: FailedFile(
                    said.get(item.id)
                    or Failure(item.id, item.path, "unreadable", "it could not be embedded again")
                )
                for number, item in items.items()
            }
        )
        return path


def _save_index(edition: UnfinishedEdition, settings: dict[str, Any]) -> None:
    """Save the index of a collection that is large enough for one, so that no reader has to build it."""
    others = {name: value for name, value in settings.items() if name not in ("kind", "tuned")}
    live = LiveIndex(edition, settings["kind"], others, edition.folder / INDEX_FOLDER)
    # It can be built from what is committed: no reason to fail.
    with contextlib.suppress(PixieError):
        live.save_if_stale()
