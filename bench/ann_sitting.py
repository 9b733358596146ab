"""Sittings: Pixie's kinds and some other methods, measured in turn, as values that can be written down.

Figures of one sitting may be compared with each other. A run has as many sittings as its methods need to fit
into memory, and Pixie's kinds sit in each.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ann_measure import Point
from ann_method import PIXIE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Built:
    """A method that was built: seconds on all cores, and bytes a vector where it tells."""

    name: str
    group: str
    seconds: float
    size: float | None


@dataclass(frozen=True)
class Sitting:
    """What was measured together.

    ``tuning`` holds the points of the grids, ``results`` for a method, a kind of query and a target of recall
    what the setting chosen for it reached with fresh queries; nothing where none was chosen.
    """

    methods: list[Built]
    tuning: list[Point]
    results: dict[tuple[str, str, float], Point]

    def to_json(self) -> dict[str, Any]:
        """The sitting's JSON object."""
        return {
            "methods": [asdict(method) for method in self.methods],
            "tuning": [asdict(point) for point in self.tuning],
            "results": [{"target": key[2], **asdict(point)} for key, point in self.results.items()],
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Sitting:
        """The sitting a JSON object describes."""
        results: dict[tuple[str, str, float], Point] = {}
        for result in found["results"]:
            values = {name: value for name, value in result.items() if name != "target"}
            results[result["method"], result["queries"], result["target"]] = Point(**values)
        return cls(
            [Built(**method) for method in found["methods"]],
            [Point(**point) for point in found["tuning"]],
            results,
        )


def all_methods(sittings: Sequence[Sitting]) -> list[Built]:
    """Every method once, Pixie's kinds first; of those built more than once, the middle one by time."""
    found: dict[str, list[Built]] = {}
    for sitting in sittings:
        for method in sitting.methods:
            found.setdefault(method.name, []).append(method)
    middle_ones = [sorted(own, key=lambda one: one.seconds)[(len(own) - 1) // 2] for own in found.values()]
    return sorted(middle_ones, key=lambda method: method.group != PIXIE)


def beside(sittings: Sequence[Sitting], ours: str) -> list[Sitting]:
    """The sittings that a method took part in."""
    return [sitting for sitting in sittings if any(method.name == ours for method in sitting.methods)]


def middle(sittings: Iterable[Sitting], key: tuple[str, str, float]) -> Point | None:
    """What a method reached in the middle one of its sittings, by speed."""
    points = sorted((s.results[key] for s in sittings if key in s.results), key=lambda point: point.qps)
    return points[(len(points) - 1) // 2] if points else None


def ratio(
    sittings: Sequence[Sitting], ours: str, theirs: str, queries: tuple[str, str], target: float
) -> float | None:
    """How many times as fast `ours` is as `theirs`, of the same sitting; None where `theirs` has no figure.

    `queries` are the kinds of query of the two; the median counts when they sat together more than once.
    0 when `ours` did not reach the target.
    """
    ratios = []
    for sitting in beside(sittings, ours):
        own, other = (
            sitting.results.get((name, kind, target))
            for name, kind in zip((ours, theirs), queries, strict=True)
        )
        if other is not None:
            ratios.append(own.qps / other.qps if own else 0.0)
    return statistics.median(ratios) if ratios else None


def build_ratio(sittings: Sequence[Sitting], ours: str, theirs: Sequence[str]) -> float:
    """Time of whichever of `theirs` was built fastest over that of `ours` in the same sitting."""
    ratios = []
    for sitting in beside(sittings, ours):
        seconds = {method.name: method.seconds for method in sitting.methods}
        ratios += [seconds[name] / seconds[ours] for name in theirs if name in seconds]
    return min(ratios)
