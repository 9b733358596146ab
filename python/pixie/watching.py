"""Noticing that something changed below some folders."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError, PixieError
from pixie.ignore import FILE_NAME as IGNORE_FILE
from pixie.ignore import SYSTEM_FOLDERS

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


class FolderWatch:
    """Watches folders with all that is below them, from the moment it is made.

    What it tells is *that* a folder changed, never how: whoever asks walks the folder then, as if for the
    first time. So a queue of the kernel that overflows, a folder that is renamed while it is looked at, and
    events that come twice or out of order can't leave anything out.

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
        self._changes: Generator[set[FileChange], None, None] | None = None
        self._scanned = time.monotonic()
        self._places = {folder: _place(folder) for folder in self.folders}
        self._begin()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._stop.is_set()

    def wait(self, seconds: float) -> list[str]:
        """The folders that changed since they were told last, once they are quiet; none after `seconds`."""
        end = time.monotonic() + seconds
        while not self._changed and not self.closed:
            self._look()
            if time.monotonic() >= end:
                break
        found = [folder for folder in self.folders if folder in self._changed]
        self._changed.clear()
        return found

    def close(self) -> None:
        """Stop watching; a `wait` ends soon. Does nothing the second time."""
        self._stop.set()

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
            self._take(next(changes, set()))
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
                self._take(next(self._changes, set()))
            except (OSError, RuntimeError):
                # A name that is not UTF-8, for one: what changed is unknown, that something did is not.
                self._changed.update(self.folders)
                self._begin()
        self._look_at_places()
        if time.monotonic() - self._scanned >= self._rescan_seconds:
            self._scanned = time.monotonic()
            self._changed.update(self.folders)

    def _take(self, changes: Iterable[FileChange]) -> None:
        for _, path in changes:
            if self._matters(path):
                self._changed |= {folder for folder in self.folders if _is_below(path, folder)}

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
        folder = next((folder for folder in self.folders if _is_below(path, folder)), "/")
        *above, name = os.path.relpath(path, folder).split("/")
        if name == IGNORE_FILE:
            return not any(map(_is_hidden, above))
        if any(map(_is_hidden, (*above, name if name != "." else ""))):
            return False
        # A name of no picture that is gone may have been a folder's.
        is_picture = os.path.splitext(name)[1].lower() in self._suffixes
        return is_picture or not os.path.isfile(path)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS


def _is_below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(os.path.join(folder, ""))


def _place(folder: str) -> tuple[int, int] | None:
    """What tells a folder from another that takes its place; None when it is not there."""
    with contextlib.suppress(OSError):
        facts = os.stat(folder)
        return (facts.st_dev, facts.st_ino)
    return None
