"""Functions that Java calls on the items of collections: to list, count, change and remove them."""

from __future__ import annotations

from typing import Any

from pixie.calls.collections import collections
from pixie.calls.selections import ids_of, selection_of, where_of
from pixie.calls.table import function
from pixie.metadata_changes import MetadataChanges


@function
def collection_get(argument: dict[str, Any]) -> dict[str, Any]:
    """The items of some ids, null where there is none."""
    found = collections.get(argument["collection"]).get(argument["ids"])
    return {"items": [None if item is None else item.to_json() for item in found]}


@function
def collection_list(argument: dict[str, Any]) -> dict[str, Any]:
    """A page of some items."""
    listing = collections.get(argument["collection"]).listing
    items, total = listing.page(selection_of(argument), argument.get("offset", 0), argument.get("limit"))
    return {"items": [item.to_json() for item in items], "total": total}


@function
def collection_facets(argument: dict[str, Any]) -> dict[str, Any]:
    """The values that some items have under a name, and how many have each."""
    listing = collections.get(argument["collection"]).listing
    return listing.facets(
        argument["name"], selection_of(argument), argument.get("offset", 0), argument.get("limit")
    ).to_json()


@function
def collection_set(argument: dict[str, Any]) -> dict[str, Any]:
    """Set keys of the metadata of some items, or take them away."""
    holdings = collections.get(argument["collection"])
    changes = MetadataChanges.of(argument.get("values") or {}, argument.get("unset") or ())
    changed, unknown = holdings.change_metadata(ids_of(argument, holdings), changes)
    return {"changed": changed, "unknown": unknown}


@function
def collection_failures(argument: dict[str, Any]) -> dict[str, Any]:
    """A page of the files that could not be indexed."""
    holdings = collections.get(argument["collection"])
    failures, total = holdings.failures(
        argument.get("offset", 0), argument.get("limit"), argument.get("code")
    )
    return {"failures": [failure.to_json() for failure in failures], "total": total}


@function
def collection_remove(argument: dict[str, Any]) -> dict[str, Any]:
    """Remove items by their ids, or those that a filter matches."""
    holdings = collections.get(argument["collection"])
    removed, unknown = holdings.remove(ids_of(argument, holdings))
    return {"removed": removed, "unknown": unknown}


@function
def collection_stats(argument: dict[str, Any]) -> dict[str, Any]:
    """What is in a collection, in numbers; the items, of those that a filter matches."""
    return collections.get(argument["collection"]).stats(where_of(argument))
