"""Holdings: the items, vectors and index of an open collection, apart from its model."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pixie import catalog, manifest
from pixie.disk import folder_size
from pixie.errors import ClosedError, CollectionError, InvalidInputError, PixieError
from pixie.filters.sql import condition
from pixie.index_facts import saved_facts
from pixie.listing import Listing, Selection, check_page
from pixie.lock import WriterLock
from pixie.manifest import Manifest
from pixie.query import Part, Term
from pixie.query_log import SETTING as LOG_SETTING
from pixie.query_log import QueryLog
from pixie.store import Store

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from pixie.benchmark import BenchReport
    from pixie.filters import Filter
    from pixie.items import Failure, Item, Modality, SearchResult, Warning  # noqa: A004
    from pixie.live_index import LiveIndex
    from pixie.logged_query import LogPage
    from pixie.manifest import Model
    from pixie.metadata_changes import MetadataChanges
    from pixie.plan import Plan, PlanOptions
    from pixie.pruning import PruneReport
    from pixie.records import FailedFile, Record, TouchedFile
    from pixie.reindexing import ReindexReport
    from pixie.search import Page, SearchOptions
    from pixie.searcher import Searcher
    from pixie.steps import Steps
    from pixie.tuning import TuneReport
    from pixie.vanished import Vanished

INDEX_FOLDER = "index"


class Holdings:
    """What an open collection holds: everything but the model, so vectors come from the caller.

    Safe to call from any thread. Calls after `close` raise `ClosedError`.

    Parameters
    ----------
    folder
        The collection's folder.
    read_only
        Whether this is a reader, which needs no lock and may not write.

    Attributes
    ----------
    queries
        The log of past queries, which readers write as well.
    listing
        Lists its items.

    Raises
    ------
    CollectionError
        ``missing``, ``locked``, ``damaged``, ``newer_format`` or ``read_only``.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.path = folder = folder.absolute()
        self.read_only = read_only
        self._stamp = manifest.stamp(folder)
        self._manifest = Manifest.read(folder)
        self._guard = threading.Lock()
        self._reindexing = threading.Lock()
        self._closed = False
        self._written = False
        self._live: LiveIndex | None = None
        self._searcher: Searcher | None = None
        self.queries = QueryLog(folder, self.model.dimension)
        self._lock = None if read_only else WriterLock(folder)
        try:
            self._upgrade()
            self._store = Store(folder, self.model.dimension, read_only)
            self.listing = Listing(self._store, self.queries)
        except BaseException:
            self._unlock()
            raise

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._manifest.name

    @property
    def model(self) -> Model:
        """The model its vectors come from."""
        return self._manifest.model

    @property
    def store(self) -> Store:
        """Its durable half, for what neither searches nor embeds."""
        return self._store

    def check_model(self, name: str, fingerprint: str) -> None:
        """Refuse another model's vectors.

        Raises
        ------
        CollectionError
            ``wrong_model``, naming both.
        """
        if fingerprint != self.model.fingerprint:
            raise CollectionError(
                f"the collection {self.name} has vectors of the model {self.model.name} (fingerprint"
                f" {self.model.fingerprint[:12]}), which {name} (fingerprint {fingerprint[:12]}) is not",
                fix=f"use the model {self.model.name}, or another collection",
                code="wrong_model",
            )

    def commit(
        self,
        records: Sequence[Record],
        vectors: npt.NDArray[np.float32] | None = None,
        failures: Iterable[FailedFile] = (),
        touched: Iterable[TouchedFile] = (),
    ) -> tuple[int, int]:
        """One durable commit; how many items are new, and how many replaced one. See `Store.commit`."""
        counts = self._store.commit(records, vectors, failures, touched)
        self._written = True
        return counts

    def remove(self, ids: Iterable[str]) -> tuple[int, list[str]]:
        """Remove items; how many of them there were, and the ids there were none of."""
        removed = self._store.remove(ids)
        self._written = True
        return removed

    def take_over(self, records: Sequence[Record]) -> tuple[int, list[Record]]:
        """Give items the ids their files were moved to; see `pixie.same_content.take_over`."""
        from pixie.same_content import take_over

        return take_over(self._store, records)

    def plan(self, paths: Iterable[str | os.PathLike[str]], options: PlanOptions | None = None) -> Plan:
        """What indexing these folders and files has to do; see `make_plan`."""
        from pixie.images import PICTURE_SUFFIXES
        from pixie.plan import make_plan

        return make_plan(self._store, paths, PICTURE_SUFFIXES, options)

    def settle(self, plan: Plan) -> Vanished:
        """Remove or mark the items of a plan, all of it done, whose files are gone."""
        from pixie.vanished import settle

        return settle(self._store, plan)

    def prune(self, older_than: float | None, dry_run: bool) -> PruneReport:
        """Remove the items that are missing; see `Collection.prune`."""
        from pixie.pruning import prune

        return prune(self._store, older_than, dry_run)

    def get(self, ids: Sequence[str]) -> list[Item | None]:
        """The item of each id, None where there is none."""
        with self._store.reading() as connection:
            return catalog.items_by_id(connection, ids)

    def page(self, prefix: str | None, offset: int, limit: int | None) -> tuple[list[Item], int]:
        """Items whose id begins with `prefix`, in the order of their ids, and how many there are in all."""
        return self.listing.page(Selection(prefix=prefix), offset, limit)

    def change_metadata(self, ids: Iterable[str], changes: MetadataChanges) -> tuple[int, list[str]]:
        """Change items' metadata; how many of them there were, and the ids there were none of."""
        return self._store.change_metadata(ids, changes)

    def failures(self, offset: int, limit: int | None, code: str | None = None) -> tuple[list[Failure], int]:
        """Files that could not be indexed, in the order of their ids, and how many there are in all."""
        check_page(offset, limit)
        with self._store.reading() as connection:
            return catalog.failures(connection, offset, limit, code)

    def __len__(self) -> int:
        """How many items there are."""
        with self._store.reading() as connection:
            return catalog.count(connection)

    def part_of(self, identifier: str, weight: float) -> Part:
        """An item as a part of a query: its picture's vector, or its text's when it has no picture.

        Raises
        ------
        InvalidInputError
            There is no such item.
        """
        with self._store.reading() as connection:
            found = catalog.rows_of(connection, identifier)
        if found is None:
            raise InvalidInputError(
                f"there is no item {identifier!r} in the collection {self.name}",
                fix="check the id; listing the collection shows all of them",
                item=identifier,
            )
        number, rows = found
        modality: Modality = "image" if "image" in rows else "text"
        row = rows[modality][0]
        vector = self._store.vectors.rows(row + 1)[row].copy()
        return Part(weight, vector, modality, number, str(Term.item(identifier, weight)))

    def rank(
        self,
        parts: Sequence[Part],
        page: Page,
        options: SearchOptions | None = None,
        warnings: Sequence[Warning] = (),
    ) -> SearchResult:
        """The items nearest to the sum of `parts`, best first; see `Collection.search`."""
        from pixie.searcher import Searcher

        self.listing.note(page.where)
        own = self._index()
        with self._guard:
            searcher = self._searcher = self._searcher or Searcher(self._store, self.queries)
        return searcher.rank(own, parts, page, options, warnings)

    def log(self, offset: int, limit: int | None) -> LogPage:
        """Past queries, newest first."""
        check_page(offset, limit)
        return self.queries.page(offset, limit)

    def set_log(self, on: bool) -> None:
        """Turn the log of queries on or off, for every process that searches; what it holds stays.

        Raises
        ------
        CollectionError
            ``read_only``, and what writing ``collection.json`` raises.
        """
        self._check_writable()
        self._change_setting(LOG_SETTING, on)
        self.queries.refresh()

    def reindex(
        self, kind: str | None = None, settings: Mapping[str, int | None] | None = None
    ) -> ReindexReport:
        """Build the index anew, of another kind or with other settings; see `Collection.reindex`."""
        from pixie.reindexing import rebuilt

        self._check_writable()
        with self._reindexing:
            live, report = rebuilt(
                self._store,
                self.path / INDEX_FOLDER,
                self.queries,
                self._index_settings,
                kind,
                settings,
                lambda index: self._change_setting("index", index),
            )
            with self._guard:
                before, self._live = self._live, live
            if before is not None:
                before.close()
            return report

    def tune(
        self, recall: float, k: int, kinds: Iterable[str] | None, queries: int, dry_run: bool
    ) -> Steps[TuneReport]:
        """Measure kinds of index and set what searches look at; see `Collection.tune`."""
        from pixie.tuning import tune_collection

        if not dry_run:
            self._check_writable()
        live, settings = self._index(), self._index_settings
        report = yield from tune_collection(
            self._store, live, settings, recall, k, kinds, queries, self.queries.by_modality()
        )
        if dry_run or report.tuned is None:
            return replace(report, tuned=None)
        with self._reindexing:
            if self._index_settings != settings:
                raise CollectionError(
                    f"the index of {self.name} was changed while it was tuned, so nothing was set",
                    fix="tune it again",
                    code="locked",
                )
            tuned = {**report.tuned, "buckets": live.current().stats().get("buckets")}
            self._change_setting("index", {**settings, "tuned": tuned})
            live.tune(tuned)
        return report

    def bench(
        self, kinds: Iterable[str] | None, k: int, queries: int, out: Path | None
    ) -> Steps[BenchReport]:
        """Measure recall and speed of kinds of index; see `Collection.bench`."""
        from pixie.benchmark import bench_collection

        self._index()
        return bench_collection(
            self._store, self.name, self._index_settings, kinds, k, queries, self.queries.by_modality(), out
        )

    def stats(self, where: Filter | None = None) -> dict[str, Any]:
        """What there is, in numbers, among the items that a filter matches: JSON, see ``docs/json.md``."""
        with self._store.reading() as connection:
            counts = catalog.counts(connection, None if where is None else condition(where))
            roots = catalog.roots(connection)
        vectors, records = self._store.size()
        settings = self._index_settings
        used = None if self._live is None else self._live.stats()
        return {
            "name": self.name,
            "path": str(self.path),
            **counts,
            "model": self.model.to_json(),
            "index": used or saved_facts(self.path / INDEX_FOLDER, settings) or settings,
            "bytes": {"vectors": vectors, "items": records, "index": folder_size(self.path / INDEX_FOLDER)},
            "roots": [{"name": name, "path": path} for name, path in roots.items()],
            "created": self._manifest.created,
        }

    def close(self) -> None:
        """Close the files; nothing the second time. A writer that changed much saves the index."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        try:
            if self._written:
                # The index can be built from what is committed: no reason to fail for whoever closes.
                with contextlib.suppress(PixieError):
                    self._live_index().save_if_stale()
            if not self.read_only:
                with contextlib.suppress(PixieError):
                    self._store.make_indexes(self.queries.names())
        finally:
            if self._live is not None:
                self._live.close()
            self.queries.close()
            self._store.close()
            self._unlock()

    def __enter__(self) -> Holdings:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _index(self) -> LiveIndex:
        with self._guard:
            if self._closed:
                raise ClosedError(f"the collection {self.name} was closed", fix="open it again")
            self._follow_settings()
            return self._live_index()

    def _upgrade(self) -> None:
        """Bring a collection of an older format to this one's."""
        if self._manifest.format == manifest.FORMAT:
            return
        # Another writer may have done it before this one had the lock.
        self._manifest = Manifest.read(self.path)
        version = self._manifest.format
        if self.read_only and version < manifest.FORMAT:
            raise CollectionError(
                f"the collection {self.path} has the older format {version}, and was opened read-only",
                fix="open it for writing once, for instance with `pixie index`, which brings it up to date",
                code="older_format",
            )
        if version == manifest.FORMAT:
            return
        Store.upgrade(self.path, version)
        self._manifest = replace(self._manifest, format=manifest.FORMAT)
        self._manifest.write(self.path)
        self._stamp = manifest.stamp(self.path)

    def _change_setting(self, name: str, value: Any) -> None:
        """Set one of the settings in ``collection.json``."""
        with self._guard:
            if self._closed:
                raise ClosedError(f"the collection {self.name} was closed", fix="open it again")
            found = Manifest.read(self.path)
            changed = replace(found, settings={**found.settings, name: value})
            changed.write(self.path)
            self._manifest = changed

    def _live_index(self) -> LiveIndex:
        from pixie.live_index import LiveIndex

        if self._live is None:
            settings = self._index_settings
            folder = self.path / INDEX_FOLDER
            self._live = LiveIndex(self._store, settings.pop("kind"), settings, folder, self.queries)
        return self._live

    def _follow_settings(self) -> None:
        """Take up the index's settings when the writer, another process, has changed them."""
        stamp = manifest.stamp(self.path) if self.read_only else self._stamp
        if stamp == self._stamp or stamp is None:
            return
        before = self._index_settings
        self._manifest, self._stamp = Manifest.read(self.path), stamp
        after = self._index_settings
        tuned = after.get("tuned")
        if self._live is not None and tuned is not None and after == {**before, "tuned": tuned}:
            self._live.tune(tuned)
        elif after != before and self._live is not None:
            self._live.close()
            self._live = None

    def _check_writable(self) -> None:
        if self.read_only:
            raise CollectionError(
                f"the collection {self.path} was opened read-only",
                fix="open it for writing",
                code="read_only",
            )

    @property
    def _index_settings(self) -> dict[str, Any]:
        return {"kind": "exact", **self._manifest.settings.get("index", {})}

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
