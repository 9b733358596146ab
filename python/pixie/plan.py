"""What indexing some folders has to do: which of their files are new, changed, left alone, or gone."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.equal_files import EqualFiles
from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixie.reports import Failure
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
    may_be_gone
        Whether it is no error that there is nothing at a path and never was, as while a folder is watched.
    """

    retry_failed: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    may_be_gone: bool = False


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
        self._equal: EqualFiles | None = None
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

    def twin(self, identifier: str, sha256: str) -> Twin | None:
        """What the collection has of the content of a file of this plan, so that it needs no embedding.

        Raises
        ------
        LaterError
            An equal file of the plan is on its way, so this one waits until `again` is called.
        """
        found = self._twins.get(sha256)
        return found or (None if self._equal is None else self._equal.twin(identifier, sha256))

    def give_up(self, identifier: str, sha256: str) -> None:
        """Tell that a file of the plan can't be read, so that no equal one waits for it."""
        if self._equal is not None:
            self._equal.give_up(identifier, sha256)

    def again(self) -> int:
        """Hand out again the files that wait for others, which are all done; gives how many."""
        waited = [] if self._equal is None else self._equal.next_round()
        with self._taking:
            self._waiting.extend(waited)
        return len(waited)

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

    def embed_equal_once(self, store: Store) -> None:
        """Have equal files of the plan share a vector; once it is made, for the store that they go to."""
        self._equal = EqualFiles(store, self._waiting)

    def _add(self, task: Task) -> None:
        self._waiting.append(task)
        self.todo += 1
