"""Filters: which items a search, a list or a removal is about. The language is in ``docs/filters.md``."""

from __future__ import annotations

from pixie.filters.tree import Filter

__all__ = ["Filter"]
