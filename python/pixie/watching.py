"""Noticing that something changed below some folders."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from pixie.errors import InvalidInputError, PixieError
from pixie.event_queue import EventQueue
from pixie.folders import is_hidden
from pixie.ignore import FILE_NAME as IGNORE_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable

    from watchfiles.main import FileChange

QUIET_SECONDS = 0.5
"""How long folders must be quiet before a change is told: a copied folder is one change, not a thousand."""

MOST_SECONDS = 10.0
"""After which changes are told although more of them are coming."""

RESCAN_SECONDS = 3600.0
"""How often all folders count as changed, unless told: network drives tell of no change that others make."""

_POLL_SECONDS = 1.0

_LOSSY_SECONDS = 60.0
"""After which everything counts as changed although so much is going on that changes may still be lost."""


class Changed(NamedTuple):
    """What changed: of the folders that are watched, ``paths``; in these, the folders ``only``.

    Without ``only``, anything below ``paths`` may have changed.
    """

    paths: list[str]
    only: list[str]


class FolderWatch:
    """Watches folders with all that is below them, from the moment it is made.

    What it tells is *where* something changed, never how: whoever asks looks there, as if for the first time.
    So events that come twice or out of order can't leave anything out. Where a file changed is the folder it
    is in; anything may have changed when a folder came or changed its own facts, when a file of patterns did,
    and when the kernel's queue may have overflowed.

    For use by one thread; `close` may be called from any.

    Parameters
    ----------
    folders
        Absolute paths. One that is not there, or goes away, counts as changed when it is back.
    suffixes
        Lower-case ends of pictures' names; other files are nobody's business.
    left_out
        A folder below that changes all the time, such as the collection itself.
    rescan_seconds
        How often all folders count as changed although nothing was noticed.

    Raises
    ------
    PixieError
        The system can watch no more folders.
    """

    def __init__(
        self,
        folders: Iterable[str],
        suffixes: Collection[str],
        left_out: str,
        rescan_seconds: float = RESCAN_SECONDS,
    ) -> None:
        if not rescan_seconds > 0:
            raise InvalidInputError(f"a rescan every {rescan_seconds} seconds was asked for", fix="give more")
        self.folders = tuple(dict.fromkeys(folders))
        self._suffixes = suffixes
        self._left_out = os.path.join(left_out, "")
        self._rescan_seconds = rescan_seconds
        self._stop = threading.Event()
        self._changed: set[str] = set()
        self._only: set[str] = set()
        self._queue = EventQueue()
        self._lossy_since: float | None = None
        self._changes: Generator[set[FileChange], None, None] | None = None
        self._scanned = time.monotonic()
        self._places = {folder: _place(folder) for folder in self.folders}
        self._begin()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._stop.is_set()

    def wait(self, seconds: float) -> Changed:
        """What changed since it was told last, once it is quiet; nothing after `seconds`."""
        end = time.monotonic() + seconds
        while not self._changed and not self._only and not self.closed:
            self._look()
            if time.monotonic() >= end:
                break
        only = [] if self._changed else sorted(self._only)
        found = [folder for folder in self.folders if self._has_changed(folder)]
        self._changed.clear()
        self._only.clear()
        return Changed(found, only)

    def close(self) -> None:
        """Stop watching; a `wait` ends soon. Does nothing the second time."""
        self._stop.set()

    def _has_changed(self, folder: str) -> bool:
        return folder in self._changed or any(_is_below(path, folder) for path in self._only)

    def _begin(self) -> None:
        """Watch the folders that are there, from now on."""
        import watchfiles  # here, because nothing but watching needs it

        if self._changes is not None:
            self._changes.close()
        there = [folder for folder, place in self._places.items() if place is not None]
        if not there:
            self._changes = None
            return
        self._changes = changes = watchfiles.watch(
            *there,
            watch_filter=None,
            debounce=round(MOST_SECONDS * 1000),
            step=round(QUIET_SECONDS * 1000),
            rust_timeout=round(_POLL_SECONDS * 1000),
            yield_on_timeout=True,
            stop_event=self._stop,
            ignore_permission_denied=True,
        )
        try:
            # The generator begins to watch with the first question.
            self._take(next(changes, set()), anything=True)
            self._queue = EventQueue()
        except FileNotFoundError:
            # It went away just now: as if it had not been there.
            self._changes, self._places = None, dict.fromkeys(self.folders)
        except (OSError, RuntimeError) as error:
            raise PixieError(
                f"the folders can't be watched: {error}",
                fix="raise the limit fs.inotify.max_user_watches, or run `pixie index` now and then",
            ) from error

    def _look(self) -> None:
        """Ask for changes, for `_POLL_SECONDS` or a little more."""
        if self._changes is None:
            self._stop.wait(_POLL_SECONDS)
        else:
            try:
                began = time.monotonic()
                changes = next(self._changes, set())
                # Cut off in the middle, a batch may have half of a move.
                is_cut = time.monotonic() - began >= MOST_SECONDS
                self._take(changes, is_cut or not self._queue.is_known)
                self._look_at_queue()
            except (OSError, RuntimeError):
                # A name that is not UTF-8, for one: what changed is unknown, that something did is not.
                self._changed.update(self.folders)
                self._begin()
        self._look_at_places()
        if time.monotonic() - self._scanned >= self._rescan_seconds:
            self._scanned = time.monotonic()
            self._changed.update(self.folders)

    def _take(self, changes: Iterable[FileChange], anything: bool = False) -> None:
        """Note what changed; with `anything`, that there may be more of it in the same folders."""
        for _, path in changes:
            if not self._matters(path):
                continue
            if anything or path in self.folders or _reaches_further(path):
                self._changed |= {folder for folder in self.folders if _is_below(path, folder)}
            else:
                self._only.add(os.path.dirname(path))

    def _look_at_queue(self) -> None:
        """Count everything as changed when changes may have been lost and no more of them are coming."""
        now = time.monotonic()
        if self._queue.is_known and self._queue.may_have_overflowed():
            if self._lossy_since is None:
                self._lossy_since = now
            if now - self._lossy_since < _LOSSY_SECONDS:
                return
        if self._lossy_since is not None:
            self._lossy_since = None
            self._changed.update(self.folders)

    def _look_at_places(self) -> None:
        """Notice folders that went away, came back, or were replaced: a watch is on what there was."""
        places = {folder: _place(folder) for folder in self.folders}
        moved = {folder for folder in self.folders if places[folder] != self._places[folder]}
        if moved and not self.closed:
            self._places = places
            self._changed |= moved
            self._begin()

    def _matters(self, path: str) -> bool:
        """Whether a change of this path may change what a walk finds."""
        if f"{path}/".startswith(self._left_out):
            return False
        # The innermost: a folder that is named has no hidden name, wherever it lies.
        folder = max((folder for folder in self.folders if _is_below(path, folder)), key=len, default="/")
        *above, name = os.path.relpath(path, folder).split("/")
        if name == IGNORE_FILE:
            return not any(map(is_hidden, above))
        if any(map(is_hidden, (*above, name if name != "." else ""))):
            return False
        # A name of no picture that is gone may have been a folder's.
        is_picture = os.path.splitext(name)[1].lower() in self._suffixes
        return is_picture or not os.path.isfile(path)


def _reaches_further(path: str) -> bool:
    """Whether a change of this path may change what is found outside of the folder it is in.

    What is gone does not, even if it was a folder: what was in it is missed where it was.
    """
    return os.path.basename(path) == IGNORE_FILE or os.path.islink(path) or os.path.isdir(path)


def _is_below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(os.path.join(folder, ""))


def _place(folder: str) -> tuple[int, int] | None:
    """What tells a folder from another that takes its place; None when it is not there."""
    with contextlib.suppress(OSError):
        facts = os.stat(folder)
        return (facts.st_dev, facts.st_ino)
    return None
