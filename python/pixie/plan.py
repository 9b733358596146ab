"""What indexing some folders has to do: which of their files are new, changed, left alone, or gone."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable

    from pixie.items import Failure
    from pixie.roots import Root
    from pixie.same_content import Twin
    from pixie.store import Store
    from pixie.vanished import Unseen


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be taken in.

    ``known_hash`` is the SHA-256 of the item that has its id, None for a new file: a file of that content was
    only touched.
    """

    id: str
    path: str
    size: int
    mtime_ns: int
    known_hash: str | None

    def to_json(self) -> dict[str, Any]:
        """The task's JSON object."""
        return {
            "id": self.id,
            "path": self.path,
            "size": self.size,
            "mtime_ns": self.mtime_ns,
            "known_hash": self.known_hash,
        }


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a plan is to look at.

    Attributes
    ----------
    retry_failed
        Whether files that failed before are to do again although they have not changed.
    include, exclude
        Globs in the syntax of a ``.pixieignore``, relative to each folder given.
    only
        Absolute paths of folders. When each folder given has some of them in it, or is one, these alone are
        looked at, each without the folders in it, unless what is in them can only be told from the whole.
    """

    retry_failed: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


class Plan:
    """The files of some folders, compared with what a collection has.

    A file is unchanged when its size and time are those it was indexed with, and has failed before when they
    are those it failed with. The rest is to do, and is handed out once by `take`, from any thread.

    Attributes
    ----------
    found, todo, unchanged, failed_before
        How many files: found is the sum of the other three.
    roots
        The roots the folders belong to.
    problems
        Folders and files that could not be looked at.
    unseen
        Items and failures whose files the walk did not come by.
    began
        When its making began, by the monotonic clock in seconds.
    before
        For each root that has unseen ones, how many items it had whose files were there.
    """

    def __init__(self, roots: Iterable[Root], problems: Iterable[Failure]) -> None:
        self.began = time.monotonic()
        self.roots = tuple(roots)
        self.problems = tuple(problems)
        self.unchanged = 0
        self.failed_before = 0
        self.todo = 0
        self.unseen: list[Unseen] = []
        self.before: dict[str, int] = {}
        self._twins: dict[str, Twin] = {}
        self._waiting: deque[Task] = deque()
        self._taking = threading.Lock()

    @property
    def found(self) -> int:
        """How many files there are."""
        return self.todo + self.unchanged + self.failed_before

    def take(self, most: int) -> list[Task]:
        """The next files to be taken in, at most `most`, 1 or more; none when all are handed out."""
        if most < 1:
            raise InvalidInputError(f"{most} files were asked for", fix="ask for 1 or more")
        with self._taking:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def twin(self, sha256: str) -> Twin | None:
        """What the collection has of this content since before the plan, so that it needs no embedding."""
        return self._twins.get(sha256)

    def to_json(self) -> dict[str, Any]:
        """The plan's JSON object, without its files."""
        return {
            "found": self.found,
            "todo": self.todo,
            "unchanged": self.unchanged,
            "failed_before": self.failed_before,
            "roots": [root.to_json() for root in self.roots],
            "problems": [problem.to_json() for problem in self.problems],
        }

    def _add(self, task: Task) -> None:
        self._waiting.append(task)
        self.todo += 1


def make_plan(
    store: Store,
    paths: Iterable[str | os.PathLike[str]],
    suffixes: Collection[str],
    options: PlanOptions | None = None,
) -> Plan:
    """Compare folders and files with what `store` has, and record folders that are new to it.

    Parameters
    ----------
    store
        The collection's store.
    paths
        Folders, walked with the folders below them, and single files. The id of a file given alone is made of
        the name of the folder it is in. A path with nothing there is one of what was indexed before.
    suffixes
        What the names of pictures end with, in lower case.

    Raises
    ------
    InvalidInputError
        There is nothing at one of the paths, and was not when the collection was indexed; a glob is none.
    CollectionError
        A new folder can't be recorded, for instance because the store is read-only.
    """
    from pixie.comparison import Comparison  # here, because it makes plans

    options = options or PlanOptions()
    with store.reading() as connection:
        plan, placing = Comparison(connection, options).run(paths, suffixes)
    if placing and (plan.found or placing.paths):
        store.set_places(placing.roots, placing.paths, placing.back)
    return plan
