"""Answering queries: an index is chosen, its rows become hits, and what was asked is logged."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pixie.clock import now
from pixie.index import kind_named
from pixie.items import SearchResult
from pixie.live_index import LiveIndex
from pixie.logged_query import LoggedQuery
from pixie.masks import Masks
from pixie.query import Term, combine
from pixie.recall_check import RecallCheck
from pixie.reports import Warning  # noqa: A004
from pixie.search import EXACT, OvertakenError, SearchOptions, find_hits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pixie.index.base import Index
    from pixie.query import Part
    from pixie.query_log import QueryLog
    from pixie.search import Page
    from pixie.store import Store

_TRIES = 4
"""Times that a search is made while commits overtake it; then it leaves out what they removed."""


class Searcher:
    """Searches a collection by its own index, or by others that live as long as this does.

    Safe to call from any thread.

    Parameters
    ----------
    store
        The records and vectors.
    log
        Where queries are noted.
    """

    def __init__(self, store: Store, log: QueryLog) -> None:
        self._store = store
        self._log = log
        self._masks = Masks(store)
        self._others: dict[str, LiveIndex] = {}
        self._guard = threading.Lock()

    def rank(
        self,
        own: LiveIndex,
        parts: Sequence[Part],
        page: Page,
        options: SearchOptions | None = None,
        warnings: Sequence[Warning] = (),
    ) -> SearchResult:
        """The items nearest to the sum of `parts`, best first; see `Collection.search`.

        Parameters
        ----------
        own
            The collection's index.
        parts
            The terms with their vectors.
        page
            Which hits.
        options
            How to search; None for how the collection does.
        warnings
            What was remarked before, to be handed on with the result.
        """
        options = options or SearchOptions()
        direction = combine(parts, self._store.dimension)
        for last in (*(False,) * (_TRIES - 1), True):
            index, remarks = self._index(own, options.kind)
            settings = options.settings_for(index, direction.modality)
            # Made after the index was asked for, so that it covers all its rows.
            allow = self._masks.allowed(page.where, page.target)
            began = time.perf_counter()
            try:
                hits, explanation = find_hits(
                    self._store, index, direction, page, allow, settings, options.explain, whole=not last
                )
                break
            except OvertakenError:
                # An item whose vector was replaced meanwhile would be found by neither.
                continue
        seconds = time.perf_counter() - began
        if page.order is not None:
            with self._store.reading() as connection:
                hits = page.order.of_hits(connection, hits)
        check = None
        if options.check:
            scan, _ = self._index(own, EXACT)
            true = hits if scan is index else find_hits(self._store, scan, direction, page, allow)[0]
            check = RecallCheck.of(hits, true, page.k)
        logged = LoggedQuery(
            time=now("milliseconds"),
            terms=tuple(part.written or str(Term.vector(part.vector, part.weight)) for part in parts),
            modality=direction.modality,
            kind=index.kind,
            settings=settings,
            k=page.k,
            seconds=seconds,
            hits=len(hits),
            recall=None if check is None else check.recall,
        )
        self._log.note(logged, direction.vector)
        return SearchResult(hits, (*warnings, *remarks, *self._log.remarks()), explanation, check)

    def _index(self, own: LiveIndex, kind: str | None) -> tuple[Index, list[Warning]]:
        """The index of a kind, with a remark when it had to be built for that."""
        if kind is None or kind == own.kind:
            return own.current(), []
        with self._guard:
            live = self._others.get(kind)
            new = live is None
            if live is None:
                # Refuses a kind that there is not.
                kind_named(kind)
                # Over the same mapped vectors, so beside the other it costs its own structure alone.
                live = self._others[kind] = LiveIndex(self._store, kind, {})
        began = time.perf_counter()
        index = live.current()
        if not new or kind == EXACT:
            return index, []
        message = (
            f"an index of the kind {kind} was built in {time.perf_counter() - began:.1f} s, and is gone when"
            f" the collection is closed; to keep one: pixie reindex --kind {kind}"
        )
        return index, [Warning("index_built", message)]
