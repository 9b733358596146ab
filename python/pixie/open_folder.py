"""An open collection's folder: its manifest, its lock and its edition, followed as others change them."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pixie import manifest
from pixie.edition import Edition
from pixie.editions import data_folder, publish, sweep
from pixie.errors import ClosedError, CollectionError, PixieError
from pixie.lock import WriterLock
from pixie.manifest import Manifest
from pixie.query_log import QueryLog
from pixie.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typing_extensions import Self

    from pixie.listing import Listing
    from pixie.manifest import Model

    _Stamp = tuple[int, int] | None


T = TypeVar("T")


class OpenFolder:
    """A collection's folder, open for its one writer or for reading.

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

    Raises
    ------
    CollectionError
        ``missing``, ``locked``, ``damaged``, ``newer_format`` or ``read_only``.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.path = folder = folder.absolute()
        self.read_only = read_only
        self._guard = threading.Lock()
        self._closed = False
        self._written = False
        if not manifest.exists(folder):
            raise manifest.missing(folder)
        self._lock = None if read_only else WriterLock(folder)
        try:
            self._stamp, self._manifest = _read(folder)
            self._upgrade()
            self.queries = QueryLog(folder, self.model)
            self._stamp, self._manifest, self._edition = self._opened(self._stamp, self._manifest)
            if not read_only:
                sweep(folder, self._manifest)
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
    def created(self) -> str:
        """When it was made, ISO 8601 in UTC."""
        return self._manifest.created

    @property
    def index_settings(self) -> dict[str, Any]:
        """The kind of its index and those of its settings that are not the default."""
        return self._manifest.index_settings

    @property
    def store(self) -> Store:
        """Its durable half, for what neither searches nor embeds; what takes several reads keeps it."""
        return self.current().store

    @property
    def listing(self) -> Listing:
        """Lists its items."""
        return self.current().listing

    def close(self) -> None:
        """Close the files; nothing the second time. A writer that changed much saves the index."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        edition = self._edition
        try:
            if self._written:
                # The index can be built from what is committed: no reason to fail for whoever closes.
                with contextlib.suppress(PixieError):
                    edition.index().save_if_stale()
            if not self.read_only:
                with contextlib.suppress(PixieError):
                    edition.store.make_indexes(self.queries.names())
        finally:
            edition.close_index()
            self.queries.close()
            edition.store.close()
            self._unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def current(self) -> Edition:
        """What ``collection.json`` names; of a reader, as of now."""
        with self._guard:
            if self._closed:
                raise ClosedError(f"the collection {self.name} was closed", fix="open it again")
            if self.read_only and manifest.stamp(self.path) not in (self._stamp, None):
                self._follow()
            return self._edition

    def following(self, read: Callable[[Edition], T]) -> T:
        """What `read` gives of the present edition; again where another has taken its place meanwhile."""
        while True:
            edition = self.current()
            try:
                return read(edition)
            except CollectionError:
                # Its files may have gone under what was being read.
                if self.current() is edition:
                    raise

    def publish(self, built: Path, model: Model | None = None) -> None:
        """Make what was built its edition, with vectors of another model perhaps, and go on with that.

        For the writer. What was asked of it before ends with the edition before; see `editions.publish`.
        """
        with self._guard:
            found = Manifest.read(self.path)
            new = publish(self.path, built, found if model is None else found.of_model(model))
            before = self._edition
            self._stamp, self._manifest, self._edition = self._opened(manifest.stamp(self.path), new)
        before.close_index()
        before.store.close()
        sweep(self.path, new)

    def change_setting(self, name: str, value: Any) -> None:
        """Set one of the settings in ``collection.json``."""
        with self._guard:
            if self._closed:
                raise ClosedError(f"the collection {self.name} was closed", fix="open it again")
            found = Manifest.read(self.path)
            changed = replace(found, settings={**found.settings, name: value})
            changed.write(self.path)
            self._manifest = changed

    def check_writable(self) -> None:
        """Raise ``read_only`` unless this is the writer."""
        if self.read_only:
            raise CollectionError(
                f"the collection {self.path} was opened read-only",
                fix="open it for writing",
                code="read_only",
            )

    def _follow(self) -> None:
        """Take up what the writer, another process, has changed in ``collection.json``."""
        stamp, found = _read(self.path)
        before = self._manifest
        # A collection that was deleted and made again, restored or repaired has the same edition.
        in_place = self._edition.is_in_place()
        if found.model.fingerprint != before.model.fingerprint or not in_place:
            self.queries.close()
            self.queries = QueryLog(self.path, found.model)
        if found.edition == before.edition and in_place:
            self._edition.follow_settings(found.index_settings)
            self._stamp, self._manifest = stamp, found
        else:
            # Calls that are under way go on with the other, which ends with the last of them.
            self._stamp, self._manifest, self._edition = self._opened(stamp, found)

    def _opened(self, stamp: _Stamp, found: Manifest) -> tuple[_Stamp, Manifest, Edition]:
        """The edition that a manifest names, or that of a newer one where this has gone meanwhile."""
        while True:
            try:
                return stamp, found, Edition(self.path, found, self.read_only, self.queries)
            except CollectionError:
                known = found.edition
                stamp, found = _read(self.path)
                if found.edition == known:
                    raise

    def _upgrade(self) -> None:
        """Bring a collection of an older format to this one's."""
        if self._manifest.format == manifest.FORMAT:
            return
        version = self._manifest.format
        if self.read_only and version < manifest.FORMAT:
            raise CollectionError(
                f"the collection {self.path} has the older format {version}, and was opened read-only",
                fix="open it for writing once, for instance with `pixie index`, which brings it up to date",
                code="older_format",
            )
        Store.upgrade(data_folder(self.path, self._manifest.edition), version)
        self._manifest = replace(self._manifest, format=manifest.FORMAT)
        self._manifest.write(self.path)
        self._stamp = manifest.stamp(self.path)

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _read(folder: Path) -> tuple[_Stamp, Manifest]:
    """A manifest and its stamp, which is no newer."""
    stamp = manifest.stamp(folder)
    return stamp, Manifest.read(folder)
