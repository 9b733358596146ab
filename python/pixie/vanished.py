"""What becomes of items whose files are gone: a few are removed, many at once are marked as missing."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pixie import catalog
from pixie.folders import is_gone
from pixie.records import FailedFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pixie.plan import Plan
    from pixie.reports import Failure
    from pixie.store import Store

MOST_REMOVED = 1 / 5
"""The share of a root that one run removes at most: more is a drive that is away, or an accident."""


class Unseen(NamedTuple):
    """An item, or with ``path`` None a failure, that a walk of the folder it was in did not come by.

    ``place`` is where its file would be now; ``missing`` says that its file was gone before.
    """

    id: str
    path: str | None
    place: str
    missing: bool

    @property
    def root(self) -> str:
        """The name of the root it belongs to."""
        return self.id.partition("/")[0]

    def has_vanished(self) -> bool:
        """Whether its file is certainly gone, from where it was and from where it would be now."""
        if self.path is None:
            # A link that leads somewhere again may lead to a file that the walk came by elsewhere.
            return is_gone(self.place) or (os.path.islink(self.place) and os.path.exists(self.place))
        # An item that was added by hand may have any path; only those named by their folder are the folder's.
        below = self.id[len(self.root) :]
        return (
            self.path.endswith(below) and is_gone(self.path) and (self.place is None or is_gone(self.place))
        )


@dataclass(frozen=True, slots=True)
class Vanished:
    """How many items were removed because their files are gone, and how many were marked as missing."""

    removed: int = 0
    missing: int = 0


def settle(store: Store, plan: Plan) -> Vanished:
    """Remove or mark the items of a plan whose files are gone, once all of its files were taken in.

    By then those that were only moved have their new ids. Of a root that is not there, or that has lost more
    than `MOST_REMOVED` of its items, all are marked, none removed. Files that are merely left out by a
    pattern, or in a folder that can't be read, have not vanished.
    """
    vanished = [unseen for unseen in plan.unseen if unseen.has_vanished()]
    present = store.present([unseen.id for unseen in vanished if unseen.path is not None])
    by_root: dict[str, list[str]] = defaultdict(list)
    failures: dict[str, list[str]] = defaultdict(list)
    for unseen in vanished:
        if unseen.path is None:
            failures[unseen.root].append(unseen.id)
        elif unseen.id in present and not unseen.missing:
            by_root[unseen.root].append(unseen.id)
    there = {root.name for root in plan.roots if os.path.isdir(root.path)}
    removed: list[str] = []
    missing: list[str] = []
    for root, ids in by_root.items():
        few = root in there and len(ids) <= plan.before[root] * MOST_REMOVED
        (removed if few else missing).extend(ids)
    # A file that failed on a drive that is away has not changed when it is back.
    forgotten = [identifier for root in there for identifier in failures[root]]
    failed = _new_failures(store, plan.problems)
    if removed or missing or forgotten or failed:
        store.settle(removed, missing, forgotten, failed)
    return Vanished(len(removed), len(missing))


def _new_failures(store: Store, problems: Sequence[Failure]) -> list[FailedFile]:
    """Those of a plan's problems that are files, as pipes and links to nothing are, and are not on record."""
    # One that was named alone and belongs to no root would be come by no more.
    files = [problem for problem in problems if "/" in problem.id and _is_file(problem.path)]
    if not files:
        return []
    with store.reading() as connection:
        known = catalog.failures_of(connection, [problem.id for problem in files])
    return [FailedFile(problem) for problem in files if problem != known.get(problem.id)]


def _is_file(path: str | None) -> bool:
    # A folder that can't be read has pictures in it that nobody knows; a file of patterns is none.
    return path is not None and not os.path.isdir(path) and not os.path.basename(path).startswith(".")
