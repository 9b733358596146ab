"""Collection: what users hold, items and a model together."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie.contents import Contents
from pixie.errors import CollectionError
from pixie.items import Item, SearchResult
from pixie.query import Part, Term
from pixie.reports import AddReport, ImportReport, IndexReport, Warning  # noqa: A004
from pixie.steps import done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt

    from pixie.benchmark import BenchReport
    from pixie.care.backing_up import BackupReport
    from pixie.care.findings import VerifyReport
    from pixie.embedder import Embedder
    from pixie.filters import Filter
    from pixie.holdings import Holdings
    from pixie.items import Modality
    from pixie.logged_query import LogPage
    from pixie.manifest import Model
    from pixie.pruning import PruneReport
    from pixie.reindexing import ReindexReport
    from pixie.reports import Progress
    from pixie.steps import Step
    from pixie.tables.options import TableOptions
    from pixie.tuning import TuneReport

BATCH_SIZE = 64
"""Items of one commit: a commit costs two syncs of the disk, and a batch is what a crash loses at most."""


class Collection(Contents):
    """An open collection of pictures and texts that is searched by meaning.

    Made by `pixie.open`. A collection has one writer at a time, in whatever process, and any number of
    readers, which see whole commits. What `add`, `add_all`, `index` and `remove` have reported survives a
    power cut.

    All methods may be called from any thread at once; they raise `ClosedError` after `close`.

    Parameters
    ----------
    holdings
        What it holds; closed with it.
    device, dtype
        Where and in what precision its model runs, once something needs it; see `Embedder.load`.
    """

    def __init__(self, holdings: Holdings, *, device: str = "auto", dtype: str = "auto") -> None:
        self.holdings = holdings
        self._device = device
        self._dtype = dtype
        self._embedder: Embedder | None = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.holdings.name

    @property
    def path(self) -> Path:
        """The collection's folder, absolute."""
        return self.holdings.path

    @property
    def model(self) -> Model:
        """The model its vectors come from."""
        return self.holdings.model

    @property
    def frames(self) -> int:
        """How many frames of an animation make its vector; see `pixie.open`."""
        return self.holdings.frames

    @property
    def embedder(self) -> Embedder:
        """The model, found and checked when it is asked for first, and when the collection has another.

        Raises
        ------
        ModelError
            It can't be found.
        CollectionError
            ``wrong_model`` when what is found under the model's name now is another model.
        """
        with self._loading:
            model = self.holdings.current().model
            if self._embedder is None or self._embedder.fingerprint != model.fingerprint:
                from pixie.embedder import Embedder

                self._use(Embedder.load(model.name, device=self._device, dtype=self._dtype))
                assert self._embedder is not None
            return self._embedder

    def use(self, embedder: Embedder) -> None:
        """Use this embedder, which must be of the collection's model; ``wrong_model`` is raised otherwise."""
        with self._loading:
            self._use(embedder)

    def _use(self, embedder: Embedder) -> None:
        self.holdings.check_model(embedder.name, embedder.fingerprint)
        self._embedder = embedder

    def add(self, *items: Item, **fields: Any) -> AddReport:
        """Add items, or replace those with the same ids: all of them, or none when one can't be taken in.

        ``add(id="beach", path="beach.jpg")`` is short for ``add(Item(id="beach", path="beach.jpg"))``. An
        item that takes the place of another replaces all of it: its picture, its text and its metadata.

        Raises
        ------
        InvalidInputError
            An item has neither picture nor text, or its picture can't be read (`ImageError`).
        """
        from pixie.intake import Intake

        given = [*items, Item(**fields)] if fields else list(items)
        return Intake(self, batch_size=max(1, len(given)), skip_bad=False).add(given)

    def add_all(
        self,
        items: Iterable[Item],
        progress: Callable[[Progress], None] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> AddReport:
        """Add any number of items in bounded memory, or replace those with the same ids.

        Parameters
        ----------
        items
            Taken a batch at a time.
        progress
            Called after each commit.
        batch_size
            Items of one commit, 1 or more; the pictures of up to three batches are held in memory.

        Returns
        -------
        AddReport
            With the items that could not be taken in: they are skipped, and the others are not touched by
            them.
        """
        from pixie.intake import Intake

        return Intake(self, batch_size=batch_size, progress=progress).add(items)

    def index(
        self,
        *paths: str | os.PathLike[str],
        progress: Callable[[Progress], None] | None = None,
        retry_failed: bool = False,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        batch_size: int = BATCH_SIZE,
    ) -> IndexReport:
        """Take in every picture in some folders and the folders below them, or single files.

        Files that have not changed since the last time are left alone, and so are those that failed then,
        unless `retry_failed`. A file that was moved or copied is not embedded again. The id of a file is its
        folder's name and the path below it, ``Pictures/2020/beach.jpg``. Commits a batch at a time; a run
        that was interrupted goes on from there the next time.

        Items whose files are gone are removed. Where the folder itself is gone, or more than a fifth of its
        items, they are kept and marked as missing, until the files are there again or `prune` is called.

        Parameters
        ----------
        include, exclude
            Globs as in a ``.gitignore``, relative to each folder: of files to take alone, and of files and
            folders to leave out, this time. Items of files that are left out stay as they are.

        Raises
        ------
        InvalidInputError
            There is nothing at one of the paths, and was not before; or a glob is none.
        """
        from pixie.intake import Intake
        from pixie.plan import PlanOptions

        options = PlanOptions(retry_failed, tuple(include), tuple(exclude))
        plan = self.holdings.plan(paths, options)
        return Intake(self, batch_size=batch_size, progress=progress).index(plan)

    def watch(
        self,
        *paths: str | os.PathLike[str],
        rescan_seconds: float = 3600.0,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        stop: threading.Event | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Iterator[IndexReport]:
        """Keep the collection in step with folders, until the iterator is closed or `stop` is set.

        Gives the report of a first run of `index`, and then of each run that changed something: half a second
        after the folders have become quiet, or ten seconds after a change while they do not. Between two
        reports the caller's thread waits in ``next``.

        Parameters
        ----------
        paths
            Folders; none for all that were indexed. One that is away is taken up when it is back.
        rescan_seconds
            How often everything is looked at although no change was noticed, as those that others make on a
            network drive are not.

        Raises
        ------
        InvalidInputError
            One of the paths is a file, or there is nothing to watch.
        PixieError
            The system can watch no more folders.

        Examples
        --------
        >>> for report in photos.watch("~/Pictures"):  # doctest: +SKIP
        ...     print(report.added, "new,", report.removed, "gone")
        """
        from pixie.following import follow, watch_folders

        watch = watch_folders(self.holdings, paths, rescan_seconds)
        return follow(self, watch, stop, progress, include, exclude)

    def prune(self, older_than: float | None = None, *, dry_run: bool = False) -> PruneReport:
        """Remove the items that are missing; with `older_than`, those that were found so as many seconds ago.

        Items whose files are there again are left alone, and indexing takes them back. With `dry_run` nothing
        is removed, and the report says what would be.
        """
        return self.holdings.prune(older_than, dry_run)

    def import_table(
        self,
        table: str | os.PathLike[str],
        options: TableOptions | None = None,
        progress: Callable[[Progress], None] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> ImportReport:
        """Take in the rows of a table: CSV, TSV, JSON, NDJSON, Parquet, or a query on a SQLite database.

        A row whose item is as it says already is left alone, so an import that was interrupted goes on
        from there the next time. Of several rows with one id the last counts. A row that can't be taken
        in is named in the report, is among the `failures` until it is taken, and does not touch the
        others; it is left alone while it and its picture's file stay what they are.

        Parameters
        ----------
        table
            The file; ``-`` is standard input.
        options
            How it is to be read, as far as that can't be seen.

        Raises
        ------
        InvalidInputError
            The table can't be read, or lacks a column that was named; nothing was changed.
        """
        from pixie.intake import Intake
        from pixie.tables.plan import ImportPlan

        plan = ImportPlan.of(self.holdings, os.fspath(table), options)
        with closing(plan):
            return Intake(self, batch_size=batch_size, progress=progress).take_rows(plan)

    def search(
        self,
        query: str | Term | Sequence[str | Term],
        k: int = 10,
        *,
        offset: int = 0,
        min_score: float | None = None,
        exact: bool = False,
        target: Modality | None = None,
        kind: str | None = None,
        probes: int | None = None,
        candidates: int | None = None,
        explain: bool = False,
        check: bool = False,
        where: str | Filter | None = None,
        sort: str | None = None,
    ) -> SearchResult:
        """The items nearest to a query, best first, each once.

        Parameters
        ----------
        query
            A text, a term or several of them, which add up by their weights. A text is taken as it is;
            `Term.parse` reads what the command line takes.
        k
            How many hits at most, 1 or more. More than there are is not an error.
        offset
            How many of the best hits to leave out first.
        min_score
            The lowest score wanted, in [-1, 1].
        exact
            Compare with every vector instead of asking the index. Scores are the same either way.
        target
            Compare with the vectors of pictures (``"image"``) or of texts (``"text"``) alone.
        kind
            Ask an index of this kind instead of the collection's own. It is built when it is asked for first,
            in memory, and kept until the collection is closed; a warning ``index_built`` says so.
        probes, candidates
            Settings of the index for this search alone: more raise recall and the time. Not all kinds have
            them.
        explain
            Have the result's ``explanation`` say what was looked at.
        check
            Search exactly as well, and have the result's ``check`` say which hits are right and which were
            missed.
        where
            A filter: only items that it matches are looked at, so there are k hits if there are k such items.
        sort
            An order for the hits that were found: ``date``, ``path`` or another name, with ``:desc`` for the
            largest first.

        Raises
        ------
        InvalidInputError
            The query is empty or cancels out, names an unknown item or no picture, a number is out of range,
            or the kind of index is unknown or has no such setting.
        """
        from pixie.filters import Filter
        from pixie.ordering import Order
        from pixie.search import Page, SearchOptions

        options = SearchOptions(kind, probes, candidates, exact, explain, check)
        page = Page(
            k,
            offset,
            min_score,
            target,
            None if where is None else Filter.of(where),
            None if sort is None else Order.parse(sort),
        )
        terms = Term.several(query)
        while True:
            fingerprint = self.holdings.current().model.fingerprint
            try:
                parts, warnings = self.parts(terms)
                return self.holdings.rank(parts, page, options, warnings, fingerprint)
            except CollectionError:
                # Another process may have made all vectors anew meanwhile, with another model. What vectors
                # the caller gave are then of the model before.
                given = any(term.kind == "vector" for term in terms)
                if given or self.holdings.current().model.fingerprint == fingerprint:
                    raise

    def log(self, limit: int | None = None, offset: int = 0) -> LogPage:
        """Past queries of this collection by whatever process, newest first; the newest 10,000 are kept."""
        return self.holdings.log(offset, limit)

    def clear_log(self) -> int:
        """Forget all past queries; gives how many there were."""
        return self.holdings.queries.clear()

    def set_log(self, on: bool) -> None:
        """Have queries logged from now on, or not; what the log holds stays until it is cleared.

        Raises
        ------
        CollectionError
            ``read_only`` when the collection was opened for reading only.
        """
        self.holdings.set_log(on)

    def reindex(
        self, kind: str | None = None, settings: Mapping[str, int | None] | None = None
    ) -> ReindexReport:
        """Build the index anew, of another kind or with other settings, from the vectors that are there.

        Searches go on with the old index until the new one takes its place; other processes that have the
        collection open take it up with their next search.

        Parameters
        ----------
        kind
            A kind of `pixie.index.KINDS`; None for the present one. Another kind starts from its defaults.
        settings
            Settings of the kind to change; None as a value gives one back its default.

        Raises
        ------
        InvalidInputError
            There is no such kind or setting, or a value is out of its range.
        CollectionError
            ``read_only`` or ``disk_full``; the collection is then as it was.
        """
        return self.holdings.reindex(kind, settings)

    def tune(
        self,
        recall: float = 0.95,
        k: int = 10,
        *,
        kinds: Iterable[str] | None = None,
        queries: int = 200,
        dry_run: bool = False,
        progress: Callable[[Step], None] | None = None,
    ) -> TuneReport:
        """Find the fastest settings of a search that reach a recall, and set those of the collection's kind.

        Measured with vectors of the collection as queries, each for others than itself, and with queries that
        were asked before. Half of them choose the settings, the other half measures what they give.

        Parameters
        ----------
        recall, k
            The share of the true k nearest vectors wanted, above 0 and up to 1.
        kinds
            Kinds to measure; None for all. Only the collection's own kind is set.
        queries
            How many queries of each sort, 1 to 10,000.
        dry_run
            Set nothing; that works on a collection opened read-only, too.
        progress
            Called before each step.
        """
        return done(self.holdings.tune(recall, k, kinds, queries, dry_run), progress)

    def bench(
        self,
        *,
        kinds: Iterable[str] | None = None,
        k: int = 10,
        queries: int = 200,
        out: str | os.PathLike[str] | None = None,
        progress: Callable[[Step], None] | None = None,
    ) -> BenchReport:
        """Measure recall against speed of kinds of index on the collection's own vectors and queries.

        `kinds`, `k`, `queries` and `progress` are those of `tune`. Each kind is built in memory, beside the
        others. `out` is a folder for ``bench.png``, ``bench.svg`` and ``bench.json``; None for no files.
        """
        folder = None if out is None else Path(out)
        return done(self.holdings.bench(kinds, k, queries, folder), progress)

    def verify(self, *, full: bool = False, progress: Callable[[Step], None] | None = None) -> VerifyReport:
        """Check everything that must hold of the collection, and change nothing; see `pixie.verify`."""
        from pixie.care import verify

        return verify(self.path, full=full, progress=progress)

    def backup(
        self, file: str | os.PathLike[str], *, progress: Callable[[Step], None] | None = None
    ) -> BackupReport:
        """Copy the collection, as it is now, into one file while it may be written; see `pixie.backup`."""
        from pixie.care import backup

        return backup(self.path, file, progress=progress)

    def close(self) -> None:
        """Close the collection. Does nothing the second time.

        Calls that are running end first or raise `ClosedError`.
        """
        self.holdings.close()

    def __bool__(self) -> bool:
        # An empty collection is a collection.
        return True

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Collection {self.name!r} in {str(self.path)!r}>"

    def parts(self, terms: Sequence[Term]) -> tuple[list[Part], list[Warning]]:
        """The terms with their vectors, in their order, and what was remarked on the way; for searches."""
        import numpy as np

        texts = [term.value for term in terms if term.kind == "text"]
        rows: list[npt.NDArray[np.float32]] = []
        warnings: list[Warning] = []
        if texts:
            found, remarks = self.embedder.embed_texts_with_warnings(texts)
            rows = list(found)
            warnings = [Warning(remark["code"], remark["message"]) for remark in remarks]
        parts = []
        for term in terms:
            if term.kind == "text":
                parts.append(Part(term.weight, rows.pop(0), "text", written=str(term)))
            elif term.kind == "image":
                vector = self.embedder.embed_images([term.value], self.frames)[0]
                parts.append(Part(term.weight, vector, "image", written=str(term)))
            elif term.kind == "item":
                parts.append(self.holdings.part_of(term.value, term.weight))
            else:
                parts.append(Part(term.weight, np.asarray(term.value, np.float32), written=str(term)))
        return parts, warnings
