"""What indexing some folders has to do: which of their files are new, changed, or left alone."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie import catalog
from pixie.errors import InvalidInputError
from pixie.folders import Walk, existing
from pixie.items import Failure
from pixie.roots import Root, Roots

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable

    from pixie.folders import FoundFile
    from pixie.store import Store


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
    """

    def __init__(self, roots: Iterable[Root], problems: Iterable[Failure]) -> None:
        self.roots = tuple(roots)
        self.problems = tuple(problems)
        self.unchanged = 0
        self.failed_before = 0
        self.todo = 0
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

    def to_json(self) -> dict[str, Any]:
        """The plan's JSON object, without its files."""
        return {
            "found": self.found,
            "todo": self.todo,
            "unchanged": self.unchanged,
            "failed_before": self.failed_before,
            "roots": [{"name": root.name, "path": root.path} for root in self.roots],
            "problems": [problem.to_json() for problem in self.problems],
        }

    def _add(self, task: Task) -> None:
        self._waiting.append(task)
        self.todo += 1


def make_plan(
    store: Store,
    paths: Iterable[str | os.PathLike[str]],
    suffixes: Collection[str],
    retry_failed: bool = False,
) -> Plan:
    """Compare folders and files with what `store` has, and record folders that are new to it.

    Parameters
    ----------
    store
        The collection's store.
    paths
        Folders, walked with the folders below them, and single files. The id of a file given alone is made of
        the name of the folder it is in.
    suffixes
        What the names of pictures end with, in lower case.
    retry_failed
        Whether files that failed before are to do again although they have not changed.

    Raises
    ------
    InvalidInputError
        There is nothing at one of the paths.
    CollectionError
        A new folder can't be recorded, for instance because the store is read-only.
    """
    folders, files = existing(paths)
    with store.reading() as connection:
        roots = Roots(catalog.roots(connection))
    tops: dict[str, Root] = {}
    # Outer folders first: a folder given together with one inside it is one root, not two.
    for folder in sorted(folders, key=len):
        root = roots.of(folder)
        tops.setdefault(root.name, root)
    walk = Walk(suffixes)
    walk.folders(folders)
    for file in files:
        root = roots.of(_parent(file))
        tops.setdefault(root.name, root)
        walk.file(file)
    problems = [
        Failure(roots.place(problem.path)[1], problem.path, problem.code, problem.message)
        for problem in walk.problems
    ]
    plan = Plan(tops.values(), problems)
    moved = _compare(store, plan, roots, walk.files, retry_failed)
    new_roots = {root.name: root.path for root in tops.values() if root.is_new}
    if plan.found and (new_roots or moved):
        store.set_places(new_roots, moved)
    return plan


def _compare(
    store: Store, plan: Plan, roots: Roots, files: list[FoundFile], retry_failed: bool
) -> dict[str, str]:
    """Sort `files` into `plan`; gives the new paths of items whose unchanged file is at another place now."""
    placed = [(*roots.place(file.path), file) for file in files]
    known, failed = {}, {}
    with store.reading() as connection:
        for root in {root for root, _, _ in placed}:
            known.update({row[0]: row[1:] for row in catalog.known_files(connection, root)})
            failed.update({row[0]: row[1:] for row in catalog.failed_files(connection, root)})
    moved: dict[str, str] = {}
    for _, identifier, file in placed:
        stamp = (file.size, file.mtime_ns)
        path, size, mtime_ns, content_hash = known.get(identifier, (None, None, None, None))
        failure = failed.get(identifier)
        if failure is not None and failure == stamp and not retry_failed:
            plan.failed_before += 1
        elif failure is None and (size, mtime_ns) == stamp:
            plan.unchanged += 1
            if path != file.path:
                moved[identifier] = file.path
        else:
            plan._add(Task(identifier, file.path, file.size, file.mtime_ns, content_hash))
    return moved


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"
