"""Finding the pictures in folders."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class FoundFile(NamedTuple):
    """A file that may be a picture: its absolute path, its bytes, and when it was last changed."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A folder or file that was passed over; ``code`` is one of the reasons pictures fail for."""

    path: str
    code: str
    message: str


@dataclass(slots=True)
class Walk:
    """Walks folders, one after the other; a folder or linked file that it came by before is passed over.

    Symbolic links are followed once everything that is not behind a link has been seen, so that a picture
    goes by its own path rather than by a link's, and a loop of links ends. Hidden files and folders, whose
    names begin with a dot, are left out. The order is that of the names, so two walks of the same files
    agree.

    Attributes
    ----------
    suffixes
        Lower-case ends of pictures' names, such as ``.jpg``.
    files
        What was found so far.
    problems
        What could not be looked at.
    """

    suffixes: Collection[str]
    files: list[FoundFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _folders: set[tuple[int, int]] = field(default_factory=set)
    _places: set[tuple[int, int]] = field(default_factory=set)

    def folders(self, paths: Iterable[str]) -> None:
        """Walk the folders at these absolute paths."""
        links: list[str] = []
        for path in paths:
            self._walk(path, links)
        # A link may lead to a folder with further links, which come after it.
        for link in links:
            self._follow(link, links)

    def file(self, path: str) -> None:
        """Take a file the user named, whatever its name ends with."""
        try:
            facts = os.stat(path)
        except OSError as error:
            self._pass_over(path, error)
            return
        if not stat.S_ISREG(facts.st_mode):
            self.problems.append(Problem(path, "unsupported", f"{path} is no ordinary file"))
        elif (facts.st_dev, facts.st_ino) not in self._places:
            self._take(path, facts)

    def _walk(self, top: str, links: list[str]) -> None:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                facts = os.stat(folder)
                place = (facts.st_dev, facts.st_ino)
                if place in self._folders:
                    continue
                self._folders.add(place)
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                self._pass_over(folder, error)
                continue
            below = []
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_symlink():
                    links.append(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    below.append(entry.path)
                elif self._is_picture(entry.name):
                    self._enter(entry)
            waiting.extend(reversed(below))

    def _enter(self, entry: os.DirEntry[str]) -> None:
        try:
            facts = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._pass_over(entry.path, error)
            return
        if stat.S_ISREG(facts.st_mode):
            self._take(entry.path, facts)
        else:
            self.problems.append(Problem(entry.path, "unsupported", f"{entry.path} is no ordinary file"))

    def _follow(self, link: str, links: list[str]) -> None:
        try:
            facts = os.stat(link)
        except OSError as error:
            if self._is_picture(link):
                self._pass_over(link, error)
            return
        if stat.S_ISDIR(facts.st_mode):
            self._walk(link, links)
        elif self._is_picture(link):
            self.file(link)

    def _is_picture(self, name: str) -> bool:
        return os.path.splitext(name)[1].lower() in self.suffixes

    def _take(self, path: str, facts: os.stat_result) -> None:
        self._places.add((facts.st_dev, facts.st_ino))
        self.files.append(FoundFile(path, facts.st_size, facts.st_mtime_ns))

    def _pass_over(self, path: str, error: OSError) -> None:
        code = "missing" if error.errno in (errno.ENOENT, errno.ENOTDIR) else "unreadable"
        self.problems.append(Problem(path, code, f"{path} can't be read: {error.strerror}"))


def existing(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[str], list[str]]:
    """The folders and the files among the paths a user named, absolute, links in them kept.

    Raises
    ------
    InvalidInputError
        There is nothing at one of the paths, or no path at all.
    """
    folders: list[str] = []
    files: list[str] = []
    for given in paths:
        path = os.path.abspath(os.path.expanduser(os.fsdecode(given)))
        try:
            is_folder = stat.S_ISDIR(os.stat(path).st_mode)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidInputError(
                f"there is no folder or file {path}: {reason}", fix="check the path", item=path
            ) from error
        (folders if is_folder else files).append(path)
    if not folders and not files:
        raise InvalidInputError("no folder was given", fix="name a folder of pictures")
    return list(dict.fromkeys(folders)), list(dict.fromkeys(files))
