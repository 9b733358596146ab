"""Curves of recall against queries a second, drawn without a display and without lasting state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixie.benchmark import BenchReport

_TITLES = {"image": "picture queries", "text": "text queries"}

_WORST_SHOWN = 0.5
"""Recall below which nobody wants to know how fast it is."""

_DOTS_AN_INCH = 150

_LAST_LATIN = "\u024f"
"""The signs up to here are in the font that comes with matplotlib, which warns of each that is not."""


def drawn(report: BenchReport) -> Any:
    """A matplotlib figure of a report: side by side for each modality a curve a kind.

    A curve goes through the best settings, the dots beside it are the others that were measured. Made of
    objects alone, not by pyplot, so that it needs no display and may be called from any thread.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    modalities = list(report.queries) or ["image"]
    figure = Figure(figsize=(1 + 5.5 * len(modalities), 5), dpi=_DOTS_AN_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    title = f"{report.name}: {report.vectors:,} vectors of {report.dimension} numbers; {report.cpu}"
    figure.suptitle(_plain(title), fontsize=9)
    for axes, modality in zip(figure.subplots(1, len(modalities), squeeze=False)[0], modalities, strict=True):
        _draw(axes, report, modality)
    return figure


def _draw(axes: Any, report: BenchReport, modality: str) -> None:
    lowest = 1.0
    for number, kind in enumerate(report.kinds):
        points = sorted(
            (point for point in kind.points if point.modality == modality), key=lambda point: point.recall
        )
        if not points:
            continue
        shown = [point for point in points if point.recall >= _WORST_SHOWN] or points
        best = [point for point in shown if point.best]
        others = [point for point in shown if not point.best]
        lowest = min(lowest, shown[0].recall)
        colour = f"C{number % 10}"
        axes.plot(
            [point.recall for point in best],
            [point.queries_per_second for point in best],
            color=colour,
            marker="o",
            markersize=4,
            label=kind.kind,
        )
        axes.scatter(
            [point.recall for point in others],
            [point.queries_per_second for point in others],
            color=colour,
            s=6,
            alpha=0.35,
        )
    axes.set_title(f"{report.queries.get(modality, 0):,} {_TITLES[modality]}", fontsize=10)
    axes.set_xlabel(f"recall@{report.k}")
    axes.set_ylabel("queries a second, asked together")
    axes.set_yscale("log")
    axes.set_xlim(lowest - 0.01, 1.005)
    axes.grid(visible=True, which="both", alpha=0.25)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left", fontsize=9)


def _plain(text: str) -> str:
    """`text` as it can be drawn; `$` alone would begin a formula."""
    signs = (sign if sign.isprintable() and sign <= _LAST_LATIN else "?" for sign in text)
    return "".join(signs).replace("$", r"\$")
