"""An open edition of a collection: its records and vectors, lists of them, its index and what it answers."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from pixie.database import FILE_NAME as DATABASE_NAME
from pixie.disk import folder_size
from pixie.editions import INDEX_FOLDER, data_folder
from pixie.index_facts import saved_facts
from pixie.listing import Listing
from pixie.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pixie.items import SearchResult
    from pixie.live_index import LiveIndex
    from pixie.manifest import Manifest
    from pixie.query import Part
    from pixie.query_log import QueryLog
    from pixie.reports import Warning  # noqa: A004
    from pixie.search import Page, SearchOptions
    from pixie.searcher import Searcher


class Edition:
    """The data that ``collection.json`` named when this was made, and all that is derived from them.

    Safe to call from any thread. A reader that goes on to the next edition drops this one, whose files are
    closed when the last call that uses it is done.

    Parameters
    ----------
    folder
        The collection's folder.
    found
        Its manifest.
    read_only
        Whether writing is refused.
    queries
        The log of past queries.

    Attributes
    ----------
    store
        The records and vectors.
    listing
        Lists the items.
    model
        Whose vectors it has.

    Raises
    ------
    CollectionError
        What `Store` raises.
    """

    def __init__(self, folder: Path, found: Manifest, read_only: bool, queries: QueryLog) -> None:
        data = data_folder(folder, found.edition)
        self.store = Store(data, found.model.dimension, read_only)
        self._path = data / DATABASE_NAME
        self._file = os.stat(self._path)
        self.listing = Listing(self.store, queries)
        self.model = found.model
        self.index_folder = data / INDEX_FOLDER
        self._queries = queries
        self._settings = found.index_settings
        self._guard = threading.Lock()
        self._live: LiveIndex | None = None
        self._searcher: Searcher | None = None

    def is_in_place(self) -> bool:
        """Whether its records are those at its path, and not another file's that took their place."""
        try:
            return os.path.samestat(self._file, os.stat(self._path))
        except OSError:
            return True

    def index(self) -> LiveIndex:
        """Its index, by the settings that it was given last."""
        from pixie.live_index import LiveIndex

        with self._guard:
            if self._live is None:
                settings = dict(self._settings)
                kind = settings.pop("kind")
                self._live = LiveIndex(self.store, kind, settings, self.index_folder, self._queries)
            return self._live

    def use_index(self, live: LiveIndex, settings: dict[str, Any]) -> None:
        """Search by another index from now on, which these settings made."""
        with self._guard:
            before, self._live, self._settings = self._live, live, settings
        if before is not None:
            before.close()

    def follow_settings(self, after: dict[str, Any]) -> None:
        """Take up settings of the index that the writer, another process, has changed."""
        with self._guard:
            before, self._settings = self._settings, after
            tuned = after.get("tuned")
            if self._live is None or after == before:
                return
            if tuned is not None and after == {**before, "tuned": tuned}:
                self._live.tune(tuned)
                return
            replaced, self._live = self._live, None
        replaced.close()

    def rank(
        self,
        parts: Sequence[Part],
        page: Page,
        options: SearchOptions | None = None,
        warnings: Sequence[Warning] = (),
    ) -> SearchResult:
        """The items nearest to the sum of `parts`, best first; see `Collection.search`."""
        from pixie.searcher import Searcher

        own = self.index()
        with self._guard:
            searcher = self._searcher = self._searcher or Searcher(self.store, self._queries)
        return searcher.rank(own, parts, page, options, warnings)

    def index_stats(self) -> dict[str, Any]:
        """The facts of its index, or of the saved one, or the settings of one that is yet to be built."""
        with self._guard:
            live, settings = self._live, self._settings
        used = None if live is None else live.stats()
        return used or saved_facts(self.index_folder, settings) or settings

    def sizes(self) -> dict[str, int]:
        """Bytes on disk of each of its parts."""
        vectors, records = self.store.size()
        return {"vectors": vectors, "items": records, "index": folder_size(self.index_folder)}

    def close_index(self) -> None:
        """Keep what its index has learnt of queries."""
        with self._guard:
            if self._live is not None:
                self._live.close()
