"""Going through a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.filters.tree import And, Not, Or

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixie.filters.tree import Filter


def conditions_of(given: Filter) -> Iterator[Filter]:
    """The conditions that a filter puts together, in their order."""
    if isinstance(given, (And, Or)):
        for part in given.parts:
            yield from conditions_of(part)
    elif isinstance(given, Not):
        yield from conditions_of(given.part)
    else:
        yield given
