"""Roots: the folders that were indexed, and the ids their files have because of them."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that was indexed.

    ``name`` is what the ids of its files begin with, ``path`` where it is; ``is_new`` says that the
    collection has not recorded it, or not at this place.
    """

    name: str
    path: str
    is_new: bool = False

    def to_json(self) -> dict[str, str]:
        """The root's JSON object."""
        return {"name": self.name, "path": self.path}


class Roots:
    """Gives each folder its root and each file its id.

    The id of a file is the name of its root and the path below it, ``Pictures/2020/beach.jpg``, so ids
    survive a move of the folder: a folder whose name belongs to one that is gone is taken for that one at its
    new place. A folder inside a root belongs to that root; one that shares only the name of another,
    ``Pictures`` beside ``/old/Pictures``, is called ``Pictures-2``.

    Parameters
    ----------
    recorded
        Path of each root by its name.
    """

    def __init__(self, recorded: dict[str, str]) -> None:
        self._paths = dict(recorded)
        self._names: dict[tuple[int, int] | None, str] = {}
        for name, path in recorded.items():
            self._know(name, path)
        self._prefixes: dict[str, tuple[str, str] | None] = {}

    def of(self, folder: str) -> Root:
        """The root that the files of `folder`, an absolute path, belong to; a new one when there is none."""
        inside = self._prefix(folder)
        if inside is not None:
            return Root(inside[0], self._paths[inside[0]])
        base = os.path.basename(folder) or "root"
        name, number = base, 1
        while name in self._paths and _identity(self._paths[name]) is not None:
            number += 1
            name = f"{base}-{number}"
        self._paths[name] = folder
        self._know(name, folder)
        self._prefixes.clear()
        return Root(name, folder, is_new=True)

    def of_gone(self, path: str) -> tuple[Root, str] | None:
        """The root of a path with nothing there, and the id it had; None outside all roots."""
        above = [name for name, root in self._paths.items() if f"{path}/".startswith(f"{root}/")]
        if above:
            name = max(above, key=lambda name: len(self._paths[name]))
            return Root(name, self._paths[name]), name + path[len(self._paths[name]) :]
        inside = self._prefix(path)
        return None if inside is None else (Root(inside[0], self._paths[inside[0]]), inside[1][:-1])

    def below(self, folder: str) -> list[Root]:
        """The recorded roots inside a folder, by their paths."""
        return [Root(name, path) for name, path in self._paths.items() if path.startswith(f"{folder}/")]

    def prefix(self, folder: str) -> str:
        """What the ids of the files in a folder inside some root begin with."""
        found = self._prefix(folder)
        assert found is not None, folder
        return found[1]

    def place(self, path: str) -> tuple[str, str]:
        """The name of a path's root and the path's id, for an absolute path inside some root."""
        folder, name = os.path.split(path)
        # A root itself has no folder above it that belongs to a root.
        root, prefix = self._prefix(folder) or self._prefix(path) or (name, "")
        return root, prefix + name

    def _know(self, name: str, path: str) -> None:
        identity = _identity(path)
        if identity is not None:
            self._names[identity] = name

    def _prefix(self, folder: str) -> tuple[str, str] | None:
        """Root's name and beginning of the ids of the files in `folder`; None outside all roots.

        The way up goes by the path as it is written, so a file behind a link is named by the link, while each
        step is compared by what it really is, so a root is known by any of its paths.
        """
        steps: list[str] = []
        found: tuple[str, str] | None = None
        while folder not in self._prefixes:
            name = self._names.get(_identity(folder))
            parent, step = os.path.split(folder)
            if name is not None or parent == folder:
                found = None if name is None else (name, f"{name}/")
                self._prefixes[folder] = found
                break
            steps.append(step)
            folder = parent
        found = self._prefixes[folder]
        for step in reversed(steps):
            folder = os.path.join(folder, step)
            found = None if found is None else (found[0], f"{found[1]}{step}/")
            self._prefixes[folder] = found
        return found


def _identity(folder: str) -> tuple[int, int] | None:
    """What tells a folder from all others, whatever its path; None when it is not there."""
    try:
        facts = os.stat(folder)
    except OSError:
        return None
    return (facts.st_dev, facts.st_ino)
