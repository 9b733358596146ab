"""How far Pixie's kinds are ahead of the fastest of each group of methods, beside their targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ann_measure import IMAGE, TARGETS, TEXT, UNDECLARED
from ann_method import GRAPHS, LIBRARIES_OF_LSH, LORANN, LSH, PIXIE, QUANTISED
from ann_recall import targets
from ann_sitting import all_methods, ratio
from ann_table import against, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ann_sitting import Built, Sitting

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


def members(sittings: Sequence[Sitting], group: str) -> list[Built]:
    """The methods of a group; of all, those that are not Pixie's."""
    return [m for m in all_methods(sittings) if m.group == group or (group == ALL and m.group != PIXIE)]


def lead(
    sittings: Sequence[Sitting], ours: str, theirs: Sequence[Built], kind: str, target: float
) -> tuple[float, Built | None]:
    """How many times as fast `ours` is as the fastest of `theirs`, and who that is."""
    other = TEXT if kind == UNDECLARED else kind
    found = [(ratio(sittings, ours, peer.name, (kind, other), target), peer) for peer in theirs]
    reached = [(value, peer) for value, peer in found if value is not None]
    return min(reached, key=lambda one: one[0], default=(ALONE, None))


def print_ratios(sittings: Sequence[Sitting]) -> None:
    """Both tables for each of Pixie's kinds but the exact one."""
    rows = {}
    for ours in all_methods(sittings):
        if ours.group == PIXIE and not ours.name.endswith(" exact"):
            rows[ours.name] = [_ratios(sittings, ours.name, group) for group in TARGET_OF]
    header = ["over", IMAGE, "text, declared", UNDECLARED]
    for name, table in rows.items():
        title = (
            f"{name} over the fastest of each group, queries a second at recall@10 of {targets()}\n"
            "-: Pixie did not reach it within the grid. alone: no peer did."
        )
        print_table(title, header, table)


def _ratios(sittings: Sequence[Sitting], ours: str, group: str) -> list[str]:
    theirs = members(sittings, group)
    if not theirs:
        return [group, *["not measured"] * 3]
    return [
        group,
        *(
            " / ".join(_ratio(lead(sittings, ours, theirs, kind, target)[0]) for target in TARGETS)
            for kind in (IMAGE, TEXT, UNDECLARED)
        ),
    ]


def _ratio(value: float) -> str:
    if value == ALONE:
        return "alone"
    return f"{value:.2f}" if value else "-"


def print_targets(sittings: Sequence[Sitting], count: int) -> None:
    """What is measured over each group beside what is meant to be."""
    for ours in all_methods(sittings):
        if ours.group != PIXIE or ours.name.endswith(" exact"):
            continue
        rows = [_row(sittings, ours, group, target, count) for group, target in TARGET_OF.items()]
        title = (
            f"{ours.name} over the fastest of each group: measured (target), at {count:,} rows.\n"
            "build: time of the group's over Pixie's."
        )
        print_table(title, ["over", *NEEDED.values(), "build"], rows)


def _row(sittings: Sequence[Sitting], ours: Built, group: str, target: Target, count: int) -> list[str]:
    theirs = members(sittings, group)
    if not theirs:
        return [group, *["not measured"] * (len(NEEDED) + 1)]
    binding = group != ALL or count >= LARGE
    cells = []
    for column in NEEDED:
        value = lead(sittings, ours.name, theirs, *column)[0]
        wanted = target.lead.get(column)
        if wanted is None or not binding or value == ALONE:
            cells.append(_ratio(value))
        else:
            cells.append(against(value, wanted))
    first = lead(sittings, ours.name, theirs, IMAGE, 0.95)[1]
    builders = [first] if target.winner and first else [p for p in theirs if target.named in p.name]
    if not builders:
        return [group, *cells, "not measured"]
    build = min(peer.seconds for peer in builders) / ours.seconds
    return [group, *cells, against(build, target.build) if binding else f"{build:.2f}"]
