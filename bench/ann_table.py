"""How bench/ann prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table in Markdown, its columns aligned, under some lines of prose."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    print(f"\n{title}\n")
    for row in (header, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def short(recall: float, digits: int = 3) -> str:
    """A recall without its leading zero."""
    return f"{recall:.{digits}f}".removeprefix("0")


def against(measured: float, target: float, least: bool = True) -> str:
    """A figure, its target, and whether it reaches it."""
    reached = measured >= target if least else measured <= target
    sign, shown = (">=" if least else "<="), f"{measured:,.2f}" if measured < 1000 else f"{measured:,.0f}"
    return f"{shown} ({sign} {target:{'g' if target < 1000 else ',.0f'}}) {'ok' if reached else 'short'}"
