"""Keeping a collection in step with its folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError
from pixie.watching import Changed, FolderWatch

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator

    from pixie.collection import Collection
    from pixie.holdings import Holdings
    from pixie.reports import IndexReport, Progress

_WAIT_SECONDS = 60.0


def watch_folders(
    holdings: Holdings, paths: Iterable[str | os.PathLike[str]], rescan_seconds: float
) -> FolderWatch:
    """A watch of some folders, or of all that were indexed into a collection.

    Raises
    ------
    InvalidInputError
        One of them is a file, or none was named and none was indexed.
    """
    from pixie.suffixes import PICTURE_SUFFIXES

    folders = [os.path.abspath(os.path.expanduser(os.fsdecode(path))) for path in paths]
    folders = folders or [root["path"] for root in holdings.stats()["roots"]]
    if not folders:
        raise InvalidInputError(
            f"no folder was indexed into {holdings.name} yet", fix="name the folders to watch"
        )
    for folder in folders:
        if os.path.isfile(folder):
            raise InvalidInputError(f"{folder} is a file", fix="name the folder that it is in", item=folder)
    return FolderWatch(folders, PICTURE_SUFFIXES, str(holdings.path), rescan_seconds)


def follow(
    collection: Collection,
    watch: FolderWatch,
    stop: threading.Event | None,
    progress: Callable[[Progress], None] | None,
    include: Iterable[str],
    exclude: Iterable[str],
) -> Iterator[IndexReport]:
    """The report of a first run of indexing, and of each later one that changed something."""
    from pixie.collection import BATCH_SIZE
    from pixie.intake import Intake
    from pixie.plan import PlanOptions

    include, exclude = tuple(include), tuple(exclude)
    changed, first = Changed(list(watch.folders), []), True
    try:
        while stop is None or not stop.is_set():
            if changed.paths:
                options = PlanOptions(
                    include=include, exclude=exclude, only=tuple(changed.only), may_be_gone=not first
                )
                plan = collection.holdings.plan(changed.paths, options)
                report = Intake(collection, BATCH_SIZE, progress).index(plan)
                if first or report.changed:
                    yield report
                first = False
            changed = watch.wait(_WAIT_SECONDS if stop is None else 1.0)
    finally:
        watch.close()
