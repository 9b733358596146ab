"""Holdings: the items, vectors and index of an open collection, apart from its model."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pixie import catalog
from pixie.errors import CollectionError, InvalidInputError
from pixie.listing import Selection, check_page
from pixie.open_folder import OpenFolder, T
from pixie.query import Part, Term
from pixie.query_log import SETTING as LOG_SETTING

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from pixie.benchmark import BenchReport
    from pixie.edition import Edition
    from pixie.filters import Filter
    from pixie.items import Item, Modality, SearchResult
    from pixie.logged_query import LogPage
    from pixie.metadata_changes import MetadataChanges
    from pixie.plan import Plan, PlanOptions
    from pixie.pruning import PruneReport
    from pixie.records import FailedFile, Record, TouchedFile
    from pixie.reindexing import ReindexReport
    from pixie.reports import Failure, Warning  # noqa: A004
    from pixie.search import Page, SearchOptions
    from pixie.steps import Steps
    from pixie.store import Store
    from pixie.tuning import TuneReport
    from pixie.vanished import Vanished

FRAMES_SETTING = "frames"


class Holdings(OpenFolder):
    """What an open collection holds: everything but the model, so vectors come from the caller.

    Safe to call from any thread. Calls after `close` raise `ClosedError`.

    Parameters
    ----------
    folder
        The collection's folder.
    read_only
        Whether this is a reader, which needs no lock and may not write.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        super().__init__(folder, read_only)
        self._reindexing = threading.Lock()

    @property
    def frames(self) -> int:
        """How many frames of an animation make its vector."""
        frames: int = self._manifest.settings.get(FRAMES_SETTING, 1)
        return frames

    def set_frames(self, frames: int) -> None:
        """Have so many frames of an animation make its vector; see `pixie.open`.

        Raises
        ------
        InvalidInputError
            It is no such number, or the collection has pictures with vectors of another.
        CollectionError
            ``read_only``, and what writing ``collection.json`` raises.
        """
        from pixie.frame_setting import check_frames

        if check_frames(self.store, self.name, self.frames, frames):
            self.check_writable()
            self.change_setting(FRAMES_SETTING, frames)

    def check_model(self, name: str, fingerprint: str) -> None:
        """Refuse another model's vectors; of a reader, than the collection's of now.

        Raises
        ------
        CollectionError
            ``wrong_model``, naming both.
        """
        model = self.current().model
        if fingerprint != model.fingerprint:
            raise CollectionError(
                f"the collection {self.name} has vectors of the model {model.name} (fingerprint"
                f" {model.fingerprint[:12]}), which {name} (fingerprint {fingerprint[:12]}) is not",
                fix=f"use the model {model.name}, or another collection",
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
        counts = self.store.commit(records, vectors, failures, touched)
        self._written = True
        return counts

    def remove(self, ids: Iterable[str]) -> tuple[int, list[str]]:
        """Remove items; how many of them there were, and the ids there were none of."""
        removed = self.store.remove(ids)
        self._written = True
        return removed

    def take_over(self, records: Sequence[Record]) -> tuple[int, list[Record]]:
        """Give items the ids their files were moved to; see `pixie.same_content.take_over`."""
        from pixie.same_content import take_over

        return take_over(self.store, records)

    def plan(self, paths: Iterable[str | os.PathLike[str]], options: PlanOptions | None = None) -> Plan:
        """What indexing these folders and files has to do; see `make_plan`."""
        from pixie.comparison import make_plan
        from pixie.suffixes import PICTURE_SUFFIXES

        return make_plan(self.store, paths, PICTURE_SUFFIXES, options)

    def settle(self, plan: Plan) -> Vanished:
        """Remove or mark the items of a plan, all of it done, whose files are gone."""
        from pixie.vanished import settle

        return settle(self.store, plan)

    def prune(self, older_than: float | None, dry_run: bool) -> PruneReport:
        """Remove the items that are missing; see `Collection.prune`."""
        from pixie.pruning import prune

        return prune(self.store, older_than, dry_run)

    def get(self, ids: Sequence[str]) -> list[Item | None]:
        """The item of each id, None where there is none."""
        return self._read(lambda connection: catalog.items_by_id(connection, ids))

    def page(self, prefix: str | None, offset: int, limit: int | None) -> tuple[list[Item], int]:
        """Items whose id begins with `prefix`, in the order of their ids, and how many there are in all."""
        return self.listing.page(Selection(prefix=prefix), offset, limit)

    def change_metadata(self, ids: Iterable[str], changes: MetadataChanges) -> tuple[int, list[str]]:
        """Change items' metadata; how many of them there were, and the ids there were none of."""
        return self.store.change_metadata(ids, changes)

    def failures(self, offset: int, limit: int | None, code: str | None = None) -> tuple[list[Failure], int]:
        """Files and rows that could not be taken in, by their ids, and how many there are in all."""
        check_page(offset, limit)
        return self._read(lambda connection: catalog.failures(connection, offset, limit, code))

    def __len__(self) -> int:
        """How many items there are."""
        return self._read(catalog.count)

    def part_of(self, identifier: str, weight: float) -> Part:
        """An item as a part of a query: its picture's vector, or its text's when it has no picture.

        Raises
        ------
        InvalidInputError
            There is no such item.
        """
        return self.following(lambda edition: self._part_of(edition.store, identifier, weight))

    def _part_of(self, store: Store, identifier: str, weight: float) -> Part:
        with store.reading() as connection:
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
        vector = store.vectors.rows(row + 1)[row].copy()
        return Part(weight, vector, modality, number, str(Term.item(identifier, weight)))

    def edition_of(self, fingerprint: str | None) -> Edition:
        """Its edition of now, if that has vectors of the model with this fingerprint; None is any model.

        Raises
        ------
        CollectionError
            ``replaced``: another process has made all vectors anew with another model.
        """
        return self._checked(self.current(), fingerprint)

    def _checked(self, edition: Edition, fingerprint: str | None) -> Edition:
        if fingerprint is None or fingerprint == edition.model.fingerprint:
            return edition
        raise CollectionError(
            f"all vectors of the collection {self.name} were made anew with the model {edition.model.name}",
            fix="search again, with vectors of that model",
            code="replaced",
        )

    def rank(
        self,
        parts: Sequence[Part],
        page: Page,
        options: SearchOptions | None = None,
        warnings: Sequence[Warning] = (),
        fingerprint: str | None = None,
    ) -> SearchResult:
        """The items nearest to the sum of `parts`, best first; see `Collection.search`.

        Parameters
        ----------
        fingerprint
            Of the model that the parts' vectors are of; see `edition_of`.
        """
        self.listing.note(page.where)
        return self.following(
            lambda edition: self._checked(edition, fingerprint).rank(parts, page, options, warnings)
        )

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
        self.check_writable()
        self.change_setting(LOG_SETTING, on)
        self.queries.refresh()

    def reindex(
        self, kind: str | None = None, settings: Mapping[str, int | None] | None = None
    ) -> ReindexReport:
        """Build the index anew, of another kind or with other settings; see `Collection.reindex`."""
        from pixie.reindexing import rebuilt

        self.check_writable()
        edition = self.current()
        with self._reindexing:
            live, report = rebuilt(
                edition.store,
                edition.index_folder,
                self.queries,
                self.index_settings,
                kind,
                settings,
                lambda index: self.change_setting("index", index),
            )
            edition.use_index(live, self.index_settings)
            return report

    def tune(
        self, recall: float, k: int, kinds: Iterable[str] | None, queries: int, dry_run: bool
    ) -> Steps[TuneReport]:
        """Measure kinds of index and set what searches look at; see `Collection.tune`."""
        from pixie.tuning import tune_collection

        if not dry_run:
            self.check_writable()
        edition = self.current()
        live, settings = edition.index(), self.index_settings
        report = yield from tune_collection(
            edition.store, live, settings, recall, k, kinds, queries, self.queries.by_modality()
        )
        if dry_run or report.tuned is None:
            return replace(report, tuned=None)
        with self._reindexing:
            if self.index_settings != settings:
                raise CollectionError(
                    f"the index of {self.name} was changed while it was tuned, so nothing was set",
                    fix="tune it again",
                    code="locked",
                )
            tuned = {**report.tuned, "buckets": live.current().stats().get("buckets")}
            self.change_setting("index", {**settings, "tuned": tuned})
            edition.follow_settings(self.index_settings)
        return report

    def bench(
        self, kinds: Iterable[str] | None, k: int, queries: int, out: Path | None
    ) -> Steps[BenchReport]:
        """Measure recall and speed of kinds of index; see `Collection.bench`."""
        from pixie.benchmark import bench_collection

        settings, logged = self.index_settings, self.queries.by_modality()
        return bench_collection(self.store, self.name, settings, kinds, k, queries, logged, out)

    def stats(self, where: Filter | None = None) -> dict[str, Any]:
        """What there is, in numbers, among the items that a filter matches: JSON, see ``docs/json.md``."""
        edition = self.current()
        with edition.store.reading() as connection:
            of = Selection(where, missing="include").condition(connection, whole=True)
            counts = catalog.counts(connection, None if where is None else of)
            roots = catalog.roots(connection)
        return {
            "name": self.name,
            "path": str(self.path),
            **counts,
            "model": self.model.to_json(),
            "index": edition.index_stats(),
            "bytes": edition.sizes(),
            "roots": [{"name": name, "path": path} for name, path in roots.items()],
            "created": self.created,
        }

    def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        def of(edition: Edition) -> T:
            with edition.store.reading() as connection:
                return read(connection)

        return self.following(of)
