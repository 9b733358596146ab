"""Functions that Java calls to notice that folders changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pixie.calls.collections import collections
from pixie.calls.table import Handles, function

if TYPE_CHECKING:
    from pixie.watching import FolderWatch

watches: Handles[FolderWatch] = Handles("watch")


@function
def watch_open(argument: dict[str, Any]) -> dict[str, Any]:
    """Watch folders, or all that were indexed; changes from now on are noticed."""
    from pixie.following import watch_folders

    holdings = collections.get(argument["collection"])
    watch = watch_folders(holdings, argument["paths"], argument["rescan_seconds"])
    return {"watch": watches.add(watch), "paths": list(watch.folders)}


@function
def watch_wait(argument: dict[str, Any]) -> dict[str, Any]:
    """What changed, once it is quiet; nothing when ``seconds`` have passed."""
    changed = watches.get(argument["watch"]).wait(argument["seconds"])
    return {"paths": changed.paths, "only": changed.only}


@function
def watch_close(argument: dict[str, Any]) -> dict[str, Any]:
    """Stop watching; nothing when that was done."""
    watch = watches.pop(argument["watch"])
    if watch is not None:
        watch.close()
    return {}
