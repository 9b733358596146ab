"""Comparing folders with a collection, file by file: the making of a plan."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pixie import catalog
from pixie.folders import Walk, nothing_there, sort_paths
from pixie.ignore import IgnoreRules
from pixie.known import KnownFiles
from pixie.parts import look_alone
from pixie.plan import Plan, PlanOptions, Task
from pixie.reports import Failure
from pixie.roots import Root, Roots
from pixie.same_content import twins_of
from pixie.vanished import Unseen

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator

    from pixie.folders import Folder, Problem
    from pixie.known import Row
    from pixie.store import Store


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
    options = options or PlanOptions()
    with store.reading() as connection:
        plan, placing = Comparison(connection, options).run(paths, suffixes)
    plan.embed_equal_once(store)
    if placing and (plan.found or placing.paths):
        store.set_places(placing.roots, placing.paths, placing.back)
    return plan


@dataclass(slots=True)
class Placing:
    """What a plan writes: new roots, new paths of unchanged files, and files that are there again."""

    roots: dict[str, str]
    paths: dict[str, str]
    back: list[str]

    def __bool__(self) -> bool:
        return bool(self.roots or self.paths or self.back)


class Comparison:
    """The making of a plan, at one moment of the collection."""

    def __init__(self, connection: sqlite3.Connection, options: PlanOptions) -> None:
        self._connection = connection
        self._options = options
        self._roots = Roots(catalog.roots(connection))
        self._known = KnownFiles(connection)
        self._tops: dict[str, Root] = {}
        self._placing = Placing({}, {}, [])
        self._plan = Plan((), ())

    def run(self, paths: Iterable[str | os.PathLike[str]], suffixes: Collection[str]) -> tuple[Plan, Placing]:
        """The plan, and what is to be written because of it."""
        folders, files, gone = sort_paths(paths)
        walk = Walk(suffixes)
        # Outer folders first: a folder given together with one inside it is one root, not two.
        folders.sort(key=len)
        tops = [(folder, self._rules(walk, folder, self._belongs(folder).path)) for folder in folders]
        for path in gone:
            self._load_gone(path)
        if not self._compare_alone(walk, tops):
            for folder, _ in tops:
                self._known.expect(self._roots.prefix(folder), folder)
                for root in self._roots.below(folder):
                    self._tops.setdefault(root.name, root)
                    self._known.expect(f"{root.name}/", root.path)
            for found in walk.folders(tops):
                self._compare_folder(found)
        self._known.finish()
        for file in files:
            for found in walk.file(file):
                self._belongs(found.path)
                self._known.load_file(self._roots.place(file)[1], file)
                self._compare(found, self._roots.prefix(found.path), None)
        return self._finished(walk), self._placing

    def _compare_alone(self, walk: Walk, tops: list[tuple[str, IgnoreRules]]) -> bool:
        """Whether in each of `tops` some folders were to be looked at alone, and were; else nothing was."""
        folders: dict[str, Folder] = {}
        problems: list[Problem] = []
        for top, rules in tops:
            inside = [path for path in self._options.only if f"{path}/".startswith(os.path.join(top, ""))]
            looked = look_alone(walk.suffixes, top, rules, inside) if inside else None
            if looked is None:
                return False
            # Of two tops, one may be in the other.
            folders.update((folder.path, folder) for folder in looked[0])
            problems += looked[1]
        for folder in folders.values():
            self._compare_folder(folder, alone=True)
        walk.problems += problems
        return True

    def _compare_folder(self, folder: Folder, alone: bool = False) -> None:
        prefix = self._roots.prefix(folder.path)
        self._compare(folder, prefix, self._known.of_folder(prefix, folder.path, folder.below, alone))

    def _belongs(self, folder: str) -> Root:
        root = self._roots.of(folder)
        if root.is_new:
            self._placing.roots[root.name] = root.path
        self._tops.setdefault(root.name, root)
        return root

    def _load_gone(self, path: str) -> None:
        """Load what was at a path where nothing is: a root, a folder in one, or a file."""
        found = self._roots.of_gone(path)
        if found is None:
            if self._options.may_be_gone:
                return
            raise nothing_there(path)
        root, identifier = found
        self._tops.setdefault(root.name, root)
        self._known.expect(f"{identifier}/", path)
        self._known.load_file(identifier, path)

    def _rules(self, walk: Walk, folder: str, root: str) -> IgnoreRules:
        options = self._options
        rules = IgnoreRules.of_globs(folder, options.include, options.exclude)
        return walk.rules_of(root, folder, rules)

    def _compare(self, folder: Folder, prefix: str, rows: list[Row] | None) -> None:
        """Sort the files of a folder, whose ids begin with `prefix`, into the plan."""
        plan, failures, items = self._plan, self._known.failed, self._known.items
        files = sorted(folder.files)
        if rows is not None:
            if files == rows and prefix not in self._known.failing:
                plan.unchanged += len(files)
                return
            items.update((prefix + row[0], row) for row in rows)
        for name, size, mtime_ns in files:
            identifier = prefix + name
            known = items.pop(identifier, None)
            if known == (name, size, mtime_ns) and identifier not in failures:
                plan.unchanged += 1
                continue
            failed = failures.pop(identifier, None)
            task = Task(identifier, os.path.join(folder.path, name), size, mtime_ns, None)
            if failed is None and known is not None and self._is_same(task, known):
                plan.unchanged += 1
            elif failed == (size, mtime_ns) and not self._options.retry_failed:
                plan.failed_before += 1
            else:
                plan._add(
                    task if known is None else replace(task, known_hash=self._known.hash_of(identifier))
                )

    def _is_same(self, task: Task, known: Row) -> bool:
        """Whether a file has not changed; notes a new path, and that a missing one is there again."""
        noted = self._known.elsewhere(task.id, known)
        if known[1] != task.size or (known[2] if noted is None else noted.mtime_ns) != task.mtime_ns:
            return False
        if noted is not None and noted.missing:
            self._placing.back.append(task.id)
        if noted is not None and noted.path != task.path:
            self._placing.paths[task.id] = task.path
        return True

    def _finished(self, walk: Walk) -> Plan:
        plan = self._plan
        plan.roots = tuple(self._tops.values())
        plan.problems = tuple(
            Failure(self._roots.place(problem.path)[1], problem.path, problem.code, problem.message)
            for problem in walk.problems
        )
        plan.unseen = list(self._unseen())
        plan.before = {
            name: self._known.count(f"{name}/") for name in {unseen.root for unseen in plan.unseen}
        }
        if plan.todo:
            plan._twins = twins_of(self._connection, {task.size for task in plan._waiting})
        return plan

    def _unseen(self) -> Iterator[Unseen]:
        for identifier, row in self._known.items.items():
            place = self._known.place_of(identifier)
            noted = self._known.elsewhere(identifier, row)
            if noted is None:
                yield Unseen(identifier, place, place, False)
            elif noted.path is not None:
                yield Unseen(identifier, noted.path, place, noted.missing)
        for identifier in self._known.failed.keys() - self._known.items.keys():
            yield Unseen(identifier, None, self._known.place_of(identifier), False)
