"""Curves of recall against queries a second, from the tuning queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ann_measure import IMAGE, TEXT, UNDECLARED
from ann_method import PIXIE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ann_measure import Point
    from ann_sitting import Sitting

_LINE_STYLES = ("-", ":", "-.", "--")
"""Methods beyond the number of colours take the next style."""


def draw_curves(folder: Path, title: str, sittings: Sequence[Sitting]) -> None:
    """One panel a kind of query, as PNG and SVG."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print("matplotlib is not installed: no curves are drawn")
        return
    points = [point for sitting in sittings for point in sitting.tuning]
    figure, panels = pyplot.subplots(1, 2, figsize=(15, 7), sharey=True, layout="constrained")
    styles = _styles(list(dict.fromkeys(point.method for point in points)), pyplot.get_cmap("tab20").colors)
    for panel, kinds in zip(panels, ((IMAGE,), (TEXT, UNDECLARED)), strict=True):
        for name, style in styles.items():
            for kind in kinds:
                curve = _frontier([p for p in points if p.method == name and p.queries == kind])
                if not curve:
                    continue
                # What is not declared is asked of Pixie alone, whose declared curve is solid.
                changed = {"label": f"{name}, not declared", "linestyle": "--"} if kind == UNDECLARED else {}
                panel.plot([p.recall for p in curve], [p.qps for p in curve], **{**style, **changed})
        panel.set(title=f"{kinds[0]} queries", xlabel="recall@10", xlim=(0.7, 1.005), yscale="log")
        panel.grid(alpha=0.3, which="both")
    panels[0].set_ylabel("queries a second, one thread")
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize="small")
    figure.suptitle(title, fontsize="medium")
    for kind in ("png", "svg"):
        figure.savefig(folder / f"ann.{kind}", dpi=120)
    pyplot.close(figure)


def _styles(names: Sequence[str], colours: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """How each method is drawn: Pixie's kinds in strong colours over the peers' many."""
    strong = ("black", "red", "blue", "green", "purple", "darkorange")
    ours = [name for name in names if name.startswith(PIXIE)]
    styles: dict[str, dict[str, Any]] = {}
    for name in names:
        own = name in ours
        number = ours.index(name) if own else len(styles)
        palette = strong if own else colours
        styles[name] = {
            "label": name,
            "color": palette[number % len(palette)],
            "linestyle": _LINE_STYLES[number // len(palette) % len(_LINE_STYLES)],
            "linewidth": 2.5 if own else 1,
            "marker": "o" if own else ".",
            "markersize": 4,
            "zorder": 3 if own else 2,
        }
    return styles


def _frontier(points: Sequence[Point]) -> list[Point]:
    """The points than which none is both faster and of higher recall, by recall."""
    frontier: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.recall, -point.qps)):
        if not frontier or point.qps > frontier[-1].qps:
            frontier.append(point)
    return frontier[::-1]
