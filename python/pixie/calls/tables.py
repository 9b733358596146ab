"""Functions that Java calls to import tables into a collection and to export it."""

from __future__ import annotations

from typing import Any

from pixie.calls.collections import collections
from pixie.calls.embedding import imports
from pixie.calls.indexes import begin
from pixie.calls.selections import where_of
from pixie.calls.table import function


@function
def import_plan(argument: dict[str, Any]) -> dict[str, Any]:
    """Open a table and compare it with a collection; gives a plan whose rows `import_take` hands out."""
    from pixie.tables.options import TableOptions
    from pixie.tables.plan import ImportPlan

    holdings = collections.get(argument["collection"])
    plan = ImportPlan.of(holdings, argument["file"], TableOptions.from_json(argument))
    return {"import": imports.add(plan), **plan.to_json()}


@function
def import_take(argument: dict[str, Any]) -> dict[str, Any]:
    """Go through the next rows, at most ``max``; gives those to embed, and what became of the others."""
    return imports.get(argument["import"]).take(argument["max"]).to_json()


@function
def import_close(argument: dict[str, Any]) -> dict[str, Any]:
    """Let go of a plan and its table; nothing when that was done."""
    plan = imports.pop(argument["import"])
    if plan is not None:
        plan.close()
    return {}


@function
def collection_export(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to write a table of a collection's items; gives a job."""
    from pixie.tables.export import ExportOptions, export

    options = ExportOptions(
        argument.get("format"),
        bool(argument.get("vectors")),
        bool(argument.get("metadata", True)),
        where_of(argument),
    )
    return begin(export(collections.get(argument["collection"]), argument["path"], options))
