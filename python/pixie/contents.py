"""What a collection answers without its model: its items, their metadata and their numbers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.filters import Filter
from pixie.listing import Selection
from pixie.metadata_changes import MetadataChanges
from pixie.ordering import Order
from pixie.steps import done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pixie.facets import Facets
    from pixie.holdings import Holdings
    from pixie.items import Item
    from pixie.listing import Missing
    from pixie.reports import Failure
    from pixie.steps import Step
    from pixie.tables.export import ExportOptions, ExportReport


class Contents:
    """The half of `Collection` that needs no model.

    A filter, ``where``, is a `Filter` or a text in its language, as in ``"year >= 2020 and has gps"``.
    Items whose files are missing are left out of lists, unless a filter asks about ``missing``; they are
    changed, removed and counted like others.
    """

    holdings: Holdings

    def get(self, identifier: str) -> Item | None:
        """The item with this id, None when there is none."""
        return self.holdings.get([identifier])[0]

    def items(
        self,
        prefix: str | None = None,
        offset: int = 0,
        limit: int | None = None,
        *,
        where: str | Filter | None = None,
        sort: str | None = None,
        missing: Missing = "hide",
    ) -> list[Item]:
        """Some items, in the order of their ids.

        Parameters
        ----------
        prefix
            What their ids begin with.
        offset, limit
            How many to leave out first, and how many to give at most.
        where
            Which items.
        sort
            Another order: ``date``, ``path`` or another name, with ``:desc`` for the largest first; items
            that lack it come last.
        missing
            What of items whose files are missing: ``hide`` leaves them out unless the filter asks about
            ``missing``, ``include`` gives them as well, ``only`` no others.

        Raises
        ------
        InvalidInputError
            The filter or the order is none; see `Filter.parse`.
        """
        return self.holdings.listing.page(_selection(where, prefix, sort, missing), offset, limit)[0]

    def each(
        self,
        *,
        prefix: str | None = None,
        where: str | Filter | None = None,
        sort: str | None = None,
        missing: Missing = "hide",
    ) -> Iterator[Item]:
        """The same items one after the other, in bounded memory and as of one moment.

        The records are being read until the last one, or until the iterator is closed.
        """
        return self.holdings.listing.every(_selection(where, prefix, sort, missing))

    def facets(
        self, name: str, *, where: str | Filter | None = None, offset: int = 0, limit: int | None = None
    ) -> Facets:
        """The values that items have under a name, the most frequent first, and how many items have each.

        Each entry of a list counts. Dates are counted by months.
        """
        return self.holdings.listing.facets(name, _selection(where), offset, limit)

    def set_metadata(
        self,
        *ids: str,
        where: str | Filter | None = None,
        values: Mapping[str, object] | None = None,
        unset: Iterable[str] = (),
    ) -> int:
        """Set keys of items' metadata, or take them away; gives how many of the items there were.

        Parameters
        ----------
        ids, where
            Which items: by their ids, or by a filter.
        values
            Values by their keys; ``exif.iso`` is the key ``iso`` of the object under ``exif``.
        unset
            Keys to take away.

        Raises
        ------
        InvalidInputError
            Nothing is to be changed, a value is nothing that JSON has, or a key leads into no object; nothing
            was changed then.
        """
        changes = MetadataChanges.of(values or {}, unset)
        return self.holdings.change_metadata(self._named(ids, where), changes)[0]

    def failures(
        self, offset: int = 0, limit: int | None = None, *, code: str | None = None
    ) -> list[Failure]:
        """Files and rows of tables that could not be taken in and were not since, in the order of their ids.

        With `code`, those that failed for this reason.
        """
        return self.holdings.failures(offset, limit, code)[0]

    def remove(self, *ids: str, where: str | Filter | None = None) -> int:
        """Remove items, by their ids or by a filter; gives how many there were. Files are never touched."""
        return self.holdings.remove(self._named(ids, where))[0]

    def stats(self, where: str | Filter | None = None) -> dict[str, Any]:
        """What is in the collection, in numbers: a JSON object, see ``docs/json.md``.

        With a filter the items, their vectors and those that are missing are those that it matches.
        """
        return self.holdings.stats(None if where is None else Filter.of(where))

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.holdings)

    def _named(self, ids: tuple[str, ...], where: str | Filter | None) -> Iterable[str]:
        if where is None:
            return ids
        if ids:
            raise InvalidInputError("items are named by ids and by a filter", fix="give one of them")
        return self.holdings.listing.ids(_selection(where, missing="include"))

    def export(
        self,
        target: str | os.PathLike[str],
        options: ExportOptions | None = None,
        progress: Callable[[Step], None] | None = None,
    ) -> ExportReport:
        """Write items, their vectors, or both to a table that `import_table` reads back as they are.

        The table shows one moment of the collection, is written in bounded memory, and appears when it is
        complete.

        Parameters
        ----------
        target
            The file; ``-`` is standard output. ``npy`` makes a folder.
        options
            Which items and what of them, and in which format where the name does not say it.
        progress
            Called before each thousand of items.

        Raises
        ------
        InvalidInputError
            The target can't be written, or its format is unknown.
        """
        from pixie.tables.export import ExportOptions, export

        return done(export(self.holdings, os.fspath(target), options or ExportOptions()), progress)


def _selection(
    where: str | Filter | None,
    prefix: str | None = None,
    sort: str | None = None,
    missing: Missing = "hide",
) -> Selection:
    filtered = None if where is None else Filter.of(where)
    return Selection(filtered, prefix, None if sort is None else Order.parse(sort), missing)
