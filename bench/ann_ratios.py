"""How far Pixie's kinds are ahead of the fastest of each group of methods, beside their targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ann_measure import IMAGE, TARGETS, TEXT, UNDECLARED
from ann_method import GRAPHS, LIBRARIES_OF_LSH, LORANN, LSH, PIXIE, QUANTISED
from ann_recall import targets
from ann_sitting import all_methods, beside, build_ratio, ratio
from ann_table import against, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ann_sitting import Sitting

ALL = "best of all"
ALONE = float("inf")
"""The ratio where no peer reaches the target of recall."""

LARGE = 1_000_000
"""Rows from which on there is a target for the lead over all."""

NEEDED = {
    (IMAGE, 0.90): "image .90",
    (IMAGE, 0.95): "image .95",
    (IMAGE, 0.99): "image .99",
    (TEXT, 0.90): "text .90, declared",
    (UNDECLARED, 0.90): "text .90, not declared",
}
"""Kind of query and recall of the columns."""


@dataclass(frozen=True)
class Target:
    """What Pixie is meant to reach over a group.

    ``lead`` gives for a kind of query and a recall how many times as fast it is to be, ``build`` how many
    times its time the group's is to be at least: that of whoever is built fastest, or with ``winner`` that of
    whoever answers pictures fastest at recall .95. Only names with ``named`` in them count for that.
    """

    lead: dict[tuple[str, float], float]
    build: float
    winner: bool = False
    named: str = ""


def _lead(image: float, declared: float, undeclared: float) -> dict[tuple[str, float], float]:
    return {(IMAGE, 0.95): image, (TEXT, 0.90): declared, (UNDECLARED, 0.90): undeclared}


TARGET_OF: dict[str, Target] = {
    LSH: Target(_lead(10, 25, 18), build=0.5),
    LIBRARIES_OF_LSH: Target(_lead(50, 50, 50), build=1),
    GRAPHS: Target(_lead(4, 25, 18), build=10),
    QUANTISED: Target(_lead(2, 2.5, 1.8), build=1, named="IVF"),
    LORANN: Target({**_lead(1.2, 2, 1.5), (IMAGE, 0.90): 1.2, (IMAGE, 0.99): 1.2}, build=1, winner=True),
    ALL: Target(_lead(1.2, 1.7, 1.2), build=1, winner=True),
}


def members(sittings: Sequence[Sitting], ours: str, group: str) -> list[str]:
    """The methods of a group that sat beside `ours`; of all, those that are not Pixie's."""
    found = all_methods(beside(sittings, ours))
    return [m.name for m in found if m.group == group or (group == ALL and m.group != PIXIE)]


def lead(
    sittings: Sequence[Sitting], ours: str, theirs: Sequence[str], kind: str, target: float
) -> tuple[float, str | None]:
    """How many times as fast `ours` is as the fastest of `theirs`, and who that is."""
    other = TEXT if kind == UNDECLARED else kind
    found = [(ratio(sittings, ours, peer, (kind, other), target), peer) for peer in theirs]
    reached = [(value, peer) for value, peer in found if value is not None]
    return min(reached, key=lambda one: one[0], default=(ALONE, None))


def print_ratios(sittings: Sequence[Sitting], count: int) -> None:
    """Both tables for each of Pixie's kinds but the exact one."""
    for method in all_methods(sittings):
        ours = method.name
        if method.group != PIXIE or ours.endswith(" exact"):
            continue
        print_table(
            f"{ours} over the fastest of each group, queries a second at recall@10 of {targets()}\n"
            "-: Pixie did not reach it within the grid. alone: no peer did.",
            ["over", IMAGE, "text, declared", UNDECLARED],
            [[group, *_ratios(sittings, ours, group)] for group in TARGET_OF],
        )
        print_table(
            f"{ours} over the fastest of each group: measured (target), at {count:,} rows.\n"
            "build: time of the group's over Pixie's.",
            ["over", *NEEDED.values(), "build"],
            [[group, *_beside_targets(sittings, ours, group, count)] for group in TARGET_OF],
        )


def _ratios(sittings: Sequence[Sitting], ours: str, group: str) -> list[str]:
    theirs = members(sittings, ours, group)
    if not theirs:
        return ["not measured"] * 3
    return [
        " / ".join(_ratio(lead(sittings, ours, theirs, kind, target)[0]) for target in TARGETS)
        for kind in (IMAGE, TEXT, UNDECLARED)
    ]


def _beside_targets(sittings: Sequence[Sitting], ours: str, group: str, count: int) -> list[str]:
    theirs, target = members(sittings, ours, group), TARGET_OF[group]
    if not theirs:
        return ["not measured"] * (len(NEEDED) + 1)
    binding = group != ALL or count >= LARGE
    cells = []
    for column in NEEDED:
        value, wanted = lead(sittings, ours, theirs, *column)[0], target.lead.get(column)
        if wanted is None or not binding or value == ALONE:
            cells.append(_ratio(value))
        else:
            cells.append(against(value, wanted))
    winner = lead(sittings, ours, theirs, IMAGE, 0.95)[1]
    builders = [winner] if target.winner and winner else [name for name in theirs if target.named in name]
    if not builders:
        return [*cells, "not measured"]
    build = build_ratio(sittings, ours, builders)
    return [*cells, against(build, target.build) if binding else f"{build:.2f}"]


def _ratio(value: float) -> str:
    if value == ALONE:
        return "alone"
    return f"{value:.2f}" if value else "-"
