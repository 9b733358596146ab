"""Finding the pictures in folders."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pixie.errors import InvalidInputError
from pixie.ignore import FILE_NAME as IGNORE_FILE
from pixie.ignore import SYSTEM_FOLDERS, IgnoreRules, read_patterns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_GONE = (errno.ENOENT, errno.ENOTDIR)
_NAME = attrgetter("name")


class Folder(NamedTuple):
    """One folder, looked at.

    ``files`` are those that may be pictures: name, bytes, and when it was changed in nanoseconds. ``below``
    are the names of the folders in it that the walk goes on to.
    """

    path: str
    files: list[tuple[str, int, int]]
    below: list[str]


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
    names begin with a dot, are left out, and so is what `pixie.ignore` says. Folders come in the order of
    their names.

    Attributes
    ----------
    suffixes
        Lower-case ends of pictures' names, such as ``.jpg``.
    problems
        What could not be looked at.
    """

    suffixes: Collection[str]
    problems: list[Problem] = field(default_factory=list)
    _folders: set[tuple[int, int]] = field(default_factory=set)
    _linked: set[tuple[int, int]] = field(default_factory=set)

    def folders(self, tops: Iterable[tuple[str, IgnoreRules]]) -> Iterator[Folder]:
        """Walk the folders at these absolute paths, each by its rules."""
        links: list[tuple[str, IgnoreRules]] = []
        for path, rules in tops:
            yield from self._walk(path, rules, links)
        # A link may lead to a folder with further links, which come after it.
        for path, rules in links:
            yield from self._follow(path, rules, links)

    def file(self, path: str) -> Iterator[Folder]:
        """A file the user named, whatever its name ends with, unless the walk came by it."""
        try:
            facts = os.stat(path)
        except OSError as error:
            self._pass_over(path, error)
            return
        if not stat.S_ISREG(facts.st_mode):
            self._not_ordinary(path)
        elif not self._came_by(path, facts):
            folder, name = os.path.split(path)
            yield Folder(folder, [(name, facts.st_size, facts.st_mtime_ns)], [])

    def rules_of(self, top: str, folder: str, rules: IgnoreRules) -> IgnoreRules:
        """The rules that hold in `folder` by the files in the folders above it, up to `top`, its root."""
        above = os.path.relpath(folder, top).split("/")
        if folder != top and above[0] not in ("..", "."):
            for step in ("", *above[:-1]):
                top = os.path.join(top, step) if step else top
                rules = self.rules_in(top, rules)
        return rules

    def rules_in(self, folder: str, rules: IgnoreRules) -> IgnoreRules:
        """The rules that hold in `folder`, those of its own file among them."""
        file = os.path.join(folder, IGNORE_FILE)
        # Not of a pipe or a device: opening one may never end.
        return self._read(file, rules, folder) if os.path.isfile(file) else rules

    def _walk(self, top: str, rules: IgnoreRules, links: list[tuple[str, IgnoreRules]]) -> Iterator[Folder]:
        waiting = [(top, rules)]
        while waiting:
            folder, rules = waiting.pop()
            looked = self.look(folder, rules, links)
            if looked is None:
                continue
            found, rules = looked
            yield found
            found.below.sort(reverse=True)
            waiting += ((os.path.join(folder, name), rules) for name in found.below)

    def look(
        self, folder: str, rules: IgnoreRules, links: list[tuple[str, IgnoreRules]]
    ) -> tuple[Folder, IgnoreRules] | None:
        """A folder, and the rules that hold in it; None when the walk came by it or it can't be read."""
        try:
            # Names are looked up in the open folder: the way to it is gone once, not once a file.
            opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            self._pass_over(folder, error)
            return None
        try:
            facts = os.fstat(opened)
            place = (facts.st_dev, facts.st_ino)
            if place in self._folders:
                return None
            self._folders.add(place)
            with os.scandir(opened) as found:
                entries = list(found)
            rules = self._own_rules(folder, entries, rules)
            return self._sorted(folder, entries, rules, links), rules
        except OSError as error:
            self._pass_over(folder, error)
            return None
        finally:
            os.close(opened)

    def _sorted(
        self,
        folder: str,
        entries: list[os.DirEntry[str]],
        rules: IgnoreRules,
        links: list[tuple[str, IgnoreRules]],
    ) -> Folder:
        """The files and folders among a folder's entries; links go to `links`."""
        suffixes, asks = self.suffixes, rules != IgnoreRules()
        files: list[tuple[str, int, int]] = []
        below: list[str] = []
        linked: list[str] = []
        for entry in entries:
            name = entry.name
            try:
                if name[0] == ".":
                    continue
                if entry.is_file(follow_symlinks=False):
                    # Most suffixes have four characters, and finding the last dot takes as long as all this.
                    if (name[-4:] in suffixes or self._is_picture(name)) and not (
                        asks and rules.leaves_out(os.path.join(folder, name), False)
                    ):
                        facts = entry.stat(follow_symlinks=False)
                        files.append((name, facts.st_size, facts.st_mtime_ns))
                elif entry.is_dir(follow_symlinks=False):
                    if name.lower() not in SYSTEM_FOLDERS and not (
                        asks and rules.leaves_out(os.path.join(folder, name), True)
                    ):
                        below.append(name)
                elif entry.is_symlink():
                    linked.append(name)
                elif self._is_picture(name):
                    self._not_ordinary(os.path.join(folder, name))
            except OSError as error:
                self._pass_over(os.path.join(folder, name), error)
        links += ((os.path.join(folder, name), rules) for name in sorted(linked))
        return Folder(folder, files, below)

    def _own_rules(self, folder: str, entries: list[os.DirEntry[str]], rules: IgnoreRules) -> IgnoreRules:
        return self.rules_in(folder, rules) if IGNORE_FILE in map(_NAME, entries) else rules

    def _read(self, file: str, rules: IgnoreRules, folder: str) -> IgnoreRules:
        try:
            lines, wrong = read_patterns(file)
        except OSError as error:
            self._pass_over(file, error)
            return rules
        for line in wrong:
            self.problems.append(Problem(file, "unsupported", f"{line!r} in {file} is no pattern"))
        return rules.below(folder, lines)

    def _follow(
        self, link: str, rules: IgnoreRules, links: list[tuple[str, IgnoreRules]]
    ) -> Iterator[Folder]:
        try:
            facts = os.stat(link)
        except OSError as error:
            if self._is_picture(link) and not rules.leaves_out(link, False):
                self._pass_over(link, error)
            return
        is_folder = stat.S_ISDIR(facts.st_mode)
        if rules.leaves_out(link, is_folder):
            return
        if is_folder:
            if os.path.basename(link).lower() not in SYSTEM_FOLDERS:
                yield from self._walk(link, rules, links)
        elif self._is_picture(link):
            yield from self.file(link)

    def _came_by(self, path: str, facts: os.stat_result) -> bool:
        """Whether the file behind a path was found before: in a walked folder, or by another link."""
        place = (facts.st_dev, facts.st_ino)
        if place in self._linked:
            return True
        self._linked.add(place)
        folder, name = os.path.split(os.path.realpath(path))
        try:
            above = os.stat(folder)
        except OSError:
            return False
        walked = (above.st_dev, above.st_ino) in self._folders
        return walked and not name.startswith(".") and self._is_picture(name)

    def _is_picture(self, name: str) -> bool:
        return os.path.splitext(name)[1].lower() in self.suffixes

    def _not_ordinary(self, path: str) -> None:
        self.problems.append(Problem(path, "unsupported", f"{path} is no ordinary file"))

    def _pass_over(self, path: str, error: OSError) -> None:
        code = "missing" if error.errno in _GONE else "unreadable"
        self.problems.append(Problem(path, code, f"{path} can't be read: {error.strerror}"))


def is_hidden(name: str) -> bool:
    """Whether a folder of this name is left out by its name alone."""
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS


def is_gone(path: str) -> bool:
    """Whether there is certainly nothing at a path; one that can't be looked at is not gone."""
    try:
        os.lstat(path)
    except OSError as error:
        return error.errno in _GONE
    except ValueError:  # a NUL, which no file's name holds
        return True
    return False


def sort_paths(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[str], list[str], list[str]]:
    """The folders, the files, and those with nothing there among the paths a user named.

    Each is absolute, with the links in it kept, and there once.

    Raises
    ------
    InvalidInputError
        There is no path at all, or one can't be looked at.
    """
    folders: list[str] = []
    files: list[str] = []
    gone: list[str] = []
    for given in paths:
        path = os.path.abspath(os.path.expanduser(os.fsdecode(given)))
        try:
            is_folder = stat.S_ISDIR(os.stat(path).st_mode)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _GONE:
                gone.append(path)
                continue
            raise nothing_there(path, error) from error
        (folders if is_folder else files).append(path)
    if not folders and not files and not gone:
        raise InvalidInputError("no folder was given", fix="name a folder of pictures")
    return list(dict.fromkeys(folders)), list(dict.fromkeys(files)), list(dict.fromkeys(gone))


def nothing_there(path: str, error: Exception | None = None) -> InvalidInputError:
    """The error of a path with nothing there."""
    reason = os.strerror(errno.ENOENT) if error is None else getattr(error, "strerror", None) or str(error)
    return InvalidInputError(f"there is no folder or file {path}: {reason}", fix="check the path", item=path)
