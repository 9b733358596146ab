"""What a walk leaves out: folders that systems keep for themselves, ``.pixieignore`` files, and globs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pathspec import GitIgnoreSpec

FILE_NAME = ".pixieignore"

SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",  # Synology's thumbnails
        "#recycle",  # Synology's and QNAP's bins
        "@recycle",
        "#snapshot",
        "$recycle.bin",  # of Windows
        "system volume information",
        "found.000",
        "lost+found",  # of Linux file systems
        "__macosx",  # of archives made on macOS
    }
)
"""Lower-case names of folders that hold nobody's pictures. Those that begin with a dot need no list."""

MOST_BYTES = 1 << 20
"""Of a ``.pixieignore`` file; git's own are a few hundred."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """Patterns, and the folder, with a final slash, that they are relative to."""

    base: str
    patterns: GitIgnoreSpec

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Whether the last pattern that matches says to ignore; None when none does."""
        name = path[len(self.base) :]
        return self.patterns.check_file(f"{name}/" if is_folder else name).include


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """What is left out of one folder and of those below it, immutable.

    The nearest ``.pixieignore`` that has a pattern for a path decides, and in it the last such pattern, as in
    git. What is in a folder that is left out can't be had back by a pattern.
    """

    layers: tuple[_Layer, ...] = ()
    chosen: _Layer | None = None

    @classmethod
    def of_globs(cls, folder: str, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> IgnoreRules:
        """The rules of globs in the syntax of a ``.pixieignore``, relative to `folder`.

        Where there is an `include`, files that none of them matches are left out; `exclude` leaves out files
        and folders, before anything else is asked.

        Raises
        ------
        InvalidInputError
            One of them is no pattern.
        """
        include, exclude = list(include), list(exclude)
        base = _with_slash(folder)
        chosen = _Layer(base, _patterns(include)) if include else None
        return cls((_Layer(base, _patterns(exclude)),) if exclude else (), chosen)

    def below(self, folder: str, lines: Iterable[str]) -> IgnoreRules:
        """These rules with those of the ``.pixieignore`` in `folder`, whose `lines` are all patterns."""
        layer = _Layer(_with_slash(folder), _patterns(lines))
        return IgnoreRules((*self.layers, layer), self.chosen)

    def leaves_out(self, path: str, is_folder: bool) -> bool:
        """Whether a path below the rules' folder is left out."""
        if not is_folder and self.chosen is not None and not self.chosen.verdict(path, is_folder):
            return True
        for layer in reversed(self.layers):
            verdict = layer.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False


def read_patterns(file: str) -> tuple[list[str], list[str]]:
    """The lines of a ``.pixieignore`` that are patterns, and those that are none.

    Raises
    ------
    OSError
        It can't be read, or is longer than `MOST_BYTES`.
    """
    with open(file, "rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(0, f"it is longer than {MOST_BYTES >> 20} MiB")
    # Names that are not UTF-8 are written with their own bytes.
    lines = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").splitlines()
    wrong = [line for line in lines if not _is_pattern(line)]
    return [line for line in lines if line not in wrong], wrong


def _patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # here, because most folders have no patterns

    lines = list(lines)
    for line in lines:
        if not _is_pattern(line):
            raise InvalidInputError(
                f"{line!r} is no pattern",
                fix="write it as a line of a .gitignore: *.png, raw/, /2020/**/x.jpg",
            )
    return GitIgnoreSpec.from_lines(lines)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _with_slash(folder: str) -> str:
    return os.path.join(folder, "")
