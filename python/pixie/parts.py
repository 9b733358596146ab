"""Looking at single folders of a walk, as far as nothing elsewhere decides on what is found in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pixie.folders import Walk, is_hidden

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pixie.folders import Folder, Problem
    from pixie.ignore import IgnoreRules


def look_alone(
    suffixes: Collection[str], top: str, rules: IgnoreRules, folders: Iterable[str]
) -> tuple[list[Folder], list[Problem]] | None:
    """What a walk of `top` would find in these folders themselves, and what it would pass over.

    Folders that are left out are not there. For one that is gone, the nearest above that is there is looked
    at, since it is the one that has lost something.

    Parameters
    ----------
    suffixes
        Lower-case ends of pictures' names.
    rules
        What hold in `top` before its own ``.pixieignore`` is read.
    folders
        Absolute paths of `top` or of folders below it.

    Returns
    -------
    None when only a walk of all of `top` can tell: where there are symbolic links in a folder or on the way
    to it, each target of which counts once, by its own path before a link's.
    """
    walk = Walk(suffixes)
    found: list[Folder] = []
    links: list[tuple[str, IgnoreRules]] = []
    for folder in dict.fromkeys(_nearest(folder, top) for folder in folders):
        inner = _rules_inside(walk, top, folder, rules)
        if inner is None:
            continue
        looked = None if _has_link(top, folder) else walk.look(folder, inner, links)
        if looked is None or links:
            return None
        found.append(looked[0])
    return found, walk.problems


def _nearest(folder: str, top: str) -> str:
    while folder != top and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def _steps(top: str, folder: str) -> list[str]:
    """The paths of the folders on the way from `top`, which is not among them, to `folder`, which is."""
    paths = []
    while folder != top:
        paths.append(folder)
        folder = os.path.dirname(folder)
    return paths[::-1]


def _has_link(top: str, folder: str) -> bool:
    return any(map(os.path.islink, _steps(top, folder)))


def _rules_inside(walk: Walk, top: str, folder: str, rules: IgnoreRules) -> IgnoreRules | None:
    """The rules that hold in `folder` before its own are read; None when they leave it out."""
    above = top
    for step in _steps(top, folder):
        rules = walk.rules_in(above, rules)
        if is_hidden(os.path.basename(step)) or rules.leaves_out(step, True):
            return None
        above = step
    return rules
